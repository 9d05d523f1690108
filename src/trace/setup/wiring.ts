import type { Net } from '../import/channels.ts';
import { NETS } from '../import/channels.ts';
import { SpiDecoder } from '../import/spi-decoder.ts';
import { FrameCensus } from './census.ts';
import type { Beginning } from './sample.ts';

/** Channel of each net; undefined when nobody recorded it. */
export type Channels = { readonly [net in Net]?: number };

/** One way to read the channels. */
export interface Wiring {
  readonly channels: Channels;
  readonly invertsCs: boolean;
  /** The clock's falling edge samples: modes 1 and 2. */
  readonly samplesFalling: boolean;
}

/** What the beginning of a capture looks like, read in one way. */
export function read(beginning: Beginning, wiring: Wiring): FrameCensus {
  const census = new FrameCensus();
  const { cs, clk, mosi, miso } = wiring.channels;
  const decoder = new SpiDecoder(census.sink, { nsPerTick: 1, mode: wiring.samplesFalling ? 1 : 0 });
  const { ticks, levels, count } = beginning;
  let last = -1;
  const bit = (all: number, channel: number | undefined): number =>
    channel === undefined ? 0 : (all >>> channel) & 1;
  for (let i = 0; i < count; i++) {
    const all = levels[i]!;
    const isSelected = bit(all, cs) === (wiring.invertsCs ? 1 : 0);
    const now =
      (isSelected ? 0 : NETS.cs) |
      (bit(all, clk) * NETS.clk) |
      (bit(all, mosi) * NETS.mosi) |
      (bit(all, miso) * NETS.miso);
    if (now === last) continue;
    last = now;
    decoder.change(now | NETS.ready, ticks[i]!);
  }
  if (count > 0) decoder.end(ticks[count - 1]!);
  return census;
}

/** Ways that differ from `given`, those that change least first: CS upside down, other edge, swapped data, another CS. */
export function otherWirings(given: Wiring, channels: number): Wiring[] {
  const { mosi, miso } = given.channels;
  const swapped: Channels = {
    ...given.channels,
    ...(miso !== undefined && { mosi: miso }),
    ...(mosi !== undefined && { miso: mosi }),
  };
  const used = Object.values(given.channels);
  const others = Array.from({ length: channels }, (_, i) => i).filter((i) => !used.includes(i));
  const selects = [given.channels.cs, ...others];
  const all = selects.flatMap((cs) =>
    [given.channels, swapped].flatMap((data) =>
      [given.samplesFalling, !given.samplesFalling].flatMap((samplesFalling) =>
        [given.invertsCs, !given.invertsCs].map((invertsCs): Wiring => ({
          channels: cs === undefined ? data : { ...data, cs },
          invertsCs,
          samplesFalling,
        })),
      ),
    ),
  );
  return all.slice(1).sort((a, b) => differences(a, given) - differences(b, given));
}

/** In how much two ways to read the channels differ. */
const differences = (a: Wiring, b: Wiring): number =>
  Number(a.invertsCs !== b.invertsCs) +
  Number(a.samplesFalling !== b.samplesFalling) +
  Number(a.channels.mosi !== b.channels.mosi) +
  Number(a.channels.cs !== b.channels.cs);
