import type { MadeFrame } from '../synthetic.ts';
import { makeSamples, readFrame, toSigrok, writeFrame } from '../synthetic.ts';

/** Samples a second: eight to a clock of 1 MHz. */
const RATE = 8_000_000;
/** Between two frames and before a pulse, in samples: 100 us, so that a chip that was woken has time. */
const GAP = 800;
/** A ready pulse, in samples: 9 us. [CHIP 3] */
const PULSE = 72;

const ACCESS = 0x0000;
const STS = 0x0018;
const FIFO = 0x0024;
const COREBOOT = 0x40;
const WAKE: MadeFrame = { mosi: [], miso: [] };

const hex = (text: string): number[] => text.split(' ').map((byte) => parseInt(byte, 16));

/**
 * A shut-down by a kernel and the beginning of a boot by coreboot, as a real board did it, with the frames of
 * [CHIP 10.2]; polls are left out, and so is most of the time.
 */
const FRAMES: readonly MadeFrame[] = [
  readFrame(ACCESS, [0x80]),
  writeFrame(ACCESS, [0x02]),
  readFrame(ACCESS, [0xa0]),
  writeFrame(STS, [0x40]),
  readFrame(STS, hex('c0 3f 00 04'), 3),
  writeFrame(FIFO, hex('80 01 00 00 00 0c 00 00 01 45 00')),
  readFrame(STS, [0xc8]),
  writeFrame(FIFO, [0x00]),
  readFrame(STS, [0xc0], 3),
  writeFrame(STS, [0x20]),
  readFrame(STS, [0xc0], 3),
  readFrame(STS, hex('d0 0a 00 04'), 3),
  readFrame(FIFO, hex('80 01 00 00 00 0a 00 00 00 00'), 3),
  readFrame(STS, [0x80]),
  writeFrame(STS, [0x40]),
  writeFrame(ACCESS, [0x20]),
  WAKE,
  { mosi: hex('c3 d4 0f 00 00 00 00 00 00'), miso: hex('ff ff ff ff ff ff ff ff 01') },
  readFrame(0x0f00, hex('e0 1a 28 00'), 4, COREBOOT),
  writeFrame(ACCESS, [0x02], 3, COREBOOT),
  readFrame(ACCESS, [0xa0], 4, COREBOOT),
  writeFrame(0x0f90, [0x32], 3, COREBOOT),
  readFrame(
    0x0f90,
    hex(
      '42 32 2d 43 3a 30 20 52 4f 5f 42 3a 30 2e 30 2e 31 31 2f 34 64 36 35 35 65 61 62 20 52 57 5f 42 3a 30 2e 35 2e 34 2f 63 72 35 30 5f 76 31 2e 39 33 30',
    ),
    10,
    COREBOOT,
  ),
  writeFrame(STS, hex('40 00 00 00'), 3, COREBOOT),
  readFrame(STS, hex('c0 3f 00 04'), 5, COREBOOT),
  writeFrame(FIFO, hex('80 01 00 00 00 0e 20 00 00 00 00 18 03 e8'), 3, COREBOOT),
  writeFrame(STS, hex('20 00 00 00'), 3, COREBOOT),
  readFrame(STS, hex('d0 0d 00 04'), 4, COREBOOT),
  readFrame(FIFO, hex('80 01 00 00 00 0d'), 5, COREBOOT),
  readFrame(STS, hex('d0 07 00 04'), 5, COREBOOT),
  readFrame(FIFO, hex('00 00 00 00 00 18'), 5, COREBOOT),
  readFrame(STS, hex('d0 01 00 04'), 5, COREBOOT),
  readFrame(FIFO, [0x00], 5, COREBOOT),
  readFrame(STS, hex('80 3f 00 04'), 4, COREBOOT),
  // A header that is cut off, as when the host is reset.
  { mosi: hex('83 d4'), miso: hex('00 00') },
];

export const SMALL_BOOT = new URL('small-boot.sr', import.meta.url);

/** The bytes of `small-boot.sr`. */
export const makeSmallBoot = (): Uint8Array =>
  toSigrok(makeSamples(FRAMES, { gap: GAP, pulse: PULSE }), RATE, 1 << 20);
