import { expect, test } from '@playwright/test';
import { PROFILES } from '../../src/driver/index.ts';
import { differences, driverRow } from '../../src/procedure/index.ts';
import { PLANTED_BUGS } from '../../src/score/index.ts';

const nameless = (profile: object): object => ({ ...profile, name: '', summary: '' });

test('the differences of any two drivers, put into the first, make the second', () => {
  for (const from of PROFILES.values())
    for (const to of PROFILES.values()) {
      const made = driverRow({ row: from.name, changes: differences(from, to) });
      expect(nameless(made), `${from.name} to ${to.name}`).toEqual(nameless(to));
    }
});

test('each planted bug of a driver is told by the numbers that it changes', () => {
  for (const bug of PLANTED_BUGS) {
    if (bug.kind !== 'driver') continue;
    const base = driverRow({ row: bug.profile.name });
    const changes = differences(base, bug.profile);
    expect(Object.keys(changes).length, bug.id).toBeGreaterThan(0);
    expect(driverRow({ row: base.name, changes })).toEqual(bug.profile);
  }
});

for (const [what, choice, says] of [
  [
    'a driver that is not in the table',
    { row: 'linux' },
    /There is no driver linux\. Known drivers: cr50-spi-v1/,
  ],
  [
    'a path that no driver has',
    { row: 'recommended', changes: { 'ready.patience': 1 } },
    /No driver has ready\.patience/,
  ],
  [
    'a word for a number',
    { row: 'recommended', changes: { 'ready.timeout': 'long' } },
    /ready\.timeout of a driver is a number/,
  ],
  [
    'a path into the language',
    { row: 'recommended', changes: { '__proto__.x': 1 } },
    /No driver has __proto__\.x/,
  ],
] as const)
  test(`${what} is named`, () => {
    expect(() => driverRow(choice)).toThrow(says);
  });
