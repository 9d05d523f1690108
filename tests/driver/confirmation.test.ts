import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended, TICK_RATES } from '../../src/driver/index.ts';
import type { Profile, TickRate } from '../../src/driver/index.ts';
import { ms, us } from '../../src/units/index.ts';
import { FakeBoard } from './fake-board.ts';
import { makePhy } from './make-phy.ts';

const ACCESS = 0x0000;
const NOT_CONFIRMED = 'IRQ not confirmed - will use delays';
const TIMEOUT = 'Timeout waiting for TPM ready IRQ';
const confirmedOn = (attempt: number): string => `TPM ready IRQ confirmed on attempt ${attempt}`;

/** The counting table of [DRIVER 1.4]: first frame that is followed by a pulse; undefined for one before any frame. */
const COUNTING = [
  { edgeAfter: 0, seed: 0, merged: 1 },
  { edgeAfter: 1, seed: 1, merged: 2 },
  { edgeAfter: 2, seed: 2, merged: 3 },
  { edgeAfter: 3, seed: 3, merged: 4 },
];

for (const { edgeAfter, seed, merged } of COUNTING)
  for (const [profile, attempt] of [
    [cr50SpiV1, seed],
    [linux61, merged],
  ] as const)
    test(`${profile.name} confirms on attempt ${attempt} when the first edge comes after access ${edgeAfter}`, async () => {
      const board = new FakeBoard();
      const { phy, gate, said } = makePhy(board, profile);
      if (edgeAfter === 0) board.ready.pulse();
      board.fate = (frame) => ({ pulse: frame + 1 >= edgeAfter ? us(40) : false });
      for (let i = 0; i < COUNTING.length; i++) await phy.read8(ACCESS);
      expect(said()).toEqual([confirmedOn(attempt)]);
      expect(gate.trust).toBe('trusted');
    });

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} gives up in the fourth access when no edge ever comes`, async () => {
    const board = new FakeBoard();
    board.pulseDelay = false;
    const { phy, gate, said } = makePhy(board, profile);
    for (let i = 0; i < 3; i++) await phy.read8(ACCESS);
    expect(gate.trust).toBe('unproven');
    await phy.read8(ACCESS);
    expect(said()).toEqual([NOT_CONFIRMED]);
    expect(gate.trust).toBe('given-up');
  });

test('the check runs whether or not a wait took place', async () => {
  // [BUGS L-20]: four accesses further apart than the delay use up the attempts without one wait.
  const board = new FakeBoard();
  board.pulseDelay = false;
  const { phy, counters, said } = makePhy(board, cr50SpiV1);
  for (let i = 0; i < 4; i++) {
    board.clock.advance(ms(10));
    await phy.read8(ACCESS);
  }
  expect(counters.readyWaits).toEqual({ hit: 0, timeout: 0, skipped: 4 });
  expect(said()).toEqual([NOT_CONFIRMED]);
});

/** L-07: from which delay of the first pulses on the driver gives up, as simulated in the catalogue. */
const GIVES_UP_FROM: readonly { hz: TickRate; milliseconds: number }[] = [
  { hz: 1000, milliseconds: 9 },
  { hz: 300, milliseconds: 20 },
  { hz: 250, milliseconds: 24 },
  { hz: 100, milliseconds: 60 },
];

async function trustWithLatePulses(profile: Profile, hz: TickRate, milliseconds: number): Promise<string> {
  const board = new FakeBoard();
  board.pulseDelay = ms(milliseconds);
  const { phy, gate } = makePhy(board, profile, { hz });
  for (let i = 0; i < 20; i++) await phy.read8(ACCESS);
  return gate.trust;
}

for (const { hz, milliseconds } of GIVES_UP_FROM)
  test(`at ${hz} Hz a first pulse later than about ${milliseconds} ms is given up for ever by cr50-spi-v1, not by recommended`, async () => {
    expect(await trustWithLatePulses(cr50SpiV1, hz, milliseconds * 0.85)).toBe('trusted');
    expect(await trustWithLatePulses(cr50SpiV1, hz, milliseconds * 1.15)).toBe('given-up');
    expect(await trustWithLatePulses(recommended, hz, milliseconds * 1.15)).toBe('trusted');
  });

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name}, having given up, warns of every short wait once a late edge was seen`, async () => {
    // [BUGS L-07]
    const board = new FakeBoard();
    board.pulseDelay = false;
    const { phy, gate, said } = makePhy(board, profile, { hz: 1000 });
    for (let i = 0; i < 5; i++) await phy.read8(ACCESS);
    expect(said()).toEqual([NOT_CONFIRMED]);
    board.ready.pulse();
    board.clock.advance(us(20));
    await phy.read8(ACCESS);
    await phy.read8(ACCESS);
    await phy.read8(ACCESS);
    expect(said().slice(1)).toEqual([TIMEOUT, TIMEOUT]);
    expect(gate.trust).toBe('given-up');
  });

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} takes one glitch for proof and then waits 750 ms at every access`, async () => {
    // [BUGS L-08]
    const board = new FakeBoard();
    board.pulseDelay = false;
    board.ready.pulse();
    const { phy, gate, said } = makePhy(board, profile, { hz: 1000 });
    board.ready.pulse();
    for (let i = 0; i < 6; i++) await phy.read8(ACCESS);
    expect(gate.trust).toBe('trusted');
    expect(said().filter((text) => text === TIMEOUT)).toHaveLength(5);
    expect(board.clock.now()).toBeGreaterThan(ms(5 * 750));
  });

test('recommended does not take one glitch for proof', async () => {
  const board = new FakeBoard();
  board.pulseDelay = false;
  const { phy, gate } = makePhy(board, recommended);
  board.fate = (frame) => ({ pulse: frame === 0 ? us(40) : false });
  for (let i = 0; i < 30; i++) await phy.read8(ACCESS);
  expect(gate.trust).toBe('given-up');
  expect(board.clock.now()).toBeLessThan(ms(400));
});

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} never withdraws its trust when the interrupt dies`, async () => {
    // [BUGS L-08]
    const board = new FakeBoard();
    const { phy, gate, said } = makePhy(board, profile, { hz: 1000 });
    for (let i = 0; i < 3; i++) await phy.read8(ACCESS);
    board.pulseDelay = false;
    for (let i = 0; i < 26; i++) await phy.read8(ACCESS);
    expect(gate.trust).toBe('trusted');
    expect(said().filter((text) => text === TIMEOUT).length).toBeGreaterThanOrEqual(25);
    expect(board.clock.now()).toBeGreaterThan(ms(25 * 750));
  });

