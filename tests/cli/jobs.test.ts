import { expect, test as base } from '@playwright/test';
import { run, summaryOf, Workplace } from './h1-hil.ts';

const test = base.extend<{ place: Workplace }>({
  place: async ({}, use) => {
    const place = new Workplace();
    await use(place);
    place.remove();
  },
});

/** Two files of one suite, so that each of two processes has one. */
const FILES = [
  'run',
  'bring-up/identity',
  'bring-up/locality',
  '--profile',
  'recommended',
  '--seed',
  '7',
  '--json',
];

test('two tests at the same time give the digest of one after the other', async ({ place }) => {
  test.setTimeout(120_000);
  const [one, two] = await Promise.all(
    ['1', '2'].map((jobs) =>
      run([...FILES, '--rig', place.rig, '--jobs', jobs, '--report', `${place.report}-${jobs}`]),
    ),
  );
  expect(one?.code).toBe(0);
  expect(two?.code).toBe(0);
  expect(summaryOf(two!).digest).toBe(summaryOf(one!).digest);
  // Each suite and driver has one line, however its tests mix.
  expect(two!.stderr.match(/^ {2}bring-up +recommended +\d+ passed/gm)).toHaveLength(1);
});

for (const [what, rest, says] of [
  ['a word', ['--jobs', 'all'], '--jobs takes a number from 1 to 16, and "all" is none.'],
  ['none', ['--jobs', '0'], '--jobs takes a number from 1 to 16, and "0" is none.'],
  ['more than a rig serves', ['--jobs', '2', '--rig', 'sim-controller'], 'serves one test at a time'],
] as const)
  test(`--jobs with ${what} is refused in words`, async () => {
    const ended = await run(['run', ...rest]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(says);
  });

test('a rig that serves one test at a time is not refused for the number that is set for all rigs', async () => {
  const before = process.env['H1_HIL_JOBS'];
  process.env['H1_HIL_JOBS'] = '3';
  try {
    const ended = await run([
      'run',
      'bring-up/identity',
      '--rig',
      'sim-controller',
      '-p',
      'recommended',
      '--list',
    ]);
    expect(ended.code).toBe(0);
  } finally {
    process.env['H1_HIL_JOBS'] = before;
  }
});
