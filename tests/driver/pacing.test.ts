import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended, ticks } from '../../src/driver/index.ts';
import type { Profile, TickRate } from '../../src/driver/index.ts';
import { between, instant, ms, us } from '../../src/units/index.ts';
import type { Duration } from '../../src/units/index.ts';
import { FakeBoard } from './fake-board.ts';
import { makePhy } from './make-phy.ts';

const ACCESS = 0x0000;
const TIMEOUT = 'Timeout waiting for TPM ready IRQ';

/** A gap between two frames: end of the one to start of the next. */
function gaps(board: FakeBoard): readonly Duration[] {
  const frames = board.frames.filter(({ text }) => text !== 'wake');
  return frames.slice(1).map(({ fall }, i) => between(frames[i]!.rise, fall));
}

/** L-10: distance between starts of 0.3 ms accesses without an interrupt. */
const DISTANCES: readonly { hz: TickRate; gap: Duration }[] = [
  { hz: 250, gap: us(7700) },
  { hz: 100, gap: us(19_700) },
  { hz: 1000, gap: us(2700) },
];

for (const { hz, gap } of DISTANCES)
  test(`without an interrupt, at ${hz} Hz, accesses of 0.3 ms are ${gap / 1000} us apart instead of 2 ms`, async () => {
    const board = new FakeBoard();
    board.pollTime = us(300 - 5 * 8);
    const { phy } = makePhy(board, cr50SpiV1, { hz, hasInterrupt: false });
    for (let i = 0; i < 6; i++) await phy.read8(ACCESS);
    expect(gaps(board).slice(1)).toEqual([gap, gap, gap, gap]);
  });

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} at 250 Hz sends a frame without any pause when the tick changes in between`, async () => {
    // [BUGS L-10]
    const board = new FakeBoard();
    const { phy, counters } = makePhy(board, profile, { hz: 250, hasInterrupt: false });
    await phy.read8(ACCESS);
    const skipped = counters.readyWaits.skipped;
    board.clock.advanceTo(instant(Math.ceil(board.clock.now() / 4e6) * 4e6 + 4e6 - 100_000));
    await phy.read8(ACCESS);
    board.clock.advance(us(20));
    const before = board.clock.now();
    await phy.read8(ACCESS);
    expect(counters.readyWaits.skipped - skipped).toBe(2);
    expect(board.frames.at(-1)!.fall).toBe(before);
  });

test('recommended without an interrupt pauses 10 ms after every frame, however the ticks fall', async () => {
  const board = new FakeBoard();
  const { phy } = makePhy(board, recommended, { hasInterrupt: false });
  for (let i = 0; i < 20; i++) {
    await phy.read8(ACCESS);
    board.clock.advance(us(137));
  }
  for (const gap of gaps(board)) expect(gap).toBe(ms(10));
});

for (const profile of [cr50SpiV1, linux61, recommended])
  test(`${profile.name} goes on with the pulse when the interrupt is trusted`, async () => {
    const board = new FakeBoard();
    const { phy } = makePhy(board, profile);
    for (let i = 0; i < 8; i++) await phy.read8(ACCESS);
    const late = profile.ready.interrupt!.edge === 'asserted' ? us(40) : us(48);
    expect(gaps(board).slice(-3)).toEqual([late, late, late]);
  });

for (const profile of [cr50SpiV1, linux61, recommended])
  test(`${profile.name} waits as long as 700 ms for the pulse of a busy chip`, async () => {
    // [BUGS K-07]
    const board = new FakeBoard();
    const { phy, said } = makePhy(board, profile, { hz: 1000 });
    for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
    board.pulseDelay = ms(700);
    await phy.read8(ACCESS);
    await phy.read8(ACCESS);
    expect(gaps(board).at(-1)).toBeGreaterThanOrEqual(ms(700));
    expect(said()).not.toContain(TIMEOUT);
  });

for (const profile of [cr50SpiV1, linux61, recommended])
  test(`${profile.name} goes on with a warning when the pulse does not come within 750 ms`, async () => {
    const board = new FakeBoard();
    const { phy, said, counters } = makePhy(board, profile, { hz: 1000 });
    for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
    const before = counters.readyWaits.timeout;
    board.fate = (frame) => (frame === 4 ? { pulse: false } : {});
    await phy.read8(ACCESS);
    await phy.read8(ACCESS);
    expect(counters.readyWaits.timeout - before).toBe(1);
    expect(said().filter((text) => text === TIMEOUT)).toHaveLength(1);
    expect(gaps(board).at(-1)).toBeGreaterThanOrEqual(ms(750));
    expect(gaps(board).at(-1)).toBeLessThanOrEqual(ms(752));
  });

test('a stored count lets an access go at once and survives when none waits', async () => {
  // [DRIVER 1.15]
  const board = new FakeBoard();
  const { phy, counters } = makePhy(board, cr50SpiV1);
  for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
  board.clock.advance(us(60));
  const hits = counters.readyWaits.hit;
  await phy.read8(ACCESS);
  expect(counters.readyWaits.hit - hits).toBe(1);
  expect(gaps(board).at(-1)).toBe(us(60));
});

interface WakeCase {
  readonly profile: Profile;
  readonly idle: Duration;
  readonly wakes: boolean;
}

/** Idle time measured from the end of the last frame; accesses take 90 us, and ticks are 1 ms. */
const WAKES: readonly WakeCase[] = [
  { profile: cr50SpiV1, idle: ms(950), wakes: false },
  { profile: cr50SpiV1, idle: us(1_000_900), wakes: true },
  { profile: linux61, idle: ms(950), wakes: false },
  { profile: linux61, idle: us(1_008_000), wakes: true },
  { profile: recommended, idle: us(899_999), wakes: false },
  { profile: recommended, idle: ms(900), wakes: true },
];

for (const { profile, idle, wakes } of WAKES)
  test(`${profile.name} ${wakes ? 'wakes' : 'does not wake'} the chip after ${idle / 1e6} ms without a frame`, async () => {
    const board = new FakeBoard();
    const { phy, counters } = makePhy(board, profile);
    for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
    const pulses = counters.wakePulses;
    board.clock.advance(idle);
    await phy.read8(ACCESS);
    expect(counters.wakePulses - pulses).toBe(wakes ? 1 : 0);
  });

/** The longest idle time, to 0.1 ms, after which a profile still takes the chip to be awake. */
async function longestAwake(profile: Profile): Promise<Duration> {
  let longest = us(0);
  for (let idle = us(890_000); idle < ms(1010); idle = us(idle / 1000 + 100)) {
    const board = new FakeBoard();
    const { phy, counters } = makePhy(board, profile, { hz: 1000 });
    for (let i = 0; i < 3; i++) await phy.read8(ACCESS);
    const before = counters.wakePulses;
    board.clock.advance(idle);
    await phy.read8(ACCESS);
    if (counters.wakePulses === before) longest = idle;
  }
  return longest;
}

test('cr50-spi-v1 takes the chip to be awake up to its last millisecond, recommended keeps 100 ms clear', async () => {
  // [BUGS L-12]: the chip may sleep 1000 ms after the end of the last frame.
  expect(await longestAwake(cr50SpiV1)).toBeGreaterThan(us(998_500));
  expect(await longestAwake(recommended)).toBe(us(899_900));
});

test('the first access always wakes', async () => {
  for (const profile of [cr50SpiV1, linux61, recommended]) {
    const board = new FakeBoard();
    await makePhy(board, profile).phy.read8(ACCESS);
    expect(board.texts).toEqual(['wake', 'R 0000 1']);
  }
});

/** K-03: from the end of the wake pulse to the header. */
const SETTLES: readonly { profile: Profile; hz: TickRate; atLeast: Duration; atMost: Duration }[] = [
  { profile: cr50SpiV1, hz: 1000, atLeast: ms(2), atMost: ms(3) },
  { profile: cr50SpiV1, hz: 250, atLeast: ms(8), atMost: ms(12) },
  { profile: cr50SpiV1, hz: 100, atLeast: ms(20), atMost: ms(30) },
  { profile: linux61, hz: 250, atLeast: ms(1), atMost: ms(2) },
  { profile: recommended, hz: 250, atLeast: us(150), atMost: ms(1) },
];

for (const { profile, hz, atLeast, atMost } of SETTLES)
  test(`${profile.name} at ${hz} Hz lets the chip wake for ${atLeast / 1e6} to ${atMost / 1e6} ms`, async () => {
    const board = new FakeBoard();
    const { phy } = makePhy(board, profile, { hz });
    await phy.read8(ACCESS);
    const [wake, frame] = board.frames;
    const settle = between(wake!.rise, frame!.fall);
    expect(settle).toBeGreaterThanOrEqual(atLeast);
    expect(settle).toBeLessThanOrEqual(atMost);
    expect(between(wake!.fall, wake!.rise)).toBe(profile === recommended ? us(10) : us(1000));
  });

test('linux-6.1 and cr50-spi-v1 decide to wake before they have the bus, recommended when it has it', async () => {
  // [BUGS L-11]: the bus is held for 1.1 s right after the decision.
  for (const [profile, pulses] of [
    [cr50SpiV1, 0],
    [linux61, 0],
    [recommended, 1],
  ] as const) {
    const board = new FakeBoard();
    const { phy, counters } = makePhy(board, profile);
    for (let i = 0; i < 3; i++) await phy.read8(ACCESS);
    const before = counters.wakePulses;
    board.beforeLock = async () => {
      await board.clock.sleep(ms(1100));
    };
    await phy.read8(ACCESS);
    expect(counters.wakePulses - before).toBe(pulses);
  }
});

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} does not notice that the wake pulse failed, and opens the awake window`, async () => {
    // [BUGS L-13]
    const board = new FakeBoard();
    board.wakeError = () => 5;
    const { phy, counters } = makePhy(board, profile);
    await phy.read8(ACCESS);
    await phy.read8(ACCESS);
    expect(board.texts).toEqual(['R 0000 1', 'R 0000 1']);
    expect(counters.wakePulses).toBe(1);
  });

