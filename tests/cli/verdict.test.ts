import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { readSummary } from '../../src/report/summary.ts';
import { run, start, summaryOf, Workplace } from './h1-hil.ts';

// What a run says of itself, and what must never let it say pass.

test.describe.configure({ timeout: 240_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

test('the summary tells the run, what was asked for, and what became of each planned test', async () => {
  const { code } = await run(place.suites('random'));
  const summary = readSummary(place.report)!;
  expect(summary).toMatchObject({
    verdict: 'pass',
    because: [],
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    host: expect.stringMatching(/./),
    user: expect.stringMatching(/./),
    versions: { node: process.versions.node, 'h1-hil': '0.1.0' },
    selection: { rigFile: place.rig, suites: ['random'], rigText: readFileSync(place.rig, 'utf8') },
    procedures: 1,
    planned: [{ suite: 'random', profile: 'recommended', outcome: 'passed' }],
  });
  expect(summary.selection.rigHash).toMatch(/^[0-9a-f]{64}$/);
  expect(Date.parse(summary.end)).toBeGreaterThan(Date.parse(summary.start));
  expect(existsSync(join(place.report, 'reserve'))).toBe(false);
  expect(code).toBe(0);
});

test('a folder belongs to one run: a second is told whose it is, and the first is not disturbed', async () => {
  const first = start(place.suites('long'));
  await first.says('waiting');
  const second = await run(place.suites('random'));
  expect(second.stderr).toContain(`The report cannot go to ${place.report}: it belongs to the run of `);
  expect(second.stderr).toContain(`process ${first.process.pid} `);
  expect(second.code).toBe(3);
  first.process.kill('SIGINT');
  const { code, stdout } = await first.ended;
  expect(stdout).toContain('1 passed, 0 failed, 0 skipped');
  expect(code).toBe(130);
  expect((await run(place.suites('random'))).code).toBe(0);
});

test('a runner that is killed says nothing of another run, and what ran is told', async () => {
  expect((await run(place.suites('random'))).code).toBe(0);
  const before = readSummary(place.report)!.id;
  const running = start(place.suites('long'));
  await running.says('waiting');
  process.kill(runnerOf(running.process.pid!), 'SIGKILL');
  const { code, stdout } = await running.ended;
  expect(stdout).toContain('Because  The runner was ended by signal 9');
  expect(stdout).toContain('Verdict  no verdict, 2 not run\n1 passed, 0 failed, 0 skipped\n');
  expect(readSummary(place.report)).toMatchObject({ verdict: 'no verdict', passed: 1, notRun: 2 });
  expect(readSummary(place.report)!.id).not.toBe(before);
  expect(code).toBe(3);
});

/** Each file of the end, which cannot be written when a folder has its name; and the words that tell of it. */
const SPOILT: Readonly<Record<string, RegExp>> = {
  'junit.xml': /^Because /m,
  'allurerc.json': /^Because {2}The report is not whole: /m,
};

for (const [name, says] of Object.entries(SPOILT))
  test(`a run whose ${name} cannot be written is no pass`, async () => {
    const running = start(place.suites('random'));
    await running.says('1 tests on rig');
    mkdirSync(join(place.report, name), { recursive: true });
    const { code, stdout } = await running.ended;
    expect(stdout).toContain('Verdict  no verdict');
    expect(stdout).toMatch(says);
    expect(readSummary(place.report)?.verdict).not.toBe('pass');
    expect(code).toBe(3);
  });

test('a skip that the rig does not explain is no pass', async () => {
  const ended = await run([...place.suites('skip-without'), '--json']);
  expect(summaryOf(ended)).toMatchObject({
    verdict: 'no verdict',
    passed: 1,
    skipped: 1,
    because: [expect.stringContaining('nothing of this rig explains it: later')],
  });
  expect(ended.code).toBe(3);
});

test('a run whose tests touch no board is no pass, and has no digest', async () => {
  const { code, stdout } = await run(place.suites('boardless'));
  expect(stdout).toContain('Digest   none');
  expect(stdout).toContain('Because  None of the 1 tests that passed touched a board.');
  expect(code).toBe(3);
});

for (const folder of ['/proc/nowhere/report', '/dev/null/report', '/sys/report'])
  test(`a report that cannot go to ${folder} is met with a sentence at once`, async () => {
    const { code, stderr } = await run([...place.suites('random').slice(0, -1), folder]);
    expect(stderr).toMatch(new RegExp(`^h1-hil: The report cannot go to ${folder}: .*\\n$`));
    expect(code).toBe(2);
  });

/** The guard's child, which is the test runner. */
function runnerOf(launcher: number): number {
  const childOf = (pid: number): readonly number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const all = childOf(launcher).flatMap(childOf);
  return all.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath))!;
}
