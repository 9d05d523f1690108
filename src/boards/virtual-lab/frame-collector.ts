import type { WireObserver } from '../../board/index.ts';
import type { Instant } from '../../units/index.ts';
import { later, ns } from '../../units/index.ts';
import type { SimBoard } from '../sim/index.ts';
import { GuestUnruly } from './errors.ts';

const FIRST_SIZE = 4096;
/** Maximum number of bytes for which room is kept between two frames. */
const KEPT_SIZE = 1 << 20;
/**
 * Maximum number of bytes in one frame: ten minutes of wait bytes. A driver sends 68 bytes, but one that leaves CS asserted
 * after a time-out makes one frame of everything that it sends until it gives up. [BUGS K-01]
 */
const MAX_SIZE = 1 << 26;

/** Passes the guest's CS edges and bytes on to the chip, each at its moment, and tells observers whole frames. */
export class FrameCollector {
  readonly observers = new Set<WireObserver>();
  #sent = new Uint8Array(FIRST_SIZE);
  #received = new Uint8Array(FIRST_SIZE);
  #length = 0;
  #isSelected = false;
  /** The guest holds CS low since before the chip was renewed, and does not say so again. [BUGS K-01] */
  #isHeld = false;
  #fall = 0 as Instant;

  constructor(
    private readonly sim: SimBoard,
    private readonly maxSize = MAX_SIZE,
  ) {}

  select(isAsserted: boolean): void {
    const now = this.sim.clock.now();
    this.#isHeld = false;
    if (isAsserted && !this.#isSelected) {
      this.#isSelected = true;
      this.#length = 0;
      this.#fall = now;
      this.sim.pins.select();
    } else if (!isAsserted && this.#isSelected) {
      this.#isSelected = false;
      this.sim.pins.deselect();
      this.#tell(now);
      if (this.#sent.length > KEPT_SIZE) this.#forget();
    }
  }

  /**
   * The board was renewed, and CS is high. Where the guest's SPI core left it low, the core takes it as low still: its next
   * bytes begin a frame.
   */
  renew(): void {
    this.#isHeld ||= this.#isSelected;
    this.#isSelected = false;
  }

  /**
   * The wire is busy when this returns until the chip's clock shows it: the guest is told, and waits for that.
   * @throws GuestUnruly for a frame without an end
   */
  transfer(sent: Uint8Array, hz: number): Uint8Array {
    if (this.#isHeld) this.select(true);
    if (this.#length + sent.length > this.maxSize)
      throw new GuestUnruly(`a frame of more than ${this.maxSize} bytes`, 'CS has to be deasserted before');
    const { clock, pins } = this.sim;
    const byteTime = ns(8e9 / hz);
    while (this.#length + sent.length > this.#sent.length) this.#grow();
    const from = this.#length;
    for (const mosi of sent) {
      const end = later(clock.now(), byteTime);
      const miso = pins.shift(mosi, end);
      clock.advanceTo(end);
      this.#sent[this.#length] = mosi;
      this.#received[this.#length++] = miso;
    }
    return this.#received.subarray(from, this.#length);
  }

  #tell(rise: Instant): void {
    const fall = this.#fall;
    if (this.#length === 0) {
      for (const observer of this.observers) observer.select(fall, rise);
      return;
    }
    const frame = {
      sent: this.#sent.subarray(0, this.#length),
      received: this.#received.subarray(0, this.#length),
      fall,
      rise,
    };
    for (const observer of this.observers) observer.frame(frame);
  }

  #forget(): void {
    this.#sent = new Uint8Array(FIRST_SIZE);
    this.#received = new Uint8Array(FIRST_SIZE);
  }

  #grow(): void {
    const grown = (old: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
      const bytes = new Uint8Array(old.length * 4);
      bytes.set(old);
      return bytes;
    };
    this.#sent = grown(this.#sent);
    this.#received = grown(this.#received);
  }
}