test('recommended fails the access whose wake pulse failed, and wakes again at the next', async () => {
  const board = new FakeBoard();
  board.wakeError = (pulse) => (pulse === 0 ? 5 : undefined);
  const { phy } = makePhy(board, recommended);
  await expect(phy.read8(ACCESS)).rejects.toMatchObject({ name: 'WakeFailed', errno: -5 });
  await phy.read8(ACCESS);
  expect(board.texts).toEqual(['wake', 'R 0000 1']);
});

test('an idle time of a full wrap and half a second loses the wake pulse, of half a wrap does not', async () => {
  // [BUGS L-24]: now has to lie in [last access, end of the awake window) again.
  for (const [idle, pulses] of [
    [ms(2 ** 32 + 500), 0],
    [ms(2 ** 32 + 1001), 1],
    [ms(2 ** 31 + 1), 1],
    [ms(2 ** 31 - 1), 1],
  ] as const) {
    const board = new FakeBoard();
    const { phy, counters } = makePhy(board, cr50SpiV1, { hz: 1000, firstTick: ticks(-5000) });
    await phy.read8(ACCESS);
    const before = counters.wakePulses;
    board.clock.advance(idle);
    await phy.read8(ACCESS);
    expect(counters.wakePulses - before).toBe(pulses);
  }
});

