import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { cr50SpiV1, linux61, recommended } from '../../src/driver/index.ts';
import type { Profile, TickRate } from '../../src/driver/index.ts';
import { between, instant, ms, ns, us } from '../../src/units/index.ts';
import { FakeBoard } from './fake-board.ts';
import { makePhy } from './make-phy.ts';

const STS = 0x0018;
const FIFO = 0x0024;
const FW_VER = 0x0f90;
const STALL = 'Timeout during flow control';
const ALL = [cr50SpiV1, linux61, recommended];

/** A board past its first accesses, with the interrupt confirmed, so that the next frame is nothing special. */
async function running(profile: Profile, hz?: TickRate) {
  const board = new FakeBoard();
  const made = makePhy(board, profile, hz === undefined ? {} : { hz });
  for (let i = 0; i < 4; i++) await made.phy.read8(0x0000);
  board.clock.advance(us(200));
  const first = board.frames.length;
  return { board, ...made, texts: () => board.texts.slice(first), frames: () => board.frames.slice(first) };
}

test('a stall is guessed only where bytes that a wrong guess loses can be had again', async () => {
  const { board, phy } = await running(recommended);
  board.guessable.length = 0;
  await phy.read32(STS);
  await phy.read(FIFO, new Uint8Array(10));
  await phy.read(FW_VER, new Uint8Array(64));
  await phy.readRepeatable(FIFO, new Uint8Array(12), 0, 12);
  expect(board.guessable).toEqual(['R 0018 4', 'R 0024 12']);
  // Nor in the last try.
  board.guessable.length = 0;
  board.fate = (_frame, text) => (text === 'R 0018 4' ? { stalls: true } : {});
  await expect(phy.read32(STS)).rejects.toMatchObject({ errno: -16 });
  expect(board.guessable).toEqual(['R 0018 4']);
});

test('the frames of the captured board: reads and writes of 1, 4 and 11 bytes', async () => {
  const { phy, frames } = await running(linux61);
  await phy.read8(0x0000);
  await phy.write8(0x0000, 0x02);
  await phy.read8(0x0018);
  await phy.write8(0x0018, 0x40);
  await phy.read32(0x0018);
  await phy.write(0x0024, Uint8Array.from(Buffer.from('80010000000c0000014500', 'hex')));
  await phy.read(0x0024, new Uint8Array(10));
  // Frames 0, 1, 3, 4, 6, 7 and 23. [CHIP 10.2]
  expect(frames().map(({ sent }) => sent)).toEqual([
    '80d40000',
    '00d4000002',
    '80d40018',
    '00d4001840',
    '83d40018',
    '0ad4002480010000000c0000014500',
    '89d40024',
  ]);
});

test('values are little-endian on the wire', async () => {
  const { board, phy, texts } = await running(recommended);
  board.read = (_register, size) => Uint8Array.of(0xe0, 0x1a, 0x28, 0x80).subarray(0, size);
  expect(await phy.read8(0x0f00)).toBe(0xe0);
  expect(await phy.read16(0x0f00)).toBe(0x1ae0);
  expect(await phy.read32(0x0f00)).toBe(0x80281ae0);
  await phy.write32(0x0008, 0x80000087);
  expect(texts().at(-1)).toBe('W 0008 4 87000080');
});

for (const profile of ALL)
  test(`${profile.name} carries every length from 1 to 64 both ways`, async () => {
    const { board, phy, texts } = await running(profile);
    board.read = (_register, size) => Uint8Array.from({ length: size }, (_, i) => i + size);
    for (let size = 1; size <= 64; size++) {
      const into = new Uint8Array(size);
      await phy.read(FIFO, into);
      expect(into).toEqual(Uint8Array.from({ length: size }, (_, i) => i + size));
      await phy.write(FIFO, into);
      expect(texts().at(-1)).toBe(`W 0024 ${size} ${Buffer.from(into).toString('hex')}`);
    }
  });

