import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { unpackedPage } from '../../reports/packed-page.ts';
import { hasProcess } from '../process.ts';
import { run, start, summaryOf, Workplace } from './h1-hil.ts';

test.describe.configure({ timeout: 120_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

test('a run with a failure tells verdict and counts, then where the report is, and ends with 1', async () => {
  const { code, stdout } = await run(place.suites('mixed'));
  const lines = stdout.trimEnd().split('\n');
  expect(lines.at(-4)).toBe('Verdict  fail');
  expect(lines.at(-3)).toBe('2 passed, 1 failed, 0 skipped');
  expect(lines.at(-1)).toMatch(/^Report {3}.*report\/html\/index\.html$/);
  expect(stdout).toContain('Failed   1: driver profile');
  const again = /^ +again: h1-hil (run mixed\/mixed:\d+ --profile recommended --rig .* --seed 1)$/m.exec(
    stdout,
  );
  const { planned } = summaryOf(await run([...again![1]!.split(' '), '--report', place.report, '--json']));
  expect(planned.map(({ title, outcome }) => [title, outcome])).toEqual([
    ['a claim that does not hold', 'failed'],
  ]);
  expect(code).toBe(1);
});

test('the report has results, JUnit, environment, labels and categories, one page without a script from elsewhere', async () => {
  await run(place.suites('mixed'));
  const page = unpackedPage(readFileSync(join(place.report, 'html', 'index.html'), 'utf8'));
  expect(page).not.toMatch(/googletagmanager|<script[^>]*\bsrc=["']?(https?:)?\/\//);
  expect(page).toContain('h1-hil: fail on rig');
  const results = join(place.report, 'allure-results');
  const environment = readFileSync(join(results, 'environment.properties'), 'utf8');
  expect(environment).toMatch(/^rig = .*bench\.yaml$/m);
  expect(environment).toMatch(/^chip = simulated H1, Cr50 0\.5\.4$/m);
  expect(environment).toMatch(/^seed = 1$/m);
  expect(environment).toMatch(/^commit = .+$/m);
  expect(environment).toMatch(/^profiles = recommended$/m);
  const failed = readdirSync(results)
    .filter((name) => name.endsWith('-result.json'))
    .map(
      (name) =>
        JSON.parse(readFileSync(join(results, name), 'utf8')) as {
          status: string;
          labels: unknown;
          steps: unknown;
        },
    )
    .find(({ status }) => status === 'failed');
  expect(failed?.labels).toEqual(
    expect.arrayContaining([
      { name: 'feature', value: 'mixed' },
      { name: 'story', value: 'mixed' },
      { name: 'profile', value: 'recommended' },
      { name: 'seed', value: '1' },
      { name: 'class', value: 'driver profile' },
    ]),
  );
  expect(JSON.stringify(failed?.steps)).toContain('1. ask for random bytes');
  expect(readFileSync(join(place.report, 'allurerc.json'), 'utf8')).toContain('Driver profile');
  expect(readFileSync(join(place.report, 'junit.xml'), 'utf8')).toMatch(
    /<testsuites [^>]*tests="3" failures="1"/,
  );
});

test('the failed test has its trace as text and as VCD, the others have none', async () => {
  await run(place.suites('mixed'));
  const results = join(place.report, 'allure-results');
  const attachments = readdirSync(results)
    .filter((name) => name.endsWith('-result.json'))
    .map((name) => readFileSync(join(results, name), 'utf8'))
    .map((text) => ({
      isFailed: text.includes('"status":"failed"'),
      hasText: text.includes('trace.txt'),
      hasVcd: text.includes('trace.vcd'),
    }));
  expect(attachments.filter(({ isFailed }) => isFailed)).toEqual([
    { isFailed: true, hasText: true, hasVcd: true },
  ]);
  expect(attachments.filter(({ isFailed, hasText, hasVcd }) => !isFailed && (hasText || hasVcd))).toEqual([]);
});

test('a broken rule stands as a picture at the head of the failed test, and the trace beside it can be decoded', async () => {
  await run(place.suites('breach'));
  const results = join(place.report, 'allure-results');
  const result = readdirSync(results)
    .filter((name) => name.endsWith('-result.json'))
    .map((name) => readFileSync(join(results, name), 'utf8'))
    .join('');
  const [, svg = ''] = /data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)/.exec(result) ?? [];
  const picture = Buffer.from(svg, 'base64').toString('utf8');
  expect(picture).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(picture).toContain(
    '>pulse-width: The ready pulse is a short or a long one, the same for all frames of a power cycle</text>',
  );
  expect(picture).toContain('>2 us was seen; allowed: 4 to 16 us. [CHIP 3] [CHIP 4.6]</text>');
  const traces = readdirSync(results)
    .filter((name) => name.endsWith('-attachment.txt'))
    .filter((name) => readFileSync(join(results, name), 'utf8').startsWith('{"kind":"trace"'));
  expect(traces).toHaveLength(1);
  const file = join(results, traces[0]!);
  const judged = await run(['decode', file, '--format', 'trace', '--rules', 'pulse-width']);
  expect(judged.stdout).toContain('BROKEN 1 of');
  expect(judged.code).toBe(1);
});

test('with --json stdout is the summary and nothing else', async () => {
  const ended = await run([...place.suites('mixed'), '--json']);
  expect(summaryOf(ended)).toMatchObject({
    verdict: 'fail',
    passed: 2,
    failed: 1,
    skipped: 0,
    failures: [{ suite: 'mixed', profile: 'recommended', class: 'driver profile', rule: 'driver-differs' }],
    seed: 1,
  });
});

test('two runs with one seed have one digest, another seed another', async () => {
  const digests: (string | undefined)[] = [];
  const all = place.suites('mixed');
  const at = all.indexOf('--seed') + 1;
  for (const seed of ['7', '7', '8'])
    digests.push(summaryOf(await run([...all.with(at, seed), '--json'])).digest);
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(digests[1]).toBe(digests[0]);
  expect(digests[2]).not.toBe(digests[0]);
});

test('a mistake in a suite is not held against the chip', async () => {
  const ended = await run([...place.suites('broken'), '--json']);
  expect(summaryOf(ended).failures).toMatchObject([
    { class: 'test', message: expect.stringContaining('TypeError') },
  ]);
  expect(summaryOf(ended).verdict).toBe('no verdict');
  expect(ended.code).toBe(3);
});

test('a soak that stays open is inconclusive, never a pass, and ends with 4', async () => {
  const ended = await run([...place.suites('open-soak'), '--json', '--below', '0.02']);
  expect(ended.stderr).toContain('soak: ');
  expect(summaryOf(ended)).toMatchObject({
    verdict: 'inconclusive',
    failures: [{ class: 'test', rule: 'too-few-runs', message: expect.stringContaining('below 2.00 %') }],
  });
  expect(ended.code).toBe(4);
});

test('a test without what the rig has is skipped with the reason', async () => {
  place.write('bench.yaml', 'description: without a line\nboard:\n  kind: sim\n  has: { reset: false }\n');
  const { code, stdout } = await run([...place.suites('skips')]);
  expect(stdout).toContain('Skipped  1: the rig lacks: reset');
  expect(stdout).toContain('1 passed, 0 failed, 1 skipped');
  expect(code).toBe(0);
  const results = readdirSync(join(place.report, 'allure-results'));
  expect(
    results.filter((name) => name.endsWith('-globals.json')),
    'the report shows no error',
  ).toEqual([]);
});

test('a second run on a rig is told who holds it, and ends with 3', async () => {
  place.write('bench.yaml', 'description: for one at a time\nexclusive: true\nboard:\n  kind: sim\n');
  const first = start(place.suites('long'));
  await first.says('waiting');
  const second = await run(place.suites('mixed'));
  expect(second.stderr).toMatch(
    new RegExp(
      `^h1-hil: Rig bench is held by .+, process ${first.process.pid} on .+, since .+ for "h1-hil run long `,
    ),
  );
  expect(second.code).toBe(3);
  first.process.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
});

test('a loop that never yields ends its worker, is named, and the run goes on', async () => {
  const ended = await run([...place.suites('hang'), '--json']);
  expect(ended.stderr).toContain(
    'h1-hil watchdog: "hang/hang.suite.ts > a loop that never yields" has not come back for 20 s and nothing moved on the bus; its worker is ended.',
  );
  expect(summaryOf(ended)).toMatchObject({
    verdict: 'no verdict',
    passed: 1,
    failed: 1,
    notRun: 0,
    failures: [{ class: 'lab service', rule: 'worker-died' }],
  });
  expect(ended.code).toBe(3);
  expect(existsSync(join(place.report, 'html', 'index.html'))).toBe(true);
});

test('a crash in native code fails its test, and the run goes on', async () => {
  const ended = await run([...place.suites('crash'), '--json']);
  expect(summaryOf(ended)).toMatchObject({
    passed: 1,
    failed: 1,
    failures: [
      {
        title: 'a crash in native code',
        class: 'lab service',
        rule: 'worker-died',
        message: expect.stringContaining('SIGSEGV'),
      },
    ],
  });
});

test('a rig that died ends a run of a thousand tests without a verdict on the chip', async () => {
  const ended = await run([...place.suites('dead-rig'), '--json']);
  const { verdict, passed, failed, notRun, failures } = summaryOf(ended);
  expect({ verdict, passed, failed, notRun }).toEqual({
    verdict: 'no verdict',
    passed: 0,
    failed: 11,
    notRun: 990,
  });
  expect(failures[1]).toMatchObject({ class: 'rig', message: expect.stringContaining('is down since') });
  expect(ended.code).toBe(3);
  expect(existsSync(join(place.report, 'html', 'index.html'))).toBe(true);
});

for (const whom of ['the command alone', 'its whole group, as a terminal does'])
  test(`an interrupt to ${whom} ends the run with 130 and the report of what ran`, async () => {
    const running = start(place.suites('long'));
    await running.says('waiting');
    const pid = running.process.pid!;
    process.kill(whom === 'the command alone' ? pid : -pid, 'SIGINT');
    const { code, stdout } = await running.ended;
    expect(stdout).toContain('Verdict  interrupted, 2 not run\n1 passed, 0 failed, 0 skipped\n');
    expect(existsSync(join(place.report, 'html', 'index.html'))).toBe(true);
    expect(code).toBe(130);
    // The last of a group is gone only when init has buried it, which takes a moment on a busy machine.
    await expect
      .poll(() => hasProcess(-pid), { message: 'no process of the run is left', timeout: 5_000 })
      .toBe(false);
  });

test('--keep-traces keeps the trace of every test, which decode reads', async () => {
  const { code } = await run([...place.suites('mixed'), '--keep-traces']);
  expect(code).toBe(1);
  const folder = join(place.report, 'traces');
  const traces = readdirSync(folder);
  expect(traces).toHaveLength(3);
  const decoded = await run(['decode', join(folder, traces[0]!), '--rules']);
  expect(decoded.stdout).toContain('0 of 36 rules broken');
});
