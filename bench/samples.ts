/** Channels of a sample, bit 0 first. */
export const CHANNELS = ['CLK', 'MOSI', 'MISO', 'CS_L', 'INT_AP_L'] as const;
/** One sample takes this long. */
export const SAMPLE_NS = 100;

/** Where samples go. */
export interface Sink {
  /** The same levels for `count` samples. */
  put(levels: number, count: number): void;
  close(): void;
}
