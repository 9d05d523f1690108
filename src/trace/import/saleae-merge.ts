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

/** Tells the levels wherever any channel changes. */
export function mergeChannels(lines: readonly Transitions[], sink: LevelSink): void {
  let levels = 0;
  for (const { bit } of lines) levels |= unknownLevels(bit);
  let last = 0;
  for (;;) {
    let next = Infinity;
    for (const line of lines) if (line.tick < next) next = line.tick;
    if (next === Infinity) break;
    last = next;
    for (const line of lines)
      if (line.tick === next) {
        levels = (levels & ~(line.bit | unknownLevels(line.bit))) | levelsOf(line);
        line.advance();
      }
    sink.change(levels, next);
  }
  sink.end(Math.max(last, ...lines.map(({ end }) => end)));
}
