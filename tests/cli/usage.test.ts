import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run, Workplace } from './h1-hil.ts';

test.describe.configure({ timeout: 120_000 });

const WRONG = [
  {
    what: 'an unknown rig',
    args: ['run', '--rig', 'sin'],
    says: /There is no rig sin; did you mean sim\? Known rigs: /,
  },
  {
    what: 'an unknown mode of the twin',
    args: ['run', '--twin', 'maybe'],
    says: /--twin is strict, tell, off, and "maybe" is none of them\./,
  },
  {
    what: 'an unknown profile',
    args: ['run', '-p', 'frob'],
    says: /There is no profile frob\. Known profiles: cr50-spi-v1, /,
  },
  {
    what: 'a suite among the profiles',
    args: ['run', '-p', 'linux-6.1', 'sleep-wake'],
    says: /sleep-wake is a suite, .* h1-hil run sleep-wake --profile linux-6\.1$/m,
  },
  {
    what: 'a rule that is spelt wrong',
    args: ['decode', 'examples/healthy.vcd', '--rules', 'pulse-widht'],
    says: /There is no rule pulse-widht; did you mean pulse-width\?/,
  },
  {
    what: 'a seed that is no number',
    args: ['run', '--seed', 'abc'],
    says: /A seed is a whole number from 0 to 4294967295, and "abc" is not one\./,
  },
  {
    what: 'a seed that is too large',
    args: ['run', '--seed', '4294967296'],
    says: /"4294967296" is not one\./,
  },
  {
    what: 'an unknown suite',
    args: ['run', 'bringup'],
    says: /There is no suite bringup; did you mean bring-up\? Known suites: bring-up, /,
  },
  {
    what: 'a file of a suite that is spelt wrong',
    args: ['run', 'sleep-wake/margins'],
    says: /Suite sleep-wake has no file margins; did you mean margin\? Its files: /,
  },
  {
    what: 'a line of a folder',
    args: ['run', 'sleep-wake:12'],
    says: /sleep-wake:12 has a line, and sleep-wake is a folder: name the file too\./,
  },
  {
    what: 'an option that is given twice',
    args: ['run', '--rig', 'sim', '--rig', 'sim-no-irq'],
    says: /--rig was given twice, with sim and with sim-no-irq\. Give it once\./,
  },
  {
    what: 'a share of nothing',
    args: ['run', '--shard', '4/3'],
    says: /--shard takes a part and the number of parts, such as 1\/3, and "4\/3" is not that\./,
  },
  {
    what: 'no repetition',
    args: ['run', '--repeat-each', '0'],
    says: /--repeat-each takes a whole number from 1 to 100000, and "0" is not one\./,
  },
  {
    what: 'two places to stop',
    args: ['run', '-x', '--max-failures', '3'],
    says: /leave --max-failures out, or -x\./,
  },
  {
    what: 'what failed last in a folder without a run',
    args: ['run', '--last-failed', '--report', '/nowhere'],
    says: /There is no run on rig sim in \/nowhere, so nothing failed in it\./,
  },
  {
    what: 'a pattern that matches nothing',
    args: ['run', '--grep', 'no such title'],
    says: /No test matches no such title, neither as a pattern nor as plain text\./,
  },
  {
    what: 'a folder of suites that is not there',
    args: ['run', '--suites', '/nowhere'],
    says: /There is no folder of suites at \/nowhere\./,
  },
  { what: 'an unknown command', args: ['rum'], says: /unknown command 'rum'/ },
  { what: 'an unknown option', args: ['run', '--ring'], says: /unknown option '--ring'/ },
] as const;

for (const { what, args, says } of WRONG)
  test(`${what} is met with one sentence and exit code 2`, async () => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n').length, stderr).toBeLessThanOrEqual(2);
    expect(code).toBe(2);
  });

test('a broken rig file is met with its place, a right example and exit code 2', async () => {
  const place = new Workplace();
  const file = place.write('broken.yaml', 'description: mine\nboard: { kind: sim\n');
  const { code, stderr } = await run(['run', '--rig', 'broken.yaml'], place.folder);
  expect(stderr).toMatch(/^h1-hil: broken\.yaml:\d+:\d+: [\s\S]*A right one looks like this:/);
  expect(code).toBe(2);
  expect(readFileSync(file, 'utf8')).toContain('mine');
  place.remove();
});

test('a folder with other files is never written to', async () => {
  const place = new Workplace();
  mkdirSync(place.report);
  place.write('report/thesis.txt', 'three years of work');
  const { code, stderr } = await run(place.suites('broken'));
  expect(stderr).toContain('thesis.txt is there and is not of an earlier report. Name an empty folder.');
  expect(code).toBe(2);
  expect(readFileSync(join(place.report, 'thesis.txt'), 'utf8')).toBe('three years of work');
  place.remove();
});

for (const command of [[], ['run'], ['rig', 'check']])
  test(`h1-hil ${[...command, '--help'].join(' ')} shows examples`, async () => {
    const { code, stdout } = await run([...command, '--help']);
    expect(stdout).toMatch(/Examples:\n {2}h1-hil /);
    expect(code).toBe(0);
  });

test('a rig whose device file is missing is met with one sentence and exit code 2, by run and by check', async () => {
  const place = new Workplace();
  const rig = place.write(
    'bench.yaml',
    'description: no such bus\nboard:\n  kind: linux\n  spi: { device: /dev/spidev99.7, sckHz: 1000000 }\n',
  );
  for (const args of [
    ['run', '--rig', rig],
    ['rig', 'check', rig],
  ]) {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(/^h1-hil: \/dev\/spidev99\.7 does not exist on this host\. .*\n$/);
    expect(code).toBe(2);
  }
  place.remove();
});
