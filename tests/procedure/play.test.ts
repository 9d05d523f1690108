import { expect, test } from '@playwright/test';
import type { Act, Finding, Procedure } from '../../src/procedure/index.ts';
import { judge, showProcedure, signatureOf, Stages } from '../../src/procedure/index.ts';
import { TraceDigest } from '../../src/trace/index.ts';

/** TPM2_GetRandom of 16 bytes. [TPM2 Part 3, 16.1] */
const RANDOM: Extract<Act, { act: 'command' }> = {
  act: 'command',
  bytes: '80010000000c0000017b0010',
  answer: { code: 0, size: 28 },
};
const PROBE: Act = { act: 'probe' };
const idle = (forMs: number): Extract<Act, { act: 'idle' }> => ({ act: 'idle', forMs });

const procedure = (acts: readonly Act[], more: Partial<Procedure> = {}): Procedure => ({
  format: 'h1-procedure 1',
  driver: { row: 'recommended' },
  seed: 1,
  acts: [...acts],
  ...more,
});

async function found(one: Procedure): Promise<readonly Finding[]> {
  const stages = new Stages();
  try {
    return judge(await stages.play(one));
  } finally {
    await stages.close();
  }
}

const signatures = async (one: Procedure): Promise<string[]> => (await found(one)).map(signatureOf);

const EVERYTHING: readonly Act[] = [
  PROBE,
  RANDOM,
  idle(1500),
  RANDOM,
  { act: 'suspend', kind: 'to-idle', forMs: 1200 },
  RANDOM,
  { act: 'suspend', kind: 'via-firmware', forMs: 1200 },
  RANDOM,
  {
    act: 'together',
    callers: [
      [RANDOM, RANDOM],
      [idle(3), RANDOM],
    ],
  },
  { act: 'driver-sleep', kind: 'to-idle', forMs: 50 },
  { act: 'remove' },
  PROBE,
  { act: 'restart', power: true },
  PROBE,
  RANDOM,
  { act: 'fault', fault: { kind: 'bus-held', timeMs: 20 } },
  { act: 'fault', fault: { kind: 'ready-open' } },
  RANDOM,
  { act: 'clear-faults' },
  { act: 'frame', bytes: '83d40f00000000000000000000000000' },
  { act: 'reset' },
];

test('recommended does every kind of act on a healthy board, and nothing is found', async () => {
  const stages = new Stages();
  const played = await stages.play(procedure(EVERYTHING));
  await stages.close();
  expect(judge(played)).toEqual([]);
  // The group of two callers has three commands of its own.
  expect(played.outcomes).toHaveLength(EVERYTHING.length + 4);
  expect(played.outcomes.filter(({ response }) => response?.length === 28)).toHaveLength(9);
});

test('two plays of one procedure have one digest, and another seed has another', async () => {
  const digestOf = async (one: Procedure): Promise<string> => {
    const stages = new Stages();
    const digest = new TraceDigest();
    await stages.play(one, digest);
    await stages.close();
    return digest.hex();
  };
  const first = await digestOf(procedure(EVERYTHING));
  expect(await digestOf(procedure(EVERYTHING))).toBe(first);
  expect(await digestOf(procedure(EVERYTHING, { seed: 2 }))).not.toBe(first);
});

test('a rule that a driver breaks is found with its act', async () => {
  const wakeless = { row: 'recommended', changes: { wake: null } };
  const [first] = await found(procedure([PROBE, RANDOM, idle(25_000), RANDOM], { driver: wakeless }));
  expect(first).toMatchObject({ kind: 'rule', id: 'wake-after-idle', place: 'host', act: 3 });
});

test('a rule that the chip breaks is found', async () => {
  const board = { kind: 'sim' as const, chip: { pulseWidthUs: 500 } };
  expect(await signatures(procedure([PROBE], { board }))).toContain('rule pulse-width (chip)');
});

