import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import type { RunSummary } from '../../src/report/summary.ts';
import { readSummary } from '../../src/report/summary.ts';
import { loadRig, openRig, acquireLease } from '../../src/rig/index.ts';
import { takeRunFolder } from '../../src/cli/run-folder.ts';
import { someOf } from '../thorough.ts';
import { GATES, start, Workplace } from './h1-hil.ts';
import type { Who } from './run-processes.ts';
import { processesOf, targetOf, WHO } from './run-processes.ts';

// Whoever of a run gets which signal whenever: the end is the one that docs/reports.md promises, nothing is left, and rig and
// folder are free at once. The suite waits at gates, so that each moment lasts until the signal has been sent.

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

const ALL: readonly Kill[] = WHO.flatMap((who) =>
  SIGNALS.flatMap((signal) =>
    MOMENTS.flatMap((moment) =>
      (Object.keys(RIGS) as Kill['rig'][]).map((rig): Kill => ({ who, signal, moment, rig })),
    ),
  ),
);

/** So many of the 160 are tried in a run that is not thorough: each takes 10 s of one core. */
const SAMPLE = 10;

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
  return { codes: [130], verdicts: ['interrupted'] };
}

function ofLauncher(signal: Kill['signal'], moment: Kill['moment']): End {
  if (signal === 'SIGKILL') return { codes: [undefined], verdicts: [undefined] };
  // Before its first line it dies as any program does, and before there is a folder there is no report.
  return moment === 'at the start'
    ? { codes: [130, undefined], verdicts: ['interrupted', undefined] }
    : { codes: [130], verdicts: ['interrupted'] };
}

function ofWorker(signal: Kill['signal'], moment: Kill['moment']): End {
  // When the report is made there is none any more.
  if (moment === 'in the report') return { codes: [0], verdicts: ['pass'] };
  // One that has nothing to do yet, or any more, may take nothing with it.
  if (moment === 'after the last test' || moment === 'at the start')
    return { codes: [3, 0], verdicts: ['no verdict', 'pass'] };
  // A worker ends by these two when its runner wants it, and not otherwise.
  return signal === 'SIGINT' || signal === 'SIGTERM'
    ? { codes: [0], verdicts: ['pass'] }
    : { codes: [3], verdicts: ['no verdict'] };
}

/** Whether a page has to be there: nobody disturbed its making, and there was something to tell. */
function hasPage({ moment }: Kill, summary: RunSummary | undefined): boolean {
  if (summary === undefined || moment === 'at the start') return false;
  if (moment === 'in the report') return summary.verdict === 'pass';
  return summary.verdict === 'interrupted' || summary.passed > 0;
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

type Gate = (typeof GATES)[number];

/** The gate at which the run waits for its signal; the others are open. */
const GATE_OF: Readonly<Record<Kill['moment'], Gate | undefined>> = {
  'at the start': undefined,
  'before the first test': 'begin',
  'in a test': 'test',
  'after the last test': 'end',
  'in the report': undefined,
};

/** Whether the moment has come, by what the run has left so far. */
function hasCome(moment: Kill['moment'], said: string): boolean {
  const gate = GATE_OF[moment];
  if (gate !== undefined) return said.includes(`gate ${gate}\n`);
  return moment === 'at the start' || existsSync(join(place.report, 'allurerc.json'));
}

for (const kill of someOf(ALL, SAMPLE)) {
  const { who, signal, moment, rig } = kill;
  test(`${signal} to the ${who} ${moment} on ${rig}`, async () => {
    const file = place.write(
      'shared.yaml',
      `description: A rig for one\nexclusive: true\nboard:\n  ${RIGS[rig]}\n`,
    );
    const temporary = makeTemporary();
    const gate = GATE_OF[moment];
    for (const other of GATES) if (other !== gate) place.openGate(other);
    const args = place.suites('gated').map((arg) => (arg === place.rig ? file : arg));
    const running = start(args, undefined, { TMPDIR: temporary });
    const done = running.ended.catch((): undefined => undefined);
    let said = '';
    running.process.stderr?.on('data', (text: string) => (said += text));
    running.process.stdout?.on('data', (text: string) => (said += text));
    const come = (): true | undefined => hasCome(moment, said) || undefined;
    if (who === 'worker' && moment === 'in the report') {
      expect(await soon(come), said).toBe(true);
      expect(targetOf(place.folder, who), 'no worker is there in the report').toBeUndefined();
    } else {
      const target = await soon(() => come() && targetOf(place.folder, who));
      expect(target, `the ${who} is there ${moment}\n${said}`).toBeDefined();
      process.kill(target!, signal);
    }
    if (gate !== undefined) place.openGate(gate);
    const end = await done;
    const { codes, verdicts } = promised(kill);
    const summary = readSummary(place.report);
    expect(codes, said).toContain(end?.code);
    expect(verdicts, said).toContain(summary?.verdict);
    if (end?.code === 0) expect(said).toContain('Verdict  pass');
    if (hasPage(kill, summary)) expect(existsSync(join(place.report, 'html', 'index.html')), said).toBe(true);
    await expect
      .poll(() => processesOf(place.folder), { message: 'no process is left', timeout: 20_000 })
      .toEqual([]);
    expect(readdirSync(temporary).filter((name) => name.startsWith('h1-hil'))).toEqual([]);
    await useBoth(file);
  });
}

/** The next run has rig and folder without waiting, and its board opens. */
async function useBoth(file: string): Promise<void> {
  const holder = { pid: process.pid, user: 'next', since: '2026-01-02T03:04:05.000Z', run: 'h1-hil run' };
  const rig = loadRig(file);
  const lease = await acquireLease(rig, holder);
  const folder = await takeRunFolder(place.report, 'next', holder);
  const { board } = await openRig(rig, 1);
  await board.close();
  folder.release();
  await lease.release();
}