test('a part of a buffer is written and read where it was asked for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.integer({ min: 0, max: 63 }),
      fc.integer({ min: 1, max: 64 }),
      async (bytes, at, most) => {
        const size = Math.min(most, 64 - at);
        const { board, phy, texts } = await running(recommended);
        await phy.write(FIFO, bytes, at, size);
        expect(texts()).toEqual([
          `W 0024 ${size} ${Buffer.from(bytes.subarray(at, at + size)).toString('hex')}`,
        ]);
        board.read = () => bytes.subarray(at, at + size);
        const into = new Uint8Array(64).fill(0xee);
        await phy.read(FIFO, into, at, size);
        const expected = new Uint8Array(64).fill(0xee);
        expected.set(bytes.subarray(at, at + size), at);
        expect(into).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

for (const profile of ALL)
  test(`${profile.name} refuses an access of no bytes without touching the bus`, async () => {
    // [BUGS L-27]
    const { phy, texts } = await running(profile);
    await expect(phy.read(FIFO, new Uint8Array(0))).rejects.toMatchObject({
      name: 'InvalidAccess',
      errno: -22,
    });
    expect(texts()).toEqual([]);
  });

for (const profile of [cr50SpiV1, recommended])
  test(`${profile.name} refuses 65 bytes without touching the bus or the time stamps`, async () => {
    const { board, phy, counters, texts } = await running(profile);
    const before = { now: board.clock.now(), accesses: counters.accesses };
    await expect(phy.write(FIFO, new Uint8Array(65))).rejects.toMatchObject({ errno: -22 });
    expect(texts()).toEqual([]);
    expect({ now: board.clock.now(), accesses: counters.accesses }).toEqual(before);
  });

test('linux-6.1 cuts 130 bytes into frames of 64, 64 and 2 with no pause between them', async () => {
  // [BUGS L-34]
  const { board, phy, frames, counters } = await running(linux61);
  const before = counters.accesses;
  let next = 0;
  board.read = (_register, size) => Uint8Array.from({ length: size }, () => next++);
  const into = new Uint8Array(130);
  await phy.read(FIFO, into);
  expect(into).toEqual(Uint8Array.from({ length: 130 }, (_, i) => i));
  expect(frames().map(({ text }) => text)).toEqual(['R 0024 64', 'R 0024 64', 'R 0024 2']);
  const [a, b, c] = frames();
  expect(between(a!.rise, b!.fall)).toBe(0);
  expect(between(b!.rise, c!.fall)).toBe(0);
  expect(counters.accesses - before).toBe(1);
});

test('linux-6.1 holds CS for 5 us after the data, cr50-spi-v1 does not', async () => {
  const length = async (profile: Profile): Promise<number> => {
    const { phy, frames } = await running(profile);
    await phy.read8(STS);
    const [frame] = frames();
    return between(frame!.fall, frame!.rise);
  };
  expect((await length(linux61)) - (await length(cr50SpiV1))).toBe(us(5));
});

for (const profile of ALL)
  test(`${profile.name} goes on after wait bytes and counts them`, async () => {
    const { board, phy, counters } = await running(profile);
    board.fate = () => ({ waitBytes: 1000 });
    const before = counters.waitBytes;
    board.read = () => Uint8Array.of(0x80);
    expect(await phy.read8(STS)).toBe(0x80);
    expect(counters.waitBytes - before).toBe(1001);
  });

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} fails a stalled frame with -16, one warning, and CS left asserted`, async () => {
    // [BUGS K-01]
    const { board, phy, said, counters } = await running(profile);
    board.fate = () => ({ stalls: true });
    const before = said().length;
    await expect(phy.read8(STS)).rejects.toMatchObject({
      name: 'FlowControlTimeout',
      errno: -16,
      register: STS,
    });
    expect(said().slice(before)).toEqual([STALL]);
    expect(board.holds).toEqual([true]);
    expect(counters.errors.get(-16)).toBe(1);
  });

test('recommended releases CS after a stalled frame and repeats one that changes nothing', async () => {
  // [BUGS K-01] [BUGS L-30]
  const { board, phy, said, texts } = await running(recommended);
  let stalls = 1;
  board.fate = () => ({ stalls: stalls-- > 0 });
  board.read = () => Uint8Array.of(0xc0);
  expect(await phy.read8(STS)).toBe(0xc0);
  expect(texts()).toEqual(['R 0018 1', 'R 0018 1']);
  expect(said().slice(-1)).toEqual([STALL]);
  expect(board.holds).toEqual([false]);
});

test('recommended gives up after one repetition', async () => {
  const { board, phy, texts } = await running(recommended);
  board.fate = () => ({ stalls: true });
  await expect(phy.read8(STS)).rejects.toMatchObject({ errno: -16 });
  expect(texts()).toEqual(['R 0018 1', 'R 0018 1']);
});

for (const { what, register } of [
  { what: 'FIFO', register: FIFO },
  { what: 'firmware version', register: FW_VER },
])
  test(`recommended does not repeat a read of the ${what}, whose pointer may have moved`, async () => {
    const { board, phy, texts } = await running(recommended);
    board.fate = () => ({ stalls: true });
    await expect(phy.read(register, new Uint8Array(4))).rejects.toMatchObject({ errno: -16 });
    expect(texts()).toHaveLength(1);
  });

/** Ready with the first poll past this much time, on ticks: the 750 ms in ticks, and one tick more has to pass. */
const LIMITS: readonly { hz: TickRate; last: number }[] = [
  { hz: 100, last: 76 * 10 },
  { hz: 250, last: 189 * 4 },
  { hz: 300, last: 753.333 },
  { hz: 1000, last: 751 },
];

for (const { hz, last } of LIMITS)
  for (const profile of [cr50SpiV1, linux61])
    test(`${profile.name} at ${hz} Hz throws a ready bit away that comes ${last} ms after its tick`, async () => {
      // [BUGS L-33]
      const tick = Math.round(1e9 / hz);
      const outcome = async (late: number): Promise<string> => {
        const { board, phy } = await running(profile, hz);
        board.pollTime = us(10);
        const start = instant(Math.ceil((board.clock.now() + 1e6) / tick) * tick);
        board.clock.advanceTo(instant(start - 4 * 8000));
        board.fate = () => ({ readyAfter: ns(late) });
        return phy.read8(STS).then(
          () => 'ready',
          () => 'timeout',
        );
      };
      expect(await outcome(last * 1e6 - 20_000)).toBe('ready');
      expect(await outcome(last * 1e6 + 20_000)).toBe('timeout');
    });

test('recommended takes a ready bit that comes with the first poll past the limit', async () => {
  const { board, phy, said } = await running(recommended);
  board.pollTime = ms(100);
  board.fate = () => ({ readyAfter: ms(760) });
  board.read = () => Uint8Array.of(0x80);
  expect(await phy.read8(STS)).toBe(0x80);
  expect(said()).not.toContain(STALL);
});

test('cr50-spi-v1 hands out what the buffer held when the data phase fails, the others leave the buffer alone', async () => {
  // [BUGS L-32]
  for (const [profile, expected] of [
    [cr50SpiV1, [1, 2, 3]],
    [linux61, [9, 9, 9]],
    [recommended, [9, 9, 9]],
  ] as const) {
    const { board, phy } = await running(profile);
    board.read = () => Uint8Array.of(1, 2, 3);
    await phy.read(FIFO, new Uint8Array(3));
    board.fate = () => ({ busError: { errno: 5, duringData: true } });
    const into = new Uint8Array(3).fill(9);
    await expect(phy.read(FIFO, into)).rejects.toMatchObject({ name: 'BusFailed', errno: -5 });
    expect([...into]).toEqual([...expected]);
  }
});

for (const profile of ALL)
  test(`${profile.name} leaves the buffer alone when the header fails`, async () => {
    const { board, phy } = await running(profile);
    board.fate = () => ({ busError: { errno: 110 } });
    const into = new Uint8Array(3).fill(9);
    await expect(phy.read(FIFO, into)).rejects.toMatchObject({ errno: -110 });
    expect([...into]).toEqual([9, 9, 9]);
  });

for (const profile of ALL)
  test(`${profile.name} paces the access after a failed one`, async () => {
    const { board, phy, counters } = await running(profile);
    board.fate = (frame) => (frame === 4 ? { busError: { errno: 5 }, pulse: false } : {});
    await expect(phy.read(FIFO, new Uint8Array(1))).rejects.toMatchObject({ errno: -5 });
    const before = counters.readyWaits.timeout + counters.readyWaits.hit;
    await phy.read8(STS);
    expect(counters.readyWaits.timeout + counters.readyWaits.hit - before).toBe(1);
  });

for (const profile of ALL)
  test(`${profile.name} serves two threads one access at a time`, async () => {
    const { board, phy, frames } = await running(profile);
    board.read = (register, size) => new Uint8Array(size).fill(register & 0xff);
    const thread = (register: number) => async (): Promise<number[]> => {
      const seen: number[] = [];
      for (let i = 0; i < 20; i++) seen.push(await phy.read8(register));
      return seen;
    };
    const [a, b] = await board.clock.together([thread(0x0018), thread(0x0024)]);
    expect(a).toEqual(Array(20).fill(0x18));
    expect(b).toEqual(Array(20).fill(0x24));
    const all = frames();
    for (let i = 1; i < all.length; i++) expect(all[i]!.fall).toBeGreaterThan(all[i - 1]!.rise);
  });

test('every frame gives the bus back, a failed one too', async () => {
  const { board, phy } = await running(recommended);
  let held = 0;
  const { acquire } = board.bus;
  board.bus.acquire = async () => {
    const unlock = await acquire();
    held++;
    return () => {
      held--;
      unlock();
    };
  };
  board.fate = (frame) => (frame % 2 === 0 ? { stalls: true } : {});
  for (let i = 0; i < 4; i++) await phy.read(FIFO, new Uint8Array(2)).catch(() => undefined);
  expect(held).toBe(0);
});
