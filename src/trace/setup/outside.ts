import type { Beginning } from './sample.ts';
import type { Wiring } from './wiring.ts';

/** A pause of the clock that is longer than this many of its shortest phases begins a new burst. */
const BURST_GAP = 64;
/** Bits of a header. [CHIP 1.2] */
const HEADER_BITS = 32;

/** Headers for a TPM on MOSI, by whether CS is asserted when their first bit is clocked. */
export interface HeadersBySelect {
  readonly inside: number;
  readonly outside: number;
}

/** Looks at the first bits of every burst of the clock, whatever CS says. */
export function headersBySelect(beginning: Beginning, wiring: Wiring): HeadersBySelect {
  const { ticks, levels, count } = beginning;
  const { cs = -1, clk = -1, mosi = -1 } = wiring.channels;
  if (cs < 0 || clk < 0 || mosi < 0) return { inside: 0, outside: 0 };
  const [asserted, sampled] = [wiring.invertsCs ? 1 : 0, wiring.samplesFalling ? 0 : 1];
  let [inside, outside, last, shortest, bits, header, isInside] = [0, 0, -Infinity, Infinity, 0, 0, false];
  for (let i = 1; i < count; i++) {
    const now = levels[i]!;
    if ((((now ^ levels[i - 1]!) >>> clk) & 1) === 0) continue;
    const phase = ticks[i]! - last;
    last = ticks[i]!;
    if (phase > BURST_GAP * shortest) bits = 0;
    shortest = Math.min(shortest, phase);
    if (((now >>> clk) & 1) !== sampled || bits >= HEADER_BITS) continue;
    if (bits === 0) isInside = ((now >>> cs) & 1) === asserted;
    header = (header << 1) | ((now >>> mosi) & 1);
    if (++bits < HEADER_BITS || !isForTpm(header)) continue;
    if (isInside) inside++;
    else outside++;
  }
  return { inside, outside };
}

/** d4 in the second byte, and a locality from 0 to 4 in the third. [CHIP 1.2] */
const isForTpm = (header: number): boolean =>
  ((header >>> 16) & 0xff) === 0xd4 && ((header >>> 12) & 0xf) <= 4;
