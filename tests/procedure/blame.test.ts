import { expect, test } from '@playwright/test';
import type { Procedure, Side } from '../../src/procedure/index.ts';
import { blame, differencesOf, driverRow, sourceOf } from '../../src/procedure/index.ts';

/** recommended and linux-6.1 differ in more than 25 numbers; each planted one is told from all others. */
const FAILING: Side = {
  driver: { row: 'linux-6.1', hz: 100 },
  board: {
    kind: 'sim',
    firmware: '0.3.22',
    sckHz: 800_000,
    chip: { wakeLatencyUs: 150, pulseWidthUs: 4 },
    host: { csSetupUs: 9 },
    faults: [{ kind: 'chip-sleeps-after', timeMs: 1000 }],
  },
};
const PASSING: Side = {
  driver: { row: 'recommended' },
  board: { kind: 'sim', firmware: '0.5.4', chip: { wakeLatencyUs: 60 } },
};
const PROCEDURE: Procedure = { format: 'h1-procedure 1', seed: 1, acts: [], ...FAILING };

const ALL = differencesOf(FAILING, PASSING);

/** Everything that a play can see of a side: numbers of its driver, and its board. */
const dataOf = ({ driver, board }: Side): string =>
  JSON.stringify([driverRow(driver), driver.hz ?? null, board ?? null]);

/** Whether a side has what the failing one has at a path: giving it that changes nothing. */
function hasFailing(side: Side, path: string): boolean {
  const difference = ALL.find((one) => one.path === path)!;
  const left = differencesOf(difference.toOne(side), FAILING).map((one) => one.path);
  return differencesOf(side, FAILING).length === left.length;
}

test('two drivers and boards differ in a row of 25 and more, and giving all of them makes one of the other', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(25);
  const made = ALL.reduce<Side>((side, { toOne }) => toOne(side), PASSING);
  expect(differencesOf(made, FAILING)).toEqual([]);
  const back = ALL.reduce<Side>((side, { toOther }) => toOther(side), FAILING);
  expect(differencesOf(back, PASSING)).toEqual([]);
  expect(dataOf(made)).not.toBe(dataOf(PASSING));
});

/** 20 single numbers and 10 pairs, spread over driver and board. */
const SINGLE = Array.from({ length: 20 }, (_, index) => [ALL[Math.floor((index * ALL.length) / 20)]!.path]);
const PAIRS = Array.from({ length: 10 }, (_, index) => [
  ALL[index]!.path,
  ALL[ALL.length - 1 - 2 * index]!.path,
]);

for (const planted of [...SINGLE, ...PAIRS])
  test(`${planted.join(' and ')} alone is blamed for a failure that needs it`, async () => {
    const { brings, cures, plays } = await blame(PROCEDURE, PASSING, (side) =>
      Promise.resolve(planted.every((path) => hasFailing(side, path))),
    );
    const named = brings.map((set) => set.map(({ path }) => path));
    expect(named).toEqual([[...planted].sort((a, b) => indexOf(a) - indexOf(b))]);
    // Either one of a pair, put right, makes the failure go.
    expect(cures.map((set) => set.map(({ path }) => path)).sort()).toEqual(
      [...new Set(planted)].map((path) => [path]).sort(),
    );
    expect(plays).toBeLessThan(10 * ALL.length);
  });

const indexOf = (path: string): number => ALL.findIndex((one) => one.path === path);

test('either of two numbers brings a failure, and both have to be put right', async () => {
  const [a, b] = [ALL[3]!.path, ALL[17]!.path];
  const { brings, cures } = await blame(PROCEDURE, PASSING, (side) =>
    Promise.resolve(hasFailing(side, a) || hasFailing(side, b)),
  );
  expect(brings.map((set) => set.map(({ path }) => path))).toEqual([[a], [b]]);
  expect(cures.map((set) => set.map(({ path }) => path))).toEqual([[a, b]]);
});

test('a part that only one driver has is one difference', () => {
  const awake: Side = { driver: { row: 'coreboot' } };
  const wakeless: Side = { driver: { row: 'coreboot', changes: { wake: null } } };
  const [difference, ...more] = differencesOf(awake, wakeless);
  expect(more).toEqual([]);
  expect(difference!.path).toBe('driver.wake');
  expect(driverRow(difference!.toOther(awake).driver).wake).toBeUndefined();
  expect(driverRow(difference!.toOne(wakeless).driver)).toEqual(driverRow(awake.driver));
});

test('two sides with the same numbers are refused', async () => {
  await expect(blame(PROCEDURE, FAILING, () => Promise.resolve(true))).rejects.toThrow(/nothing to blame/);
});

test('a number is told with its clause, or with the rig file', () => {
  expect(sourceOf('driver.wake.settle')).toBe('[DRIVER 1.5]');
  expect(sourceOf('driver.ready.confirmation.limit')).toBe('[DRIVER 1.4]');
  expect(sourceOf('board.chip.wakeLatencyUs')).toBe('[CHIP 2]');
  expect(sourceOf('board.firmware')).toBe('the rig file');
});
