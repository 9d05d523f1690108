import type { Command } from 'commander';
import { openHistory } from '../../../history/index.ts';
import { isGood, showProof } from '../../../lab/index.ts';
import { loadRig } from '../../../rig/index.ts';
import { EXIT } from '../../exit-code.ts';
import { historyOption, historyPlace } from '../../history-place.ts';
import { printJson } from '../../print-json.ts';
import type { Looked } from '../../rig-health.ts';
import { examineRig } from '../../rig-health.ts';
import { withLease } from '../../with-rig.ts';
import { RIG_ARGUMENT } from './shown.ts';

interface CanaryOptions {
  readonly history?: string;
  readonly json?: true;
}

/** `h1-hil rig canary`: a short golden procedure, which says whether a rig is good. */
export function addRigCanary(rig: Command): void {
  rig
    .command('canary')
    .description('a short golden procedure on a rig: its wires, a command, a sleep; tries to recover it')
    .argument(...RIG_ARGUMENT)
    .addOption(historyOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
The doctor looks at the wires, then a driver reads the identity and gives one command with and one without ready pulse, and
one after a sleep. While the rig is not good it is reset, its supply is switched off and on, and it is opened anew, as far
as it has what that needs. The result, with the rig's fingerprint and what of it has drifted, is its health.

Examples:
  h1-hil rig canary sim
  h1-hil rig canary ./my-bench.yaml --history none --json

Exit codes: 0 the rig is good, 2 usage, 3 it is not.`,
    )
    .action(async (name: string, { history: wanted, json }: CanaryOptions) => {
      const file = loadRig(name);
      const place = historyPlace(wanted);
      const looked = await withLease(file, `rig canary ${name}`, async () => {
        const history = place === undefined ? undefined : await openHistory(place, { mayMake: true });
        try {
          return await examineRig(file, history);
        } finally {
          await history?.close();
        }
      });
      tell(file.key, looked, json);
      if (!isGood(looked.proof)) process.exitCode = EXIT.lab;
    });
}

function tell(rig: string, { proof, noted }: Looked, json: true | undefined): void {
  const [state, drift] = [noted?.record.state ?? (isGood(proof) ? 'good' : 'bad'), noted?.drift ?? []];
  if (json === true) {
    printJson({ rig, state, ...proof, drift });
    return;
  }
  process.stdout.write(`Rig ${rig} is ${state}. ${showProof(proof)}.\n`.replace('..\n', '.\n'));
  for (const one of drift) process.stdout.write(`Drift: ${one}.\n`);
  const { hash, facts, figures } = proof.fingerprint ?? { hash: undefined, facts: {}, figures: {} };
  if (hash === undefined) return;
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${name.padEnd(20)} ${value}\n`);
  for (const [name, { value, unit }] of Object.entries(figures))
    process.stdout.write(`${name.padEnd(20)} ${value.toPrecision(4)} ${unit}\n`);
  process.stdout.write(`${'fingerprint'.padEnd(20)} ${hash}\n`);
}
