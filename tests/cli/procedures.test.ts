import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run, Workplace } from './h1-hil.ts';

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

const PROCEDURE = {
  format: 'h1-procedure 1',
  driver: { row: 'recommended', changes: { wake: null } },
  seed: 1,
  acts: [
    { act: 'probe' },
    { act: 'command', bytes: '80010000000c0000017b0010' },
    { act: 'idle', forMs: 1734.5 },
    { act: 'command', bytes: '80010000000c0000017b0010' },
    { act: 'remove' },
  ],
};
const WAKELESS = 'rule wake-after-idle (host)';

interface Explored {
  readonly played: number;
  readonly failures: readonly {
    readonly signature: string;
    readonly number: number;
    readonly file: string;
    readonly bundle: string;
  }[];
}

test('explore finds a planted bug, writes it down, and repro run shows the same failure', async () => {
  test.slow();
  const args = [
    'explore',
    '--planted',
    'recommended: never wakes the chip',
    '--acts',
    '3-8',
    '--faults',
    'none',
  ];
  const explored = await run([
    ...args,
    '-n',
    '25',
    '-j',
    '2',
    '--keep-going',
    '--out',
    place.folder,
    '--json',
  ]);
  expect(explored.code).toBe(1);
  const { failures } = JSON.parse(explored.stdout) as Explored;
  const wakeless = failures.find(({ signature }) => signature === WAKELESS);
  expect(wakeless).toBeDefined();
  const again = await run(['repro', 'run', wakeless!.bundle]);
  expect(again.code).toBe(1);
  expect(again.stdout).toMatch(/Digest {2}[0-9a-f]+, as in the bundle\nVerdict same failure/);
});

test('explore finds nothing on a healthy chip, and says what it reached', async () => {
  const { code, stdout } = await run(['explore', '-n', '12', '--acts', '3-8', '--out', place.folder]);
  expect(stdout).toMatch(/Reached {2}\d+ kinds of act, \d+ pairs of acts, \d+ of \d+ rules/);
  expect(stdout).toMatch(/0 failures in 12 procedures/);
  expect(code).toBe(0);
});

test('minimise leaves what the failure needs, and show prints it as a page', async () => {
  const file = place.write('long.json', JSON.stringify(PROCEDURE));
  const short = join(place.folder, 'short.json');
  const { code, stdout } = await run(['repro', 'minimise', file, '-o', short]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /rule wake-after-idle \(host\): from 5 acts to \d in \d+ plays\. Each of them was left out alone/,
  );
  const kept = JSON.parse(readFileSync(short, 'utf8')) as { acts: unknown[]; fails: string };
  expect(kept.fails).toBe(WAKELESS);
  expect(kept.acts.length).toBeLessThan(5);
  const page = await run(['repro', 'show', short]);
  expect(page.stdout).toContain('wait 1000 ms');
  expect(page.stdout).toContain(`Kept for the failure: ${WAKELESS}`);
});

test('repro run writes a trace that decode reads, and says when a procedure passes', async () => {
  const file = place.write(
    'good.json',
    JSON.stringify({ ...PROCEDURE, driver: { row: 'recommended' }, fails: WAKELESS }),
  );
  const trace = join(place.folder, 'trace.jsonl');
  const { code, stdout } = await run(['repro', 'run', file, '--trace', trace]);
  expect(stdout).toContain('Verdict passes now');
  expect(code).toBe(0);
  const decoded = await run(['decode', trace, '--commands']);
  expect(decoded.stdout).toContain('GetRandom');
});

test('a bundle written here and played elsewhere shows the same digest, and leaves no folder', async () => {
  const file = place.write('long.json', JSON.stringify({ ...PROCEDURE, fails: WAKELESS }));
  const bundle = join(place.folder, 'found.h1repro');
  await run(['repro', 'run', file, '--bundle', bundle]);
  const elsewhere = new Workplace();
  const before = readdirSync(elsewhere.folder);
  try {
    const { stdout, code } = await run(['repro', 'run', bundle, '--times', '5', '--json'], elsewhere.folder);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'same failure',
      times: 5,
      same: 5,
      isDigestOfBundle: true,
    });
    expect(code).toBe(1);
    expect(readdirSync(elsewhere.folder)).toEqual(before);
  } finally {
    elsewhere.remove();
  }
});

