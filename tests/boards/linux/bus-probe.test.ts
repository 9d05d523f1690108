import { expect, test } from '@playwright/test';
import type { Board, DriveLine } from '../../../src/board/index.ts';
import { ChipSelectNotKept } from '../../../src/boards/linux/errors.ts';
import { HostClock } from '../../../src/boards/linux/host-clock.ts';
import { learnBus } from '../../../src/boards/linux/index.ts';
import type { SpiHandle, Transfer } from '../../../src/boards/linux/spi-handle.ts';
import type { SpidevOptions } from '../../../src/boards/linux/spidev.ts';
import { Spidev } from '../../../src/boards/linux/spidev.ts';
import { whilePowered } from '../../../src/host/index.ts';
import { hertz, us } from '../../../src/units/index.ts';
import { FakeSpidev } from './fake-spidev.ts';

const SPI = { device: '/dev/spidev0.0', sckHz: 1_000_000 };
const IDENTITY = [0xe0, 0x1a, 0x28, 0x00];

/** A controller as some are: one that drops CS after every message, or does nothing for an empty one. */
class PoorSpidev implements SpiHandle {
  readonly bus = new FakeSpidev();
  keepsCs = true;
  movesForEmpty = true;
  #header: number[] = [];

  constructor() {
    this.bus.answer = (index, sent) => {
      if (index === 0) this.#header = [];
      if (index < 4) this.#header.push(sent);
      const isIdentity = this.#header.join() === [0x83, 0xd4, 0x0f, 0x00].join();
      return isIdentity ? ([0, 0, 0, 0, 0, 1, ...IDENTITY][index] ?? 0) : 0;
    };
  }

  transferSync(message: Transfer[]): void {
    const isEmpty = message.every(({ byteLength }) => byteLength === 0);
    if (isEmpty && !this.movesForEmpty) return;
    this.bus.transferSync(message);
    if (!this.keepsCs) this.bus.isSelected = false;
  }

  closeSync(): void {
    this.bus.closeSync();
  }
}

function bench(options: SpidevOptions = {}): { board: Board; spi: Spidev; handle: PoorSpidev } {
  const handle = new PoorSpidev();
  const clock = new HostClock();
  const spi = new Spidev(handle, clock, hertz(1_000_000), options);
  return { board: { clock, spi } as unknown as Board, spi, handle };
}

const wakePulse = (spi: Spidev) => spi.transaction([{ kind: 'delay', duration: us(1000) }]);

test('a controller that can everything is used so', async () => {
  const { board, spi, handle } = bench();
  await learnBus(board, SPI, whilePowered);
  await wakePulse(spi);
  expect(handle.bus.frames.at(-1)).toBe('_1000');
});

test('a controller that does not keep CS is refused, with what to do', async () => {
  const { board, handle } = bench();
  handle.keepsCs = false;
  const learned = learnBus(board, SPI, whilePowered);
  await expect(learned).rejects.toThrow(ChipSelectNotKept);
  await expect(learned).rejects.toThrow(/Wire CS_L to a GPIO line and name it in the rig file \(lines\.cs\)/);
});

test('where an empty message does not move CS, a wake pulse is one byte', async () => {
  const { board, spi, handle } = bench();
  handle.movesForEmpty = false;
  await learnBus(board, SPI, whilePowered);
  const { sent } = await wakePulse(spi);
  expect(handle.bus.frames.at(-1)).toBe('00 _1000');
  expect([...sent]).toEqual([0]);
});

test('a silent chip teaches nothing, and is no reason to refuse the bus', async () => {
  const { board, spi, handle } = bench();
  handle.bus.answer = () => 0xff;
  await learnBus(board, SPI, whilePowered);
  await wakePulse(spi);
  expect(handle.bus.frames.at(-1)).toBe('_1000');
});

test('what the rig file says is not looked for', async () => {
  const { board, handle } = bench({ wakePulse: 'byte' });
  await learnBus(board, { ...SPI, keepsCs: true, wakePulse: 'byte' }, whilePowered);
  expect(handle.bus.frames).toEqual([]);
});

test('with a line of its own CS is not asked of the controller: it falls before the first byte and rises after the last', async () => {
  const edges: string[] = [];
  const fallen = { isAsserted: false };
  const line: DriveLine = {
    name: 'CS_L',
    get isAsserted() {
      return fallen.isAsserted;
    },
    assert: async () => {
      fallen.isAsserted = true;
      edges.push(`fall after ${handle.bus.messages.length}`);
    },
    deassert: async () => {
      fallen.isAsserted = false;
      edges.push(`rise after ${handle.bus.messages.length}`);
    },
  };
  const { board, spi, handle } = bench({ cs: line });
  await learnBus(board, SPI, whilePowered);
  expect(handle.bus.messages).toEqual([]);
  await spi.transaction([
    { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
    { kind: 'write', bytes: Uint8Array.of(1) },
  ]);
  await wakePulse(spi);
  expect(edges).toEqual(['fall after 0', 'rise after 1', 'fall after 1', 'rise after 1']);
});
