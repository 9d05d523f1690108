import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { readSummary } from '../../src/report/summary.ts';
import type { Running } from './h1-hil.ts';
import { GATES, start, Workplace } from './h1-hil.ts';
import { processesOf } from './run-processes.ts';

// What happens to a run between its first test and its end: never a pass that is not one, exit code 3, and its cause.

test.describe.configure({ timeout: 240_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  for (const { pid } of processesOf(place.folder)) process.kill(pid, 'SIGKILL');
  place.remove();
});

/** Starts the suite of two tests, and waits until it stands at that gate; the others are open. */
async function startUntil(gate: (typeof GATES)[number]): Promise<Running> {
  for (const other of GATES) if (other !== gate) place.openGate(other);
  const running = start(place.suites('gated'));
  await running.says(`gate ${gate}\n`);
  return running;
}

const inReport = (name: string): string => join(place.report, name);

function put(name: string, kind: 'folder' | 'file' | 'nothing'): void {
  rmSync(inReport(name), { recursive: true, force: true });
  if (kind === 'folder') mkdirSync(join(inReport(name), 'in the way'), { recursive: true });
  if (kind === 'file') writeFileSync(inReport(name), '');
}

const SPOILT: readonly {
  readonly what: string;
  readonly at: 'test' | 'end';
  readonly spoil: () => void;
  readonly says: RegExp;
}[] = [
  {
    what: 'its journal is a folder',
    at: 'test',
    spoil: () => {
      put('journal.jsonl', 'folder');
    },
    says: /^Because {2}The runner ended before it had told how the run went\.$/m,
  },
  {
    what: 'its journal is gone at the last line',
    at: 'end',
    spoil: () => {
      put('journal.jsonl', 'nothing');
    },
    says: /^Because {2}Not one test passed\.$/m,
  },
  {
    what: 'the results of Allure cannot be written',
    at: 'test',
    spoil: () => {
      put('allure-results', 'file');
    },
    says: /^Because {2}.*allure-results has 0 results/m,
  },
  {
    what: 'what it measured cannot be kept',
    at: 'test',
    spoil: () => {
      put('measures.jsonl', 'folder');
    },
    says: /^Because {2}What was measured in \d tests could not be kept: .*EISDIR/m,
  },
  {
    what: 'the summary has a folder in its place',
    at: 'test',
    spoil: () => {
      put('summary.json', 'folder');
    },
    says: /^Because {2}The summary could not be written: .*summary\.json/m,
  },
  {
    what: 'its folder is removed',
    at: 'test',
    spoil: () => {
      rmSync(place.report, { recursive: true });
    },
    says: /^Because {2}/m,
  },
  {
    what: 'its rig file is changed',
    at: 'test',
    spoil: () => {
      writeFileSync(place.rig, `${readFileSync(place.rig, 'utf8')}# another wire\n`);
    },
    says: /^Because {2}The rig file .*bench\.yaml was changed during the run\b/m,
  },
];

for (const { what, at, spoil, says } of SPOILT)
  test(`a run is no pass when ${what}`, async () => {
    const running = await startUntil(at);
    spoil();
    place.openGate(at);
    const { code, stdout, stderr } = await running.ended;
    expect(stdout, stderr).toContain('\nVerdict  no verdict');
    expect(stdout, stderr).toMatch(says);
    expect(stdout + stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
    expect(readSummary(place.report)?.verdict ?? 'no verdict').toBe('no verdict');
    expect(code).toBe(3);
  });

test('a rig that is not given back at the end is no pass', async () => {
  const running = start(place.suites('kept'));
  const { code, stdout } = await running.ended;
  expect(stdout).toContain('its supply is still on');
  expect(stdout).toContain('\nVerdict  no verdict');
  expect(readSummary(place.report)).toMatchObject({ verdict: 'no verdict', passed: 1 });
  expect(code).toBe(3);
});

test('a run whose words nobody can take is no pass', async () => {
  const child = spawn('./h1-hil', place.suites('random'), {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'ignore'],
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(3);
});

test('a reader that leaves after the first line does not change the run', async () => {
  const running = await startUntil('test');
  running.process.stdout!.destroy();
  place.openGate('test');
  const code = await new Promise((resolve) => running.process.once('exit', resolve));
  expect(readSummary(place.report)).toMatchObject({ verdict: 'pass', passed: 2 });
  expect(code).toBe(0);
});

test('a run whose processes are all stopped and continued comes to its end', async () => {
  const running = await startUntil('test');
  const pids = processesOf(place.folder).map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  place.openGate('test');
  const { code, stdout } = await running.ended;
  expect(stdout).toContain('Verdict  pass');
  expect(code).toBe(0);
});

test('a command that is ended by SIGQUIT leaves no process, and its folder is free', async () => {
  const running = await startUntil('test');
  running.ended.catch(() => undefined);
  process.kill(running.process.pid!, 'SIGQUIT');
  place.openGate('test');
  await expect.poll(() => processesOf(place.folder), { timeout: 20_000 }).toEqual([]);
  expect(readSummary(place.report)).toBeUndefined();
});

test('what an earlier run has left as links is removed, and what they lead to is not', async () => {
  const other = place.write('precious', 'text');
  mkdirSync(place.report);
  for (const name of ['journal.jsonl', 'summary.json', 'html']) symlinkSync(other, inReport(name));
  for (const gate of GATES) place.openGate(gate);
  const { code } = await start(place.suites('gated')).ended;
  expect(code).toBe(0);
  expect(readFileSync(other, 'utf8')).toBe('text');
  expect(existsSync(inReport('html/index.html'))).toBe(true);
});
