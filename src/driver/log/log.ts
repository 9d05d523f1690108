import type { Instant } from '../../units/index.ts';

/** The levels of a kernel log that drivers use. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line of a driver's log, as the kernel log would show it: `device: text`. */
export interface LogLine {
  readonly at: Instant;
  readonly level: LogLevel;
  /** Driver and device, such as `cr50_spi spi0.0` or `tpm tpm0`. */
  readonly device: string;
  readonly text: string;
}

/** Is told each line when it is logged. */
export type LogSink = (line: LogLine) => void;
