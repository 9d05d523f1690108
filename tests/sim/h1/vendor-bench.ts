import { createHash } from 'node:crypto';
import { ms, seconds, ZERO } from '../../../src/units/index.ts';
import type { PinsOptions } from './pins.ts';
import { Pins } from './pins.ts';

/** Long enough for every command, the erasure of a section included. */
const DONE = seconds(1);

const hexOf = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');

/** A chip whose command buffer is reached through its pins, as bytes in hexadecimal. */
export class VendorBench {
  readonly pins: Pins;

  /** Commands take 1 ms each, unless their times are to be drawn. */
  constructor(options: PinsOptions = {}, { drawsTimes = false } = {}) {
    const pinned = drawsTimes ? {} : { commandTime: ms(1) };
    const timing = { waitBytes: 0, taskLatency: ZERO, ...pinned, ...options.timing };
    this.pins = new Pins({ firmware: '0.5.4', ...options, timing }).ready();
  }

  /** The response to a command, or undefined when none comes within `within`. */
  ask(command: string, within = DONE): string | undefined {
    const { pins } = this;
    pins.write(0x18, [0x40]);
    pins.write(0x18, [0x40]);
    pins.send([...Buffer.from(command, 'hex')]);
    const limit = pins.clock.now() + within;
    for (;;) {
      const [sts] = pins.read(0x18, 1);
      // Ones all over: the chip restarted instead.
      if (sts === 0xff) {
        this.reboot();
        return undefined;
      }
      if ((sts! & 0x10) !== 0) break;
      if (pins.clock.now() > limit) return undefined;
      pins.clock.advance(ms(1));
    }
    const head = pins.read(0x24, 6);
    const size = Buffer.from(head).readUInt32BE(2);
    const rest: number[] = [];
    while (rest.length < size - 6) rest.push(...pins.read(0x24, Math.min(63, size - 6 - rest.length)));
    return hexOf([...head, ...rest]);
  }

  /** A vendor sub-command with its payload. */
  vendor(subCommand: number, payload = ''): string | undefined {
    const size = (12 + payload.length / 2).toString(16).padStart(8, '0');
    return this.ask(`8001${size}20000000${subCommand.toString(16).padStart(4, '0')}${payload}`);
  }

  /** Status of a block at `base`, with the digest it should have. */
  block(base: number, data: Uint8Array): number {
    const body = Buffer.concat([Buffer.alloc(4), data]);
    body.writeUInt32BE(base);
    const digest = createHash('sha1').update(body).digest().subarray(0, 4);
    const answer = this.vendor(4, Buffer.concat([digest, body]).toString('hex'));
    return Number.parseInt(answer!.slice(24), 16);
  }

  get version(): string {
    return this.pins.chip.firmwareVersion;
  }

  /** TPM_RST_L falls and rises. */
  reset(): void {
    this.pins.chip.setReset(true);
    this.pins.clock.advance(ms(2));
    this.pins.chip.setReset(false);
    this.pins.clock.advance(ms(200));
    this.pins.frame([0x80, 0xd4, 0, 0, 0, 0]);
  }

  /** Long enough for a full reset and a boot, and the frame that sees FF. */
  reboot(): void {
    this.pins.clock.advance(ms(1300));
    this.pins.frame([0x80, 0xd4, 0, 0, 0, 0]);
  }

  /** Brings a whole image, its header first; stops at the first status that is not 0. */
  update(base: number, image: Uint8Array): number {
    for (let at = 0; at < image.length; at += 1024) {
      const status = this.block(base + at, image.subarray(at, at + 1024));
      if (status !== 0) return status;
    }
    return 0;
  }
}

interface ImageOptions {
  readonly version: readonly [number, number, number];
  readonly keyId?: number;
  readonly size?: number;
  readonly boards?: readonly [type: number, mask: number, flags: number];
}

/** An image as the chip wants it, laid out here from the header's published offsets and not by the project's builder. */
export function imageOf({
  version,
  keyId = 0xde88588d,
  size = 2048,
  boards = [0, 0, 0],
}: ImageOptions): Buffer {
  const image = Buffer.alloc(size, 0x5a);
  image.fill(0, 0, 1024);
  image.writeUInt32LE(0xffffffff, 0);
  image.writeUInt32LE(keyId, 420);
  image.writeUInt32LE(size, 808);
  version.forEach((number, at) => image.writeUInt32LE(number, 860 + 4 * at));
  boards.forEach((word, at) => image.writeUInt32LE((word ^ 0x33333333) >>> 0, 996 + 4 * at));
  const digest = createHash('sha256').update(image.subarray(392)).digest();
  image.write('simulated H1 image, not signed', 4);
  digest.copy(image, 36);
  digest.copy(image, 388, 0, 4);
  return image;
}
