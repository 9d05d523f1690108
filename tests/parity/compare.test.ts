import { expect, test } from '@playwright/test';
import { SimBoard } from '../../src/boards/sim/index.ts';
import type { Comparison } from '../../src/parity/compare.ts';
import { BAND, compare } from '../../src/parity/compare.ts';
import type { Journal } from '../../src/parity/journal.ts';
import { JOURNALS } from '../../src/parity/journal.ts';
import type { Played } from '../../src/parity/play.ts';
import { play } from '../../src/parity/play.ts';
import { linux61 } from '../../src/driver/index.ts';
import { plus, seconds } from '../../src/units/index.ts';

const journal = (name: string): Journal => JOURNALS.find((one) => one.name === name)!;

/** What the driver of profile linux-6.1 does on the simulated board. */
const played = (name: string): Promise<readonly Played[]> =>
  play(new SimBoard({ seed: 1 }), linux61, journal(name));

const differences = (comparisons: readonly Comparison[]): string[] =>
  comparisons.flatMap(({ operation, differences: found }) =>
    found.map(({ class: kind, what }) => `${operation}: ${kind}: ${what}`),
  );

/** The same, but for what `plant` changes in the probe. */
async function planted(plant: (probe: Played) => Played): Promise<string[]> {
  const ours = await played('no interrupt');
  const theirs = [plant(ours[0]!), ...ours.slice(1)];
  return differences(compare(journal('no interrupt'), ours, theirs));
}

for (const { name } of JOURNALS)
  test(`journal ${name}: two plays on chips of one seed have no difference, and each operation has acts`, async () => {
    const comparisons = compare(journal(name), await played(name), await played(name));
    expect(differences(comparisons)).toEqual([]);
    expect(comparisons.map(({ operation }) => operation)).toEqual(
      journal(name).operations.map((operation) => operation.name),
    );
    expect(Math.min(...comparisons.map(({ acts }) => acts.ours))).toBeGreaterThan(3);
  });

test('the journals go through every kind of thing that is to be compared', () => {
  expect(JOURNALS.map(({ name }) => name)).toEqual(['healthy', 'no interrupt', 'dead interrupt', 'stall']);
  const names = journal('healthy').operations.map(({ name }) => name);
  for (const kind of ['probe', '64 bytes', 'idleness', 'suspend to-idle', 'suspend via-firmware', 'remove'])
    expect(names.filter((name) => name.includes(kind))).not.toEqual([]);
});

test('a planted frame more of theirs is found as missing', async () => {
  expect(
    await planted(({ acts, ...rest }) => ({
      ...rest,
      acts: [...acts, { shape: 'R f04/1', bytes: '00', at: acts[0]!.at }],
    })),
  ).toEqual(['probe: missing: R f04/1 00']);
});

test('a planted frame less of theirs is found as extra', async () => {
  // The last is the last word of the version text.
  expect(await planted(({ acts, ...rest }) => ({ ...rest, acts: acts.slice(0, -1) }))).toEqual([
    expect.stringMatching(/^probe: extra: R f90\/4 [0-9a-f]{8}$/),
  ]);
});

test('a planted change of place is found as out of order', async () => {
  expect(
    await planted(({ acts, ...rest }) => {
      const at = acts.findIndex(({ shape }) => shape === 'R f04/1');
      return { ...rest, acts: [...acts.slice(0, at), ...acts.slice(at + 1), acts[at]!] };
    }),
  ).toEqual(['probe: out of order: R f04/1 00']);
});

test('a planted byte is found as other bytes', async () => {
  expect(
    await planted(({ acts, ...rest }) => ({
      ...rest,
      acts: acts.map((act) => (act.shape === 'R f04/1' ? { ...act, bytes: '01' } : act)),
    })),
  ).toEqual(['probe: other bytes: R f04/1: ours 00, theirs 01']);
});

test('a time outside of the band is found, one inside it is not', async () => {
  const slower = (by: number) => (probe: Played) => ({ ...probe, time: plus(probe.time, seconds(by)) });
  expect(await planted(slower(1.9))).toEqual([]);
  expect(await planted(slower(2.1))).toEqual([
    expect.stringMatching(/^probe: other time: ours 1\.7\d+ s, theirs 3\.8\d+ s$/),
  ]);
  expect(BAND).toBe(seconds(2));
});

test('a line that is dead and one that is absent leave order and bytes as they are', async () => {
  const [absent, dead] = [await played('no interrupt'), await played('dead interrupt')];
  expect(differences(compare(journal('no interrupt'), absent, dead))).toEqual([]);
});
