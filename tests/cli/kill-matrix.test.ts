import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { readJournal } from '../../src/report/journal.ts';
import { readSummary } from '../../src/report/summary.ts';
import { loadRig, acquireLease } from '../../src/rig/index.ts';
import { takeRunFolder } from '../../src/cli/run-folder.ts';
import { Random } from '../../src/sim/index.ts';
import { start, Workplace } from './h1-hil.ts';
import type { Who } from './run-processes.ts';
import { processesOf, targetOf, WHO } from './run-processes.ts';

// Whoever of a run gets which signal whenever: the end is the one that docs/reports.md promises, nothing is left, and the rig
// and the folder are free at once. Run on request: H1_HIL_KILLS=1 runs the sample of that seed, H1_HIL_KILLS=all the whole.

test.describe.configure({ timeout: 400_000 });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;
const MOMENTS = [
  'at the start',
  'before the first test',
  'in a test',
  'after the last test',
  'in the report',
] as const;
const RIGS = {
  sim: 'kind: sim',
  'sim-controller': 'kind: sim\n  controller: { kind: emulated }',
} as const;

interface Kill {
  readonly who: Who;
  readonly signal: (typeof SIGNALS)[number];
  readonly moment: (typeof MOMENTS)[number];
  readonly rig: keyof typeof RIGS;
}

const ALL: readonly Kill[] = WHO.flatMap(
  (who) =>
    SIGNALS.flatMap((signal) =>
      MOMENTS.flatMap((moment) =>
        (Object.keys(RIGS) as Kill['rig'][]).map((rig): Kill => ({ who, signal, moment, rig })),
      ),
    ),
  // When the report is made the worker has gone.
).filter(({ who, moment }) => !(who === 'worker' && moment === 'in the report'));

/** A number is the seed of a sample of ten. */
const WANTED = process.env['H1_HIL_KILLS'];
const SAMPLE = 10;

function chosen(): readonly Kill[] {
  if (WANTED === undefined) return [];
  if (WANTED === 'all') return ALL;
  const random = new Random(Number(WANTED)).fork('kills');
  return ALL.map((kill) => ({ kill, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, SAMPLE)
    .map(({ kill }) => kill);
}

/** What a run may come to: its exit code, or undefined when the command itself was killed. */
interface End {
  readonly codes: readonly (number | undefined)[];
  readonly verdicts: readonly (string | undefined)[];
}

/** [docs/reports.md, verdict and exit code] */
function promised({ who, signal, moment }: Kill): End {
  // The one that makes the report is of the command's own group.
  if (who === 'launcher' || (who === 'group' && moment === 'in the report'))
    return ofLauncher(signal, moment);
  if (who === 'worker') return ofWorker(signal, moment);
  if (moment === 'in the report' || signal === 'SIGKILL') return { codes: [3], verdicts: ['no verdict'] };
  // The runner may have ended on its own just before.
  return moment === 'after the last test'
    ? { codes: [130, 0], verdicts: ['interrupted', 'pass'] }
    : { codes: [130], verdicts: ['interrupted'] };
}

function ofLauncher(signal: Kill['signal'], moment: Kill['moment']): End {
  if (signal === 'SIGKILL') return { codes: [undefined], verdicts: [undefined] };
  // Before its first line it dies as any program does, and before there is a folder there is no report.
  return moment === 'at the start'
    ? { codes: [130, undefined], verdicts: ['interrupted', undefined] }
    : { codes: [130], verdicts: ['interrupted'] };
}

function ofWorker(signal: Kill['signal'], moment: Kill['moment']): End {
  // One that has nothing to do yet, or any more, may take nothing with it.
  if (moment === 'after the last test' || moment === 'at the start')
    return { codes: [3, 0], verdicts: ['no verdict', 'pass'] };
  // A worker ends by these two when its runner wants it, and not otherwise.
  return signal === 'SIGINT' || signal === 'SIGTERM'
    ? { codes: [0], verdicts: ['pass'] }
    : { codes: [3], verdicts: ['no verdict'] };
}

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  for (const { pid } of processesOf(place.folder)) process.kill(pid, 'SIGKILL');
  place.remove();
});

/** A folder for what is temporary in one run; what compilers keep is that of all, since a minute goes by without. */
function makeTemporary(): string {
  const temporary = join(place.folder, 'tmp');
  mkdirSync(temporary);
  for (const name of readdirSync(tmpdir()))
    if (/^(tsx-|playwright-transform-cache)/.test(name))
      symlinkSync(join(tmpdir(), name), join(temporary, name));
  return temporary;
}

/** Waits until `ask` has an answer, two minutes at most: a busy machine takes one to begin. */
async function soon<T>(ask: () => T | undefined): Promise<T | undefined> {
  const end = performance.now() + 120_000;
  while (performance.now() < end) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await pause(10);
  }
  return undefined;
}

const ended = (report: string): number => readJournal(report).filter(({ kind }) => kind === 'test').length;

/** Whether the moment has come, by what the run has left so far. */
const HAS_COME: Readonly<Record<Kill['moment'], (report: string, said: string) => boolean>> = {
  'at the start': () => true,
  'before the first test': (report) => readJournal(report).some(({ kind }) => kind === 'plan'),
  'in a test': (_, said) => said.includes('the first is under way'),
  'after the last test': (report) => ended(report) === 2,
  'in the report': (report) => existsSync(join(report, 'allurerc.json')),
};

for (const kill of chosen()) {
  const { who, signal, moment, rig } = kill;
  test(`${signal} to the ${who} ${moment} on ${rig}`, async () => {
    const file = place.write(
      'shared.yaml',
      `description: A rig for one\nexclusive: true\nboard:\n  ${RIGS[rig]}\n`,
    );
    const temporary = makeTemporary();
    const args = place.suites('steady').map((arg) => (arg === place.rig ? file : arg));
    const running = start(args, undefined, { TMPDIR: temporary });
    const done = running.ended.catch((): undefined => undefined);
    let said = '';
    running.process.stderr?.on('data', (text: string) => (said += text));
    running.process.stdout?.on('data', (text: string) => (said += text));
    const target = await soon(() =>
      HAS_COME[moment](place.report, said) ? targetOf(place.folder, who) : undefined,
    );
    expect(target, `the ${who} is there ${moment}\n${said}`).toBeDefined();
    process.kill(target!, signal);
    const end = await done;
    const { codes, verdicts } = promised(kill);
    expect(codes, said).toContain(end?.code);
    expect(verdicts, said).toContain(readSummary(place.report)?.verdict);
    if (end?.code === 0) expect(said).toContain('Verdict  pass');
    await expect
      .poll(() => processesOf(place.folder), { message: 'no process is left', timeout: 20_000 })
      .toEqual([]);
    expect(readdirSync(temporary).filter((name) => name.startsWith('h1-hil'))).toEqual([]);
    await holdBoth(file);
  });
}

/** The next run has rig and folder without waiting. */
async function holdBoth(file: string): Promise<void> {
  const holder = { pid: process.pid, user: 'next', since: '2026-01-02T03:04:05.000Z', run: 'h1-hil run' };
  const lease = await acquireLease(loadRig(file), holder);
  const folder = await takeRunFolder(place.report, 'next', holder);
  folder.release();
  await lease.release();
}
