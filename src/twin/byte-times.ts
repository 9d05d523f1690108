import type { Duration, Hertz, Instant } from '../units/index.ts';
import { ns, us } from '../units/index.ts';
import type { TapedFrame } from './tape.ts';

/** CS to the first clock, as hosts have it at least. [CHIP 8] */
const SETUP = us(4);

/** When the bytes of a frame were clocked: nobody stamps them, but they lie between its edges. */
export interface ByteTimes {
  readonly length: Duration;
  /** Time within CS that no byte takes. */
  readonly slack: Duration;
  startOf(index: number): Instant;
}

/** What is left beside the bytes is spread over the gaps between them. */
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