test('a command of a driver that is not bound may fail, and one of a bound driver may not', async () => {
  expect(await signatures(procedure([RANDOM]))).toEqual([]);
  const deaf: Act = { act: 'fault', fault: { kind: 'line-open', line: 'MISO' } };
  // What an open wire fails is the wire's doing.
  expect(await signatures(procedure([PROBE, deaf, RANDOM]))).toEqual([]);
  const impatient = { row: 'recommended', changes: { 'durations.long': 300_000_000 } };
  const slow: Act = { act: 'fault', fault: { kind: 'chip-slow-command', timeMs: 600 } };
  expect(await signatures(procedure([PROBE, slow, RANDOM], { driver: impatient }))).toEqual([
    expect.stringMatching(/^error CommandTimeout.* -62 \(command\)$/),
  ]);
});

test('faults explain errors until the host is restarted without them', async () => {
  const deaf: Act = { act: 'fault', fault: { kind: 'chip-stall' } };
  const again: readonly Act[] = [{ act: 'clear-faults' }, { act: 'restart', power: false }, PROBE];
  const impatient = { row: 'recommended', changes: { 'durations.long': 300_000_000 } };
  const slow: Act = { act: 'fault', fault: { kind: 'chip-slow-command', timeMs: 600 } };
  const driver = { driver: impatient };
  expect(await signatures(procedure([PROBE, deaf, slow, RANDOM], driver))).toEqual([]);
  expect(await signatures(procedure([PROBE, deaf, RANDOM, ...again, slow, RANDOM], driver))).toEqual([
    expect.stringMatching(/^error .* \(command\)$/),
  ]);
});

test('an answer that is not the owed one breaks a promise', async () => {
  const owed: Act = { ...RANDOM, answer: { code: 0x143 } };
  expect(await signatures(procedure([PROBE, owed]))).toEqual(['promise answer-code (command)']);
  const longer: Act = { ...RANDOM, answer: { code: 0, size: 29 } };
  expect(await signatures(procedure([PROBE, longer]))).toEqual(['promise answer-size (command)']);
});

test('a driver that does not trust a working ready line breaks a promise', async () => {
  const driver = { row: 'recommended', changes: { 'ready.confirmation.proofs': 10_000 } };
  expect(await signatures(procedure([PROBE], { driver }))).toEqual(['promise ready-trusted (probe)']);
});

test('a driver that waits for a pulse or a frame longer than 750 ms breaks a promise', async () => {
  const missing: Act = { act: 'fault', fault: { kind: 'ready-missing', frames: { from: 2, count: 1 } } };
  const patient = { row: 'recommended', changes: { 'ready.timeout': 2_000_000_000 } };
  expect(await signatures(procedure([PROBE, missing, RANDOM]))).toEqual([]);
  expect(await signatures(procedure([PROBE, missing, RANDOM], { driver: patient }))).toEqual([
    'promise pulse-given-up (command)',
  ]);
  const stall: Act = { act: 'fault', fault: { kind: 'chip-stall', frames: { from: 2, count: 1 } } };
  const endless = { row: 'recommended', changes: { 'frame.flowControlLimit': 1_500_000_000 } };
  expect(await signatures(procedure([PROBE, stall, RANDOM], { driver: endless }))).toContain(
    'promise frame-given-up (command)',
  );
});

test('linux-6.1 leaves CS asserted after a stall, which recommended does not', async () => {
  const acts = [PROBE, { act: 'fault', fault: { kind: 'ready-glitch' } }, RANDOM] as const;
  expect(await signatures(procedure(acts))).toEqual([]);
  expect(await signatures(procedure(acts, { seed: 1133042135, driver: { row: 'linux-6.1' } }))).toEqual([
    'rule cs-edges (host)',
  ]);
});

test('a board that lacks what an act needs is refused with its name', async () => {
  const board = { kind: 'sim' as const, has: { power: false, reset: false } };
  await expect(found(procedure([{ act: 'restart', power: true }], { board }))).rejects.toThrow(
    /The procedure needs reset and power, which this rig does not have/,
  );
});

test('a page has every act in order and each finding below its act', async () => {
  const one = procedure([PROBE, { ...RANDOM, answer: { code: 0x143 } }]);
  const lines = showProcedure(one, await found(one)).split('\n');
  expect(lines[5]).toBe('1.      bind the driver');
  expect(lines[6]).toContain(
    '2.      send TPM2_GetRandom, 12 bytes: 80 01 00 00 00 0c 00 00 01 7b 00 10, owed 0x143',
  );
  expect(lines[7]).toBe('        ! promise answer-code: The TPM answered 0x000; owed was 0x143.');
});
