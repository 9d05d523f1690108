import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Outcome, RunRecord } from '../history/index.ts';
import { nightOf, signatureOf } from '../history/index.ts';
import type { Ran } from '../lab/index.ts';
import { HOST } from '../lab/index.ts';
import { ownVersions } from '../procedure/index.ts';
import type { FailureClass } from '../report/attribution.ts';
import { quoted } from '../report/quoted.ts';
import { userName } from '../rig/index.ts';
import { keepInHistory } from './history-place.ts';
import { OWN_NAME } from './own-name.ts';
import { commitOf, hashOf } from './run-context.ts';

/** A command of a night that is no run of suites, and what it came to. */
interface EndedCommand {
  readonly job: string;
  readonly words: readonly string[];
  readonly began: number;
  readonly ended: number;
  readonly seed: number;
  readonly ran: Ran;
  readonly folder: string;
  /** What it printed. */
  readonly output: string;
}

/** Keeps it in the history as a run with one test. @returns the run's id; undefined when it is not there */
export async function keepCommand(
  place: string | undefined,
  command: EndedCommand,
): Promise<string | undefined> {
  const record = recordOfCommand(command);
  const unkept = await keepInHistory(place, record);
  if (unkept === undefined) return record.run;
  process.stderr.write(`h1-hil: ${unkept}\n`);
  return undefined;
}

/** What the commands print of what they found: `explore` failures, `sweep` none. */
const printed = z.object({
  failures: z.array(z.object({ signature: z.string(), says: z.string().optional() })).default([]),
});

type Results = RunRecord['results'];

function recordOfCommand(command: EndedCommand): RunRecord {
  const { job, words, began, ended, seed, ran, folder } = command;
  const results = resultsOf(command);
  const count = (outcome: Outcome): number => results.filter((one) => one.outcome === outcome).length;
  const says = ran.verdict === 'pass' || ran.verdict === 'fail' ? [] : [ran.says];
  return {
    ...{
      run: randomUUID(),
      night: nightOf(began),
      started: began,
      ended,
      host: hostname(),
      user: userName(),
    },
    ...{ rig: HOST, rigHash: hashOf(HOST), fingerprint: null, chip: 'simulated', commit: commitOf() },
    ...{ versions: ownVersions(), profiles: [driversIn(words)], seed, isRepeatable: false },
    ...{ verdict: ran.verdict, because: says, passed: count('pass'), failed: count('fail') },
    ...{ skipped: 0, notRun: count('not run'), digest: null, durationMs: ended - began },
    ...{ again: againOf(words), folder, job, results, cells: [], measures: [] },
  };
}

const againOf = (words: readonly string[]): string => [OWN_NAME, ...words.map(quoted)].join(' ');

/** The drivers of a command, as they were typed; `recommended` without. */
function driversIn(words: readonly string[]): string {
  const at = words.indexOf('--driver');
  if (at < 0) return 'recommended';
  const rest = words.slice(at + 1);
  const end = rest.findIndex((word) => word.startsWith('--'));
  return (end < 0 ? rest : rest.slice(0, end)).join(', ');
}

const OUTCOME_OF: Readonly<Record<Ran['verdict'], Outcome>> = {
  pass: 'pass',
  fail: 'fail',
  inconclusive: 'inconclusive',
  'no verdict': 'no verdict',
  interrupted: 'not run',
};

/** One result, or one for each failure that was found. */
function resultsOf({ job, words, ran, began, ended, output }: EndedCommand): Results {
  const [suite = '', profile] = [words[0], driversIn(words)];
  const test = { suite, profile, title: job, path: [profile, suite, job].join(' › ') };
  const again = againOf(words);
  const bare = { test, ms: ended - began, digest: null, again };
  if (ran.verdict === 'pass' || ran.verdict === 'interrupted')
    return [
      { ...bare, repetition: 0, outcome: OUTCOME_OF[ran.verdict], fault: null, signature: null, says: null },
    ];
  return foundIn(output, ran).map(({ signature: found, says }, repetition) => {
    const fault = faultOf(ran, found);
    const failure = { class: fault, rule: suite, because: found, message: says };
    const signature = signatureOf(test, failure, HOST);
    return { ...bare, repetition, outcome: OUTCOME_OF[ran.verdict], fault, signature, says };
  });
}

/** A failure names the party in its place: the chip, or else the driver. */
function faultOf({ verdict }: Ran, found: string): FailureClass {
  if (verdict === 'no verdict') return 'lab service';
  if (verdict === 'inconclusive') return 'test';
  return /\(chip\)/.test(found) ? 'firmware' : 'driver profile';
}

type Found = z.output<typeof printed>['failures'][number] & { readonly says: string };

function foundIn(output: string, { says: said }: Ran): Found[] {
  const alone = [{ signature: said, says: said }];
  try {
    const { failures } = printed.parse(JSON.parse(output));
    return failures.length === 0
      ? alone
      : failures.map(({ signature, says = said }) => ({ signature, says: `${signature}: ${says}` }));
  } catch {
    return alone;
  }
}