test('recommended falls back to delays after two pulses that never came, and says so', async () => {
  const board = new FakeBoard();
  const { phy, gate, said } = makePhy(board, recommended);
  for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
  board.pulseDelay = false;
  for (let i = 0; i < 26; i++) await phy.read8(ACCESS);
  expect(gate.trust).toBe('withdrawn');
  expect(said()).toEqual([confirmedOn(2), TIMEOUT, TIMEOUT, 'TPM ready IRQ lost - will use delays']);
  expect(board.clock.now()).toBeLessThan(ms(2 * 750 + 26 * 11));
});

test('recommended keeps its trust when one pulse is dropped', async () => {
  const board = new FakeBoard();
  board.fate = (frame) => (frame === 5 ? { pulse: false } : {});
  const { phy, gate, said } = makePhy(board, recommended);
  for (let i = 0; i < 12; i++) await phy.read8(ACCESS);
  expect(gate.trust).toBe('trusted');
  expect(said()).toEqual([confirmedOn(2), TIMEOUT]);
});

test('recommended keeps its trust over accesses far apart whose pulses all came', async () => {
  const board = new FakeBoard();
  const { phy, gate, said } = makePhy(board, recommended);
  for (let i = 0; i < 12; i++) {
    await phy.read8(ACCESS);
    board.clock.advance(ms(800));
  }
  expect(gate.trust).toBe('trusted');
  expect(said()).toEqual([confirmedOn(2)]);
});

/** An edge every 100 us from now on. */
function makeNoise(board: FakeBoard): void {
  board.ready.pulse();
  board.clock.after(us(100), () => {
    makeNoise(board);
  });
}

test('recommended withdraws its trust from a line with more edges than frames, cr50-spi-v1 does not', async () => {
  // [BUGS L-09]
  const run = async (profile: Profile, quiet: number): Promise<string> => {
    const board = new FakeBoard();
    const { phy, gate } = makePhy(board, profile);
    for (let i = 0; i < quiet; i++) await phy.read8(ACCESS);
    makeNoise(board);
    for (let i = 0; i < 100; i++) await phy.read8(ACCESS);
    return gate.trust;
  };
  expect(await run(recommended, 4)).toBe('withdrawn');
  expect(await run(cr50SpiV1, 4)).toBe('trusted');
  // A line that is noisy from the start is never believed by the one, and at once by the other.
  expect(await run(recommended, 0)).toBe('given-up');
  expect(await run(cr50SpiV1, 0)).toBe('trusted');
});

test('until the line is proven recommended paces its frames by delays, whatever the noise', async () => {
  // [BUGS L-09]
  const board = new FakeBoard();
  makeNoise(board);
  const { phy } = makePhy(board, recommended);
  for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
  expect(board.clock.now()).toBeGreaterThanOrEqual(ms(3 * 10));
});

for (const profile of [cr50SpiV1, linux61, recommended])
  test(`${profile.name} without an interrupt never asks for confirmation`, async () => {
    const board = new FakeBoard();
    const { phy, gate, said } = makePhy(board, profile, { hasInterrupt: false });
    for (let i = 0; i < 6; i++) await phy.read8(ACCESS);
    expect(gate.trust).toBe('no-line');
    expect(said()).toEqual([]);
  });

for (const hz of TICK_RATES)
  test(`at ${hz} Hz the first access waits although nothing was sent before, except with recommended`, async () => {
    // [DRIVER 1.15]
    for (const [profile, waits] of [
      [cr50SpiV1, true],
      [linux61, true],
      [recommended, false],
    ] as const) {
      const board = new FakeBoard();
      const { phy, counters } = makePhy(board, profile, { hz });
      await phy.read8(ACCESS);
      expect(counters.readyWaits.timeout).toBe(waits ? 1 : 0);
    }
  });

test('recommended without an interrupt pauses before its first access, since another driver may have sent a frame', async () => {
  // The chip needs time after each frame. Without a pulse the driver does not see when that time ends. [CHIP 3]
  const board = new FakeBoard();
  const { phy } = makePhy(board, recommended, { hasInterrupt: false });
  const bound = board.clock.now();
  await phy.read8(ACCESS);
  expect(board.clock.now() - bound).toBeGreaterThanOrEqual(ms(10)); // [BUGS K-07]
});

test('recommended asks for proof again after a resume, having withdrawn its trust', async () => {
  const board = new FakeBoard();
  const { phy, gate, said } = makePhy(board, recommended);
  for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
  board.pulseDelay = false;
  for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
  expect(gate.trust).toBe('withdrawn');
  board.pulseDelay = us(40);
  gate.resumed(true);
  for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
  expect(gate.trust).toBe('trusted');
  expect(said().at(-1)).toBe(confirmedOn(3));
});
