import { expect, test } from '@playwright/test';
import type { Fault, SpiStep } from '../../../src/board/index.ts';
import { WaitStateTimeout } from '../../../src/board/index.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { hertz, ms, ns, seconds, us } from '../../../src/units/index.ts';

const PINNED = { waitBytes: 0, pulseDelay: us(40), pulseWidth: us(9), commandTime: ms(1) };

/** A board whose chip is up and has had its first frame. */
async function bench(seed = 1): Promise<SimBoard> {
  const board = new SimBoard({ seed, timing: PINNED });
  await board.power!.on();
  await board.reset!.deassert();
  await board.clock.sleep(ms(200));
  await read(board, 0x000, 1);
  return board;
}

const header = (first: number, register: number): SpiStep => ({
  kind: 'exchange',
  bytes: Uint8Array.of(first, 0xd4, register >> 8, register & 0xff),
});
const poll: SpiStep = { kind: 'poll', mask: 1, value: 1, limit: us(200), timeoutFirst: false };

/** The data a read receives, in hexadecimal, or `stalled`; then a millisecond. */
async function read(board: SimBoard, register: number, size = 4): Promise<string> {
  try {
    const steps = [header(0x80 | (size - 1), register), poll, { kind: 'read' as const, size }];
    const { received } = board.spi.transaction(steps);
    return [...received.subarray(-size)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  } catch (failure) {
    if (failure instanceof WaitStateTimeout) return 'stalled';
    throw failure;
  } finally {
    await board.clock.sleep(ms(1));
  }
}

async function write(board: SimBoard, register: number, value: number): Promise<void> {
  const steps = [header(0x00, register), poll, { kind: 'write' as const, bytes: Uint8Array.of(value) }];
  board.spi.transaction(steps);
  await board.clock.sleep(ms(1));
}

/** [CHIP 4.1] */
const DID_VID = 'e0 1a 28 00';
const didVid = (board: SimBoard): Promise<string> => read(board, 0xf00);

test.describe('a line', () => {
  const cases: readonly (readonly [Fault, string, string])[] = [
    [{ kind: 'line-stuck', line: 'MISO', level: 'high' }, 'reads FF', 'ff ff ff ff'],
    [{ kind: 'line-stuck', line: 'MISO', level: 'low' }, 'never says ready', 'stalled'],
    [{ kind: 'line-stuck', line: 'SCK', level: 'high' }, 'never says ready', 'stalled'],
    [{ kind: 'line-stuck', line: 'SCK', level: 'low' }, 'never says ready', 'stalled'],
    [{ kind: 'line-open', line: 'SCK' }, 'never says ready', 'stalled'],
    [{ kind: 'line-stuck', line: 'CS_L', level: 'high' }, 'never says ready', 'stalled'],
    [{ kind: 'line-open', line: 'CS_L' }, 'never says ready', 'stalled'],
    // A header of ff ff ff ff reads 64 bytes of a register that is not there: stale ones. [CHIP 1.6]
    [{ kind: 'line-stuck', line: 'MOSI', level: 'high' }, 'reads stale bytes', '80 00 00 00'],
    // A header of 00 00 00 00 writes to nowhere: 01 all along. [CHIP 1.3]
    [{ kind: 'line-stuck', line: 'MOSI', level: 'low' }, 'sees a write', '01 01 01 01'],
    [{ kind: 'line-stuck', line: 'supply', level: 'low' }, 'never says ready', 'stalled'],
    [{ kind: 'line-open', line: 'supply' }, 'never says ready', 'stalled'],
  ];
  for (const [fault, what, expected] of cases)
    test(`${JSON.stringify(fault)} ${what}, and is whole again when the fault is cleared`, async () => {
      const board = await bench();
      await board.faults.set(fault);
      expect(board.faults.active).toEqual([fault]);
      expect(await didVid(board)).toBe(expected);
      await board.faults.clear();
      await board.clock.sleep(ms(200));
      await didVid(board);
      expect(await didVid(board)).toBe(DID_VID);
      expect(board.faults.active).toEqual([]);
    });

  test('CS_L that is stuck low joins all frames to one, which never ends: no pulse', async () => {
    const board = await bench();
    const before = board.chip.counters;
    await board.faults.set({ kind: 'line-stuck', line: 'CS_L', level: 'low' });
    expect(await didVid(board)).toBe(DID_VID);
    expect(await didVid(board)).toBe('stalled');
    expect(board.chip.counters.frames).toBe(before.frames);
    expect(board.chip.counters.readyPulses).toBe(before.readyPulses);
    await board.faults.clear();
    await board.clock.sleep(ms(1));
    expect(board.chip.counters.frames).toBe(before.frames + 1);
    expect(await didVid(board)).toBe(DID_VID);
  });

  for (const [line, how] of [
    ['open', { kind: 'line-open', line: 'TPM_RST_L' }],
    ['stuck low', { kind: 'line-stuck', line: 'TPM_RST_L', level: 'low' }],
  ] as const)
    test(`TPM_RST_L that is ${line} holds the reset; the TPM restarts when the fault is cleared`, async () => {
      const board = await bench();
      const { resets } = board.chip.counters;
      await board.faults.set(how);
      await board.reset!.assert();
      await board.reset!.deassert();
      await board.clock.sleep(ms(20));
      expect(board.chip.counters.resets).toBe(resets);
      await board.faults.clear();
      await board.clock.sleep(ms(20));
      expect(board.chip.counters.resets).toBe(resets + 1);
    });

  test('TPM_RST_L that is stuck high lets no reset through', async () => {
    const board = await bench();
    const { resets } = board.chip.counters;
    await board.faults.set({ kind: 'line-stuck', line: 'TPM_RST_L', level: 'high' });
    await board.reset!.assert();
    await board.clock.sleep(ms(20));
    await board.reset!.deassert();
    await board.clock.sleep(ms(20));
    expect(board.chip.counters.resets).toBe(resets);
  });

  test('a supply that is stuck high stays on when it is switched off', async () => {
    const board = await bench();
    await board.faults.set({ kind: 'line-stuck', line: 'supply', level: 'high' });
    await board.power!.off();
    expect(await didVid(board)).toBe(DID_VID);
  });

  for (const line of ['MOSI', 'MISO'] as const)
    test(`an open ${line} carries chance, the same for the same seed`, async () => {
      const answers = async (seed: number): Promise<string[]> => {
        const board = await bench(seed);
        await board.faults.set({ kind: 'line-open', line });
        const all: string[] = [];
        for (let i = 0; i < 8; i++) all.push(await didVid(board));
        return all;
      };
      const first = await answers(1);
      expect(first).toEqual(await answers(1));
      expect(first).not.toEqual(await answers(2));
      expect(first).not.toEqual(new Array(8).fill(DID_VID));
    });
});

test.describe('noise', () => {
  /** What 200 reads receive. */
  const reads = async (fault: Fault | undefined, seed = 1): Promise<string[]> => {
    const board = await bench(seed);
    if (fault) await board.faults.set(fault);
    const all: string[] = [];
    for (let i = 0; i < 200; i++) all.push(await didVid(board));
    return all;
  };
  // Behind the header MOSI carries nothing that matters to a read, so that it takes more of it.
  for (const [line, rate] of [
    ['MOSI', 10_000],
    ['MISO', 2000],
    ['SCK', 2000],
    ['CS_L', 2000],
  ] as const)
    test(`on ${line} spoils some frames and not all, by the seed`, async () => {
      const noisy = await reads({ kind: 'line-noisy', line, rate: hertz(rate) });
      const right = noisy.filter((answer) => answer === DID_VID).length;
      expect(right).toBeGreaterThan(20);
      expect(right).toBeLessThan(195);
      expect(noisy).toEqual(await reads({ kind: 'line-noisy', line, rate: hertz(rate) }));
    });

  test('without a fault no frame is spoilt', async () => {
    expect(await reads(undefined)).toEqual(new Array(200).fill(DID_VID));
  });

  test('on TPM_RST_L resets the TPM at its rate', async () => {
    const board = await bench();
    const { resets } = board.chip.counters;
    await board.faults.set({ kind: 'line-noisy', line: 'TPM_RST_L', rate: hertz(10) });
    // Repeated resets are refused until a register was read. [CHIP 6]
    for (let i = 0; i < 1000; i++) await didVid(board);
    expect(board.chip.counters.resets - resets).toBeGreaterThan(3);
    expect(board.chip.counters.resets - resets).toBeLessThan(25);
  });

  test('on the supply boots the chip at its rate', async () => {
    const board = await bench();
    const { resets } = board.chip.counters;
    await board.faults.set({ kind: 'line-noisy', line: 'supply', rate: hertz(1) });
    await board.clock.sleep(seconds(20));
    expect(board.chip.counters.resets - resets).toBeGreaterThan(8);
    expect(board.chip.counters.resets - resets).toBeLessThan(35);
  });
});

test.describe('at a chosen byte of a chosen frame', () => {
  test('MISO breaks: the frames before it are right', async () => {
    const board = await bench();
    await board.faults.set({ kind: 'line-cut', line: 'MISO', frame: 2, byte: 6 });
    expect(await didVid(board)).toBe(DID_VID);
    expect(await didVid(board)).toBe(DID_VID);
    const broken = await didVid(board);
    expect(broken).toMatch(/^e0 /);
    expect(broken).not.toBe(DID_VID);
  });

  test('INT_AP_L breaks: no edge arrives from then on', async () => {
    const board = await bench();
    let edges = 0;
    board.ready!.observe(() => edges++);
    await board.faults.set({ kind: 'line-cut', line: 'INT_AP_L', frame: 1, byte: 0 });
    await didVid(board);
    expect(edges).toBe(2);
    await didVid(board);
    await didVid(board);
    expect(edges).toBe(2);
  });

  test('TPM_RST_L is pulsed: the frame is lost, and the next one is the first of a TPM that restarted', async () => {
    const board = await bench();
    await write(board, 0x000, 0x02);
    const { resets } = board.chip.counters;
    await board.faults.set({ kind: 'reset-at', width: us(20), frame: 1, byte: 2 });
    expect(await read(board, 0x000, 1)).toBe('a0');
    await didVid(board);
    await board.clock.sleep(ms(10));
    expect(board.chip.counters.resets).toBe(resets + 1);
    await didVid(board);
    expect(await read(board, 0x000, 1)).toBe('80');
  });

  test('power goes for a while: the chip boots', async () => {
    const board = await bench();
    await board.faults.set({ kind: 'power-cut-at', width: ms(5), frame: 0, byte: 5 });
    expect(await didVid(board)).toBe('00 00 00 00');
    const { resets } = board.chip.counters;
    expect(await didVid(board)).toBe('stalled');
    await board.clock.sleep(ms(100));
    expect(board.chip.counters.resets).toBe(resets + 1);
    expect(await didVid(board)).toBe(DID_VID);
  });

  test('power goes for good', async () => {
    const board = await bench();
    await board.faults.set({ kind: 'power-cut-at', frame: 0, byte: 0 });
    expect(await didVid(board)).toBe('stalled');
    await board.clock.sleep(seconds(1));
    expect(await didVid(board)).toBe('stalled');
  });
});

test('a brown-out makes the chip restart: BOARD_CFG is forgotten [CHIP 4.6]', async () => {
  const board = new SimBoard({ seed: 1, firmware: '0.5.280', timing: PINNED });
  await board.power!.on();
  await board.reset!.deassert();
  await board.clock.sleep(ms(200));
  await didVid(board);
  await write(board, 0xfe0, 0x02);
  expect(await read(board, 0xfe0)).toBe('02 00 00 80');
  await board.faults.set({ kind: 'brown-out', width: us(200) });
  await board.clock.sleep(ms(200));
  await didVid(board);
  expect(await read(board, 0xfe0)).toBe('00 00 00 00');
});

test('a glitch on CS is a CS assertion without a clock: no pulse', async () => {
  const board = await bench();
  const before = board.chip.counters;
  await board.faults.set({ kind: 'cs-glitch', width: ns(300) });
  await board.clock.sleep(ms(1));
  expect(board.chip.counters.emptySelects).toBe(before.emptySelects + 1);
  expect(board.chip.counters.readyPulses).toBe(before.readyPulses);
});

test('a bit error on MOSI reaches the chip, one on MISO only the host', async () => {
  const board = await bench();
  // Bit 3 of the last header byte: INTF_CAPABILITY is asked for as 1c, which is not implemented, then rightly.
  await board.faults.set({ kind: 'bit-error', line: 'MOSI', byte: 3, bit: 3, frames: { count: 1 } });
  expect(await read(board, 0x014)).toBe('80 00 00 00');
  expect(await read(board, 0x014)).toBe('15 06 00 30');
  await board.faults.clear();
  await board.faults.set({ kind: 'bit-error', byte: 5, bit: 0, frames: { from: 1, count: 1 } });
  expect(await didVid(board)).toBe(DID_VID);
  expect(await didVid(board)).toBe('e1 1a 28 00');
});

test('a second device that drives MISO pulls down what the chip leaves high', async () => {
  const board = await bench();
  await board.faults.set({ kind: 'miso-shared', drives: 0x0f, frames: { count: 1 } });
  expect(await didVid(board)).toBe('00 0a 08 00');
  expect(await didVid(board)).toBe(DID_VID);
  await board.faults.set({ kind: 'miso-shared', drives: 0xf0 });
  expect(await didVid(board)).toBe('stalled');
});

test('a second device that holds the bus makes the next caller wait, and only him', async () => {
  const board = await bench();
  await board.faults.set({ kind: 'bus-held', time: ms(30) });
  const from = board.clock.now();
  const unlock = await board.bus.acquire();
  expect(board.clock.now() - from).toBe(ms(30));
  unlock();
  (await board.bus.acquire())();
  expect(board.clock.now() - from).toBe(ms(30));
});

test('the second device and the driver of the H1 take turns at the bus', async () => {
  const board = await bench();
  const order: string[] = [];
  const use = async (name: string, time: number): Promise<void> => {
    const unlock = await board.bus.acquire();
    order.push(`${name} begins`);
    await board.clock.sleep(ms(time));
    order.push(`${name} ends`);
    unlock();
  };
  await board.clock.together([() => use('second', 3), () => use('h1', 1)]);
  expect(order).toEqual(['second begins', 'second ends', 'h1 begins', 'h1 ends']);
});

test('a kind that the board cannot inject is refused', async () => {
  const board = await bench();
  const fault = { kind: 'earthquake' } as unknown as Fault;
  await expect(board.faults.set(fault)).rejects.toThrow('This board cannot inject earthquake.');
});