const plays = (same: number, others = 0, fails = WAKELESS): string =>
  JSON.stringify({
    format: 'h1-plays 1',
    fails,
    times: 100,
    same,
    passed: Math.max(0, 100 - same - others),
  });

for (const [before, after, says, exit] of [
  [plays(30), plays(0), 'the fix helped', 0],
  [plays(30), plays(31), 'these plays do not show a difference', 4],
  [plays(1), plays(30), 'the failure became more frequent', 1],
  [plays(30), plays(0, 100), 'more plays fail in another way than before', 1],
  [plays(30), plays(0, 1), '1 fail in another way', 1],
  [plays(30, 5), plays(0, 5), 'the fix helped', 0],
  [plays(30), plays(0, 0, 'rule ready-trust (host)'), 'The plays are of two failures', 2],
  [plays(101), plays(0), 'more plays show the failure than there were', 2],
  ['{}', plays(0), 'does not hold plays', 2],
] as const)
  test(`compare of ${before} with ${after} says: ${says}`, async () => {
    const files = [place.write('before.json', before), place.write('after.json', after)];
    const { stdout, stderr, code } = await run(['repro', 'compare', ...files]);
    expect(stdout + stderr).toContain(says);
    expect(code).toBe(exit);
  });

for (const [what, args, says] of [
  ['a file that is not there', ['repro', 'run', '/nowhere.json'], /\/nowhere\.json cannot be read/],
  ['a folder', ['repro', 'show', '/tmp'], /\/tmp cannot be read/],
  ['a driver that is not in the table', ['explore', '-d', 'linux'], /There is no driver linux/],
  ['a firmware that never was', ['explore', '--firmware', 'new'], /a Cr50 version has three numbers/],
  ['a range that ends before it begins', ['explore', '--acts', '9-3'], /--acts takes a range up to 2000/],
  [
    'an act without a weight',
    ['explore', '--weights', 'dance=3'],
    /--weights takes an act and a number up to 999/,
  ],
  ['faults that nobody knows', ['explore', '--faults', 'some'], /--faults takes none, tolerated, any/],
  ['a bug that is not planted', ['explore', '--planted', 'x'], /There is no planted bug x/],
  [
    'an axis of no number',
    ['sweep', 'examples/procedures/wake.json', '-a', 'chip.mood=1..9:1us'],
    /There is no number chip\.mood/,
  ],
  [
    'a value that no board has',
    ['sweep', 'examples/procedures/wake.json', '-a', 'rig.sckHz=1MHz..9MHz:1MHz'],
    /A value of the axis cannot be: sckHz/,
  ],
  ['no procedure at all', ['explore', '-n', '0'], /A number from 1 to 9999999999 is wanted/],
] as const)
  test(`${what} is met with one sentence and exit code 2`, async () => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

test('sweep tells a driver of 100 us that a chip of 150 us is too slow for it, and draws that', async () => {
  const picture = join(place.folder, 'wake.svg');
  const axis = ['--axis', 'driver.wake.settle=50..600:10us'];
  const wake = ['sweep', 'examples/procedures/wake.json', ...axis, '-d'];
  const { code, stdout } = await run([...wake, 'coreboot', '--picture', picture, '--json']);
  expect(code).toBe(1);
  const { sweeps } = JSON.parse(stdout) as { sweeps: { rows: object[] }[] };
  expect(sweeps[0]?.rows).toEqual([
    expect.objectContaining({
      lowFails: true,
      isSharp: true,
      verdict: 'negative',
      margin: { least: -40_000, most: -30_000 },
    }),
  ]);
  expect(readFileSync(picture, 'utf8')).toContain('class="unsure"');
  const enough = await run([...wake, 'recommended']);
  expect(enough.code).toBe(0);
  expect(enough.stdout).toMatch(
    /recommended +below +120 us and 130 us +- +500 us +370 us to 380 us +positive/,
  );
});
