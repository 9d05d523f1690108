import type { Duration, Hertz, Instant } from '../units/index.ts';
import { ns, us } from '../units/index.ts';
import type { TapedFrame } from './tape.ts';

/** From CS fall to the first clock, as the captured hosts have it. [CHIP 8] */
const SETUP = us(4);

/** When each byte of a frame was clocked. A trace has the edges of CS alone, so these moments are estimates. */
export interface ByteTimes {
  /** Of one byte. */
  readonly length: Duration;
  /** The part of the frame in which no byte is clocked. */
  readonly slack: Duration;
  startOf(index: number): Instant;
}

/**
 * Spreads the slack evenly over the gaps between the bytes. Without `sck` a byte takes its share of the whole frame.
 */
export function byteTimes({ fall, rise, sent, elided }: TapedFrame, sck: Hertz | undefined): ByteTimes {
  const count = sent.length + elided;
  const total = rise - fall;
  const fastest = Math.floor(total / (count + 1));
  const length = Math.min(sck === undefined ? fastest : ns(8e9 / sck), fastest) as Duration;
  const slack = (total - count * length) as Duration;
  const setup = Math.min(SETUP, slack / 2);
  const gap = (slack - setup) / (count + 1);
  return {
    length,
    slack,
    startOf: (index) => Math.floor(fall + setup + index * (length + gap)) as Instant,
  };
}
