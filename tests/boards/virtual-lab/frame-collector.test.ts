import { expect, test as base } from '@playwright/test';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { FrameCollector } from '../../../src/boards/virtual-lab/frame-collector.ts';

/** TPM_DID_VID, all four bytes. [CHIP 1.2] */
const READ_DID_VID = Uint8Array.of(0x83, 0xd4, 0x0f, 0x00);

interface Wired {
  readonly sim: SimBoard;
  readonly collector: FrameCollector;
  readonly frames: { readonly sent: readonly number[]; readonly fall: number; readonly rise: number }[];
}

const test = base.extend<{ wired: Wired }>({
  wired: async ({}, use) => {
    const sim = new SimBoard({ seed: 1 });
    const collector = new FrameCollector(sim);
    const frames: { sent: number[]; fall: number; rise: number }[] = [];
    collector.observers.add({
      frame: ({ sent, fall, rise }) => frames.push({ sent: [...sent], fall, rise }),
      select: () => undefined,
    });
    await use({ sim, collector, frames });
  },
});

test('a frame is told from its fall to its rise', ({ wired: { collector, frames } }) => {
  collector.select(true);
  collector.transfer(READ_DID_VID, 1_000_000);
  collector.select(false);
  expect(frames.map(({ sent }) => sent)).toEqual([[...READ_DID_VID]]);
  expect(frames[0]!.rise - frames[0]!.fall).toBeGreaterThanOrEqual(32_000);
});

test('a guest that leaves CS asserted for half a minute has made one frame', ({
  wired: { collector, frames },
}) => {
  const megabyte = new Uint8Array(1 << 20);
  collector.select(true);
  for (let sent = 0; sent < 4; sent++) collector.transfer(megabyte, 1_000_000);
  collector.select(false);
  // 4 MiB of 8 us each.
  expect(frames.map(({ sent, fall, rise }) => [sent.length, Math.floor((rise - fall) / 1e9)])).toEqual([
    [4_194_304, 33],
  ]);
  collector.select(true);
  collector.transfer(READ_DID_VID, 1_000_000);
  collector.select(false);
  expect(frames[1]?.sent).toEqual([...READ_DID_VID]);
});

test('a frame that was open when the board was renewed does not go on in the next test', ({
  wired: { sim, collector, frames },
}) => {
  collector.select(true);
  collector.transfer(new Uint8Array(1000), 1_000_000);
  sim.renew(2);
  collector.renew();
  // The guest's SPI core takes CS as low already, and says nothing of it.
  collector.transfer(READ_DID_VID, 1_000_000);
  collector.select(false);
  expect(frames.map(({ sent }) => sent)).toEqual([[...READ_DID_VID]]);
  expect(frames[0]!.rise).toBeGreaterThan(frames[0]!.fall);
});

test('a guest that lets CS go after the board was renewed has made no frame', ({
  wired: { sim, collector, frames },
}) => {
  collector.select(true);
  collector.transfer(READ_DID_VID, 1_000_000);
  sim.renew(2);
  collector.renew();
  collector.select(false);
  expect(frames).toEqual([]);
  collector.select(true);
  collector.transfer(Uint8Array.of(0x80), 1_000_000);
  collector.select(false);
  expect(frames.map(({ sent }) => sent)).toEqual([[0x80]]);
});
