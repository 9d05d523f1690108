import { unknownLevels } from './channels.ts';
import type { LevelSink } from './spi-decoder.ts';

/** The transitions of one channel, one after the other. */
export interface Transitions {
  /** Bits of the levels that are this channel's. */
  readonly bit: number;
  /** The next change and the level from then on, undefined where there is none; Infinity when no change is left. */
  readonly tick: number;
  readonly level: boolean | undefined;
  /** Until when the channel was recorded. */
  readonly end: number;
  /** Goes to the next change of the level. */
  advance(): void;
}

/** The levels that a channel gives to its bits. */
const levelsOf = ({ bit, level }: Transitions): number =>
  level === undefined ? unknownLevels(bit) : level ? bit : 0;

/** Tells the levels wherever any channel changes. What is compared at every change is held in arrays, for speed. */
export function mergeChannels(lines: readonly Transitions[], sink: LevelSink): void {
  const { length } = lines;
  const ticks = Float64Array.from(lines, ({ tick }) => tick);
  const given = Int32Array.from(lines, levelsOf);
  const kept = Int32Array.from(lines, ({ bit }) => ~(bit | unknownLevels(bit)));
  let levels = 0;
  for (const { bit } of lines) levels |= unknownLevels(bit);
  let last = 0;
  for (;;) {
    let next = Infinity;
    for (let i = 0; i < length; i++) if (ticks[i]! < next) next = ticks[i]!;
    if (next === Infinity) break;
    last = next;
    for (let i = 0; i < length; i++) {
      if (ticks[i] !== next) continue;
      levels = (levels & kept[i]!) | given[i]!;
      const line = lines[i]!;
      line.advance();
      ticks[i] = line.tick;
      given[i] = levelsOf(line);
    }
    sink.change(levels, next);
  }
  sink.end(Math.max(last, ...lines.map(({ end }) => end)));
}
