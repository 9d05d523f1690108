import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run, start, summaryOf, Workplace } from './h1-hil.ts';

test.describe.configure({ timeout: 120_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

test('a soak ends at its budget with its counts, and a resumed run adds to them until it is decided', async () => {
  const slow = [...place.suites('slow-soak'), '--below', '0.2'];
  const first = await run([...slow, '--json', '--for', '5s']);
  expect(first.code).toBe(4);
  const [failure] = summaryOf(first).failures;
  expect(failure).toMatchObject({ rule: 'too-few-runs' });
  expect(failure!.message).toMatch(
    /inconclusive: 0 failures in 5 runs, so the rate lies below 45\.1 % with confidence 0\.95; below 20\.0 % was to be shown/,
  );
  const second = await run([...slow, '--json', '--resume']);
  expect(second.stderr).toContain('it goes on after 5 runs with 0 failures');
  expect(second.code).toBe(0);
  const { planned } = summaryOf(second);
  expect(planned).toHaveLength(1);
  const third = await run([...slow, '--resume']);
  expect(third.stderr).toContain('has no test that failed or was not run');
  expect(third.code).toBe(2);
});

test('counts of another claim are not added', async () => {
  const slow = place.suites('slow-soak');
  expect((await run([...slow, '--below', '0.2', '--for', '5s'])).code).toBe(4);
  const other = await run([...slow, '--below', '0.1', '--resume', '--json']);
  expect(summaryOf(other).failures[0]!.message).toContain(
    'was about a rate below 20.0 % with confidence 0.95, and this one is about 10.0 % with 0.95',
  );
  expect(other.code).toBe(4);
});

test('a soak that is interrupted keeps its counts, and is inconclusive', async () => {
  const running = start([...place.suites('slow-soak'), '--below', '0.01']);
  const counts = join(place.report, 'soaks');
  await expect
    .poll(() => existsSync(counts) && readdirSync(counts).some((name) => name.endsWith('.json')), {
      timeout: 60_000,
    })
    .toBe(true);
  running.process.kill('SIGINT');
  const { code, stdout } = await running.ended;
  expect(stdout).toMatch(
    /Because {2}a soak of a second a run: undecided after 0 failures in \d{2,3} runs, so the rate lies below \d\.\d+ % with confidence 0\.95; below 1\.00 % was to be shown/,
  );
  expect(stdout).toContain('Verdict  inconclusive');
  expect(code).toBe(4);
});

for (const [time, says] of [
  ['0s', '--for 0s is no time for a soak'],
  ['30h', '--for 30h is no time for a soak: it has to be above 0, and below the limit of the whole run'],
  ['soon', '--for takes a time such as 90s, 10m or 2h'],
] as const)
  test(`--for ${time} is refused`, async () => {
    const { code, stderr } = await run([...place.suites('slow-soak'), '--for', time]);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });
