import type { Net } from '../import/channels.ts';
import type { ReadySeen } from './lines.ts';
import type { Beginning } from './sample.ts';
import { edgesOf } from './sample.ts';
import type { Channels } from './wiring.ts';

/** Two channels on one wire have the same level for most of the time: at an edge one may be a sample behind. */
const SAME_TIME = 0.8;
/** And each moves about as often as the other. */
const SAME_EDGES = 0.8;
const WHILE_CLOCKED = 0.95;

const LINES = ['cs', 'clk', 'mosi', 'miso'] as const satisfies readonly Net[];

/** Compares the channel of INT_AP_L with those of the bus. */
export function readySeen(beginning: Beginning, channels: Channels, isInverted: boolean): ReadySeen {
  const { ready, clk } = channels;
  if (ready === undefined) return { isLowWhileClocked: false };
  const edges = edgesOf(beginning);
  if (edges[ready] === 0) {
    const level = (beginning.levels[0]! >>> ready) & 1;
    return {
      isLowWhileClocked: false,
      ...(beginning.count > 0 && { level: isInverted ? 1 - level : level }),
    };
  }
  const as = LINES.find((line) => isSameWire(beginning, edges, [ready, channels[line]]));
  const low = isInverted ? 1 : 0;
  return {
    isLowWhileClocked: clk !== undefined && lowWhileClocked(beginning, ready, clk, low) >= WHILE_CLOCKED,
    ...(as !== undefined && { as }),
  };
}

const bitOf = (levels: number, channel: number): number => (levels >>> channel) & 1;

function isSameWire(
  { ticks, levels, count }: Beginning,
  edges: readonly number[],
  [ready, other]: readonly [number, number | undefined],
): boolean {
  if (other === undefined || other === ready) return false;
  const [ours, others] = [edges[ready]!, edges[other]!];
  if (Math.min(ours, others) < SAME_EDGES * Math.max(ours, others)) return false;
  let same = 0;
  for (let i = 1; i < count; i++)
    if (bitOf(levels[i - 1]!, ready) === bitOf(levels[i - 1]!, other)) same += ticks[i]! - ticks[i - 1]!;
  const part = same / (ticks[count - 1]! - ticks[0]!);
  return Math.max(part, 1 - part) >= SAME_TIME;
}

/** In which part of the clock's edges the channel has that level. */
function lowWhileClocked({ levels, count }: Beginning, ready: number, clk: number, low: number): number {
  let [clocked, isLow] = [0, 0];
  for (let i = 1; i < count; i++) {
    if (bitOf(levels[i]! ^ levels[i - 1]!, clk) === 0) continue;
    clocked++;
    if (bitOf(levels[i]!, ready) === low) isLow++;
  }
  return clocked === 0 ? 0 : isLow / clocked;
}
