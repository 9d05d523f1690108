import type { LevelSink } from './spi-decoder.ts';

/** A capture of levels whose header has been read. */
export interface Waves {
  /** For messages. */
  readonly format: string;
  /** Nanoseconds of one tick; NaN when the file states no rate. */
  readonly nsPerTick: number;
  /** Names of the channels. */
  readonly names: readonly string[];
  /** Tells the levels to the end: `bits` are those of the levels, one for each channel, 0 for those not wanted. */
  tell(bits: readonly number[], sink: LevelSink): void;
}
