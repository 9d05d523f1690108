import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { HealthRecord, HealthState } from '../../../history/index.ts';
import { HEALTH_STATES, openHistory } from '../../../history/index.ts';
import { healthOf, showHealth } from '../../../lab/index.ts';
import { loadRig, userName } from '../../../rig/index.ts';
import { didYouMean, printable, UsageError } from '../../../units/index.ts';
import { historyOption, historyPlace } from '../../history-place.ts';
import { printJson } from '../../print-json.ts';
import { RIG_ARGUMENT } from './shown.ts';

interface HealthOptions {
  readonly set?: string;
  readonly reason?: string;
  readonly history?: string;
  readonly json?: true;
}

/** `h1-hil rig health`: shows how rigs are, and says how one is. */
export function addRigHealth(rig: Command): void {
  rig
    .command('health')
    .description('how each rig is, who says so and why; or say it')
    .argument(`[${RIG_ARGUMENT[0].slice(1, -1)}]`, RIG_ARGUMENT[1])
    .option('--set <state>', HEALTH_STATES.join(', '))
    .option('--reason <text>', 'why; needed with --set')
    .addOption(historyOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
good      its last canary passed                 looping      only canaries run on it
unknown   nobody has looked yet                  maintenance  a person works on it
bad       its canary failed                      retired      it is no more
A night runs tests on rigs that are good or unknown. The states stand in the history.

Examples:
  h1-hil rig health
  h1-hil rig health sim
  h1-hil rig health sim --set maintenance --reason "new load switch" --history rigs.sqlite`,
    )
    .action(async (name: string | undefined, options: HealthOptions) => {
      const records = await withRigs(name, options);
      if (options.json === true) printJson(records);
      else
        for (const record of records)
          process.stdout.write(
            `${printable(record.rig)} on ${printable(record.host)}: ${showHealth(record)}\n`,
          );
      if (records.length === 0)
        process.stdout.write('Nobody has looked at a rig yet: h1-hil rig canary RIG does.\n');
    });
}

async function withRigs(name: string | undefined, options: HealthOptions): Promise<HealthRecord[]> {
  const place = historyPlace(options.history);
  if (place === undefined)
    throw new UsageError(
      'The health of rigs stands in the history, and --history none was given: name a file or a server.',
    );
  const key = name === undefined ? undefined : loadRig(name).key;
  const word = options.set === undefined ? undefined : checkedWord(options, key);
  const history = await openHistory(place, { mayMake: true });
  try {
    if (key === undefined) return await history.health();
    if (word !== undefined)
      await history.setHealth({
        ...{ rig: key, host: hostname(), state: word.state, reason: word.reason, by: userName() },
        ...{ at: new Date().getTime(), fingerprint: null, rungs: [] },
      });
    const others = (await history.health({ rig: key })).filter(({ host }) => host !== hostname());
    return [await healthOf(history, key, hostname()), ...others];
  } finally {
    await history.close();
  }
}

/** @throws UsageError */
function checkedWord(
  { set = '', reason = '' }: HealthOptions,
  rig: string | undefined,
): { readonly state: HealthState; readonly reason: string } {
  const state = HEALTH_STATES.find((one) => one === set);
  if (state === undefined)
    throw new UsageError(
      `--set takes a state of a rig, and "${printable(set)}" is none${didYouMean(set, HEALTH_STATES)} States: ${HEALTH_STATES.join(', ')}.`,
    );
  if (rig === undefined)
    throw new UsageError(
      `--set ${state} needs the rig that it is said of: h1-hil rig health RIG --set ${state} --reason TEXT.`,
    );
  if (reason.trim() === '')
    throw new UsageError(`--set ${state} needs a reason, for those who find the rig so: --reason TEXT.`);
  return { state, reason: reason.trim() };
}
