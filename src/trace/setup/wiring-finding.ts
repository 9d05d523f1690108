import { printable } from '../import/capture-error.ts';
import type { Net } from '../import/channels.ts';
import { NONE } from '../import/channels.ts';
import type { SpiMode } from '../import/spi-decoder.ts';
import type { Waves } from '../import/waves.ts';
import type { Finding } from './finding.ts';
import type { Beginning } from './sample.ts';
import type { Channels, Reading, Wiring } from './wiring.ts';

/** Lines, in the order in which they are named. */
const LINES = ['cs', 'clk', 'mosi', 'miso', 'ready', 'reset'] as const satisfies readonly Net[];

/** What a reading says that makes sense, where the given one does not. */
export function wiringFinding(
  seen: string,
  { wiring, toTpm, frames }: Reading,
  given: Wiring,
  { waves, beginning }: { readonly waves: Waves; readonly beginning: Beginning },
): Finding {
  const moved = LINES.filter((net) => wiring.channels[net] !== given.channels[net]);
  const name = (net: Net): string => printable(waves.names[wiring.channels[net] ?? -1] ?? NONE);
  const mode = modeOf(beginning, wiring);
  const isCsTurned = wiring.invertsCs !== given.invertsCs;
  const isEdgeWrong = wiring.samplesFalling !== given.samplesFalling;
  const causes = [
    ...movedCauses(moved, wiring.channels, given.channels, name),
    ...(isCsTurned ? ['CS is inverted'] : []),
    ...(isEdgeWrong ? ['the clock is inverted, or the SPI mode is wrong'] : []),
  ];
  const words = [
    ...(moved.length > 0 ? [`--channel ${moved.map((net) => `${net}=${name(net)}`).join(' ')}`] : []),
    ...(isCsTurned ? ['--invert cs'] : []),
    ...(isEdgeWrong ? [`--mode ${mode}`] : []),
  ];
  return {
    text: `${seen} It is likely that ${causes.join(', and ')}: read so, ${toTpm} of ${frames} frames address a TPM.`,
    option: words.join(' '),
    fix: {
      ...(moved.length > 0 && {
        channels: Object.fromEntries(moved.map((net) => [net, wiring.channels[net] ?? NONE])),
      }),
      ...(isCsTurned && { invert: ['cs'] }),
      ...(isEdgeWrong && { mode }),
    },
  };
}

/** Pairs of lines that change places, and lines that are on another channel, in words. */
function movedCauses(
  moved: readonly Net[],
  found: Channels,
  given: Channels,
  name: (net: Net) => string,
): string[] {
  const swapped = moved.flatMap((a, i) =>
    moved
      .slice(i + 1)
      .filter((b) => found[a] === given[b] && found[b] === given[a])
      .map((b) => [a, b] as const),
  );
  const single = moved.filter((net) => !swapped.flat().includes(net));
  return [
    ...swapped.map(([a, b]) => `${inWords(a)} and ${inWords(b)} are swapped`),
    ...single.map((net) => causeOfMove(net, given[net] !== undefined, name(net))),
  ];
}

function causeOfMove(net: Net, isGiven: boolean, channel: string): string {
  if (channel === NONE) return `no channel is ${inWords(net)}`;
  const line = net === 'cs' ? "the chip's CS" : inWords(net);
  return `${line} is channel ${channel}, and ${isGiven ? 'another' : 'none'} was taken for it`;
}

/** The mode by the edge that samples and by the clock's level at rest. */
function modeOf(beginning: Beginning, { channels, samplesFalling, invertsCs }: Wiring): SpiMode {
  const { levels, count } = beginning;
  const bit = (all: number, channel = 0): number => (all >>> channel) & 1;
  let high = 0;
  let idle = 0;
  for (let i = 0; i < count; i++)
    if (bit(levels[i]!, channels.cs) === (invertsCs ? 0 : 1)) {
      idle++;
      high += bit(levels[i]!, channels.clk);
    }
  const restsHigh = 2 * high > idle;
  return samplesFalling ? (restsHigh ? 2 : 1) : restsHigh ? 3 : 0;
}

const inWords = (net: Net): string =>
  net === 'ready' ? 'INT_AP_L' : net === 'reset' ? 'TPM_RST_L' : net.toUpperCase();
