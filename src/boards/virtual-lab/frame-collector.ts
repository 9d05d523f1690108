import type { WireObserver } from '../../board/index.ts';
import type { Instant } from '../../units/index.ts';
import { later, ns } from '../../units/index.ts';
import type { SimBoard } from '../sim/index.ts';
import type { RealTime } from './real-time.ts';

const FIRST_SIZE = 4096;

/** Passes the guest's CS edges and bytes on to the chip, each at its moment, and tells observers whole frames. */
export class FrameCollector {
  observers: ReadonlySet<WireObserver> = new Set();
  #sent = new Uint8Array(FIRST_SIZE);
  #received = new Uint8Array(FIRST_SIZE);
  #length = 0;
  #isSelected = false;
  /** The guest has held CS low since before the board was renewed, and does not pull it low again. [BUGS K-01] */
  #isHeld = false;
  #fall = 0 as Instant;

  constructor(
    private readonly sim: SimBoard,
    private readonly time: RealTime,
  ) {}

  select(isAsserted: boolean): void {
    this.time.catchUp();
    this.#isHeld = false;
    const now = this.sim.clock.now();
    if (isAsserted && !this.#isSelected) {
      this.#isSelected = true;
      this.#length = 0;
      this.#fall = now;
      this.sim.pins.select();
    } else if (!isAsserted && this.#isSelected) {
      this.#isSelected = false;
      this.sim.pins.deselect();
      this.#tell(now);
    }
    this.time.nudge();
  }

  /**
   * The board was renewed, and CS is high. A guest whose driver left CS low takes it as low still, so its next bytes begin a
   * frame.
   */
  renew(): void {
    this.#isHeld ||= this.#isSelected;
    this.#isSelected = false;
  }

  transfer(sent: Uint8Array): Uint8Array {
    if (this.#isHeld) this.select(true);
    this.time.catchUp();
    const { clock, pins, spi } = this.sim;
    const byteTime = ns(8e9 / spi.sck);
    while (this.#length + sent.length > this.#sent.length) this.#grow();
    const from = this.#length;
    for (const mosi of sent) {
      const end = later(clock.now(), byteTime);
      const miso = pins.shift(mosi, end);
      clock.advanceTo(end);
      this.#sent[this.#length] = mosi;
      this.#received[this.#length++] = miso;
    }
    this.time.nudge();
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
