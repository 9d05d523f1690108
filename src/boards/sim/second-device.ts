import type { Instant } from '../../units/index.ts';
import type { SpiTarget } from './spi-device.ts';

/**
 * Another device on the bus: it answers each byte with the one before it. Both chips drive MISO, so while the H1 is
 * selected too, what is received is what both pull low.
 */
export class SecondDevice implements SpiTarget {
  #last = 0;

  constructor(
    /** MISO of the H1 while it is selected, told of the byte that is clocked; undefined while it is not. */
    private readonly neighbour: (mosi: number, end: Instant) => number | undefined,
  ) {}

  select(): void {
    this.#last = 0xff;
  }

  shift(mosi: number, end: Instant): number {
    const answer = this.#last;
    this.#last = mosi;
    return answer & (this.neighbour(mosi, end) ?? 0xff);
  }

  deselect(): void {
    this.#last = 0;
  }
}
