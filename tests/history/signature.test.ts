import { expect, test } from '@playwright/test';
import { signatureOf, withoutChance } from '../../src/history/signature.ts';

const TEST = { suite: 'sleep-wake', title: 'the chip wakes' };
const failure = (because: string, more = {}) => ({
  ...{ class: 'firmware' as const, rule: 'chip-broke', because, message: 'expected 1, received 2' },
  ...more,
});
const hash = (because: string, more = {}, rig = 'sim'): string =>
  signatureOf(TEST, failure(because, more), rig).hash;

/** Two texts of one failure. */
const SAME: readonly (readonly [string, string])[] = [
  ['12.345 ms  ready-pulse-late: 812.5 us, at most 750 us', '7 ms  ready-pulse-late: 900 us, at most 750 us'],
  ['no response within 2000 ms (waited 2000.25 ms)', 'no response within 2000 ms (waited 2001 ms)'],
  ['read a3 f4 00 11, wrote 00 01 02 03', 'read 01 02 03 04, wrote ff fe fd fc'],
  ['at 0x7ffe12345678 in frame 17', 'at 0x7ffe00005678 in frame 4711'],
  [
    'TypeError: x is undefined at /home/a/h1/src/driver/fifo.ts:12:3',
    'TypeError: x is undefined at /srv/h1/src/driver/fifo.ts:99:1',
  ],
  ['soak: 3 of 1,000 runs failed', 'soak: 12 of 1,000 runs failed'],
  [
    'digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b differs',
    'digest e3b0c44298fc1c149afbf4c8996fb92427ae41e4 differs',
  ],
  [
    'run 34b5ad76-dde6-481f-ae8a-c1ca0235e103 since 2026-11-30T13:38:31.807Z',
    'run 00b5ad76-dde6-481f-ae8a-c1ca0235e1ff since 2026-12-01T03:00:00.000Z',
  ],
  ['after 1.5 s, 2 min and 40 ns', 'after 9 s, 14 min and 7 ns'],
  ['3 wait bytes of 1,024', '900 wait bytes of 1,024'],
];
for (const [one, other] of SAME)
  test(`one failure: ${one}`, () => {
    expect(withoutChance(one)).toBe(withoutChance(other));
    expect(hash(one)).toBe(hash(other));
  });

/** Two failures. */
const DIFFERENT: readonly (readonly [string, string])[] = [
  ['TpmError: response code 0x101', 'TpmError: response code 0x922'],
  ['probe ended with -110', 'probe ended with -62'],
  ['1 ms  ready-pulse-late: 812 us', '1 ms  ready-pulse-missing: 812 us'],
  ['TPM2_GetRandom was refused', 'TPM2_Startup was refused'],
  ['sha256 differs', 'sha1 differs'],
  ['linux-6.1 logged it', 'cr50-spi-v1 logged it'],
];
for (const [one, other] of DIFFERENT)
  test(`two failures: ${one}; ${other}`, () => {
    expect(hash(one)).not.toBe(hash(other));
  });

test('class, rule and test are parts of a signature; the driver is none; the rig is one of what the lab did', () => {
  const base = hash('it was late');
  expect(hash('it was late', { class: 'driver profile' })).not.toBe(base);
  expect(hash('it was late', { rule: 'chip-refused' })).not.toBe(base);
  expect(signatureOf({ ...TEST, title: 'the chip sleeps' }, failure('it was late'), 'sim').hash).not.toBe(
    base,
  );
  expect(hash('it was late', {}, 'bench-2')).toBe(base);
  const ofLab = { class: 'rig', rule: 'lab-failed' };
  expect(hash('it was late', ofLab, 'bench-2')).not.toBe(hash('it was late', ofLab, 'sim'));
});

test('where the reason says the same of every failure, what the test saw tells one from another', () => {
  const told = (message: string): string => hash('no driver was at work', { rule: 'chip-alone', message });
  expect(told('expected 28, received ff')).not.toBe(told('expected an answer, received silence'));
});