for (const { idle, pulses } of [
  { idle: ms(100), pulses: 1 },
  { idle: ms(1100), pulses: 20 },
])
  test(`across the wrap of the tick counter, accesses ${idle / 1e6} ms apart need ${pulses} wake pulses in 20`, async () => {
    const board = new FakeBoard();
    const options = { hz: 1000, firstTick: ticks(-1000), hasInterrupt: false } as const;
    const { phy, counters } = makePhy(board, cr50SpiV1, options);
    for (let i = 0; i < 20; i++) {
      await phy.read8(ACCESS);
      board.clock.advance(idle);
    }
    expect(board.clock.now()).toBeGreaterThan(ms(1000));
    expect(counters.wakePulses).toBe(pulses);
  });

for (const [profile, gap] of [
  [cr50SpiV1, ms(750)],
  [recommended, ms(10)],
] as const)
  test(`${profile.name} waits ${gap / 1e6} ms after a frame that failed in flow control`, async () => {
    // [BUGS L-17]
    const board = new FakeBoard();
    const { phy } = makePhy(board, profile, { hz: 1000 });
    for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
    board.clock.advance(ms(800));
    await phy.read8(0x0018);
    board.fate = (frame) => (frame === 5 ? { stalls: true, pulse: false } : {});
    await expect(phy.read(0x0024, new Uint8Array(4))).rejects.toMatchObject({ errno: -16 });
    await phy.read8(ACCESS);
    const waited = gaps(board).at(-1)!;
    expect(waited).toBeGreaterThanOrEqual(gap);
    expect(waited).toBeLessThanOrEqual(gap + ms(6));
  });

for (const idle of [us(998_000), ms(999), ms(1000), us(1_001_900)])
  test(`recommended lets the moment of falling asleep pass before it wakes, ${idle / 1e6} ms after the last frame`, async () => {
    // A pulse before it would find the chip awake and not keep it so.
    const board = new FakeBoard();
    const { phy } = makePhy(board, recommended);
    for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
    const last = board.frames.at(-1)!.rise;
    board.clock.advance(idle);
    await phy.read8(ACCESS);
    expect(between(last, board.frames.at(-2)!.fall)).toBe(ms(1002));
  });

test('recommended wakes at once when that moment is far away', async () => {
  for (const idle of [ms(900), us(997_900), ms(1002), ms(60_000)]) {
    const board = new FakeBoard();
    const { phy } = makePhy(board, recommended);
    for (let i = 0; i < 4; i++) await phy.read8(ACCESS);
    const last = board.frames.at(-1)!.rise;
    board.clock.advance(idle);
    await phy.read8(ACCESS);
    expect(between(last, board.frames.at(-2)!.fall)).toBe(idle);
  }
});
