import type { Instant } from '../units/index.ts';

/** Nets whose edges a trace holds. CS_L edges are held as frames and empty selects. */
export const TRACED_LINES = ['INT_AP_L', 'TPM_RST_L'] as const;
export type TracedLine = (typeof TRACED_LINES)[number];

/** Levels of a driver's log. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type TraceLogLevel = (typeof LOG_LEVELS)[number];

/**
 * How a frame ended: `complete`; `timeout`, the host gave up in the wait states and released CS; `held`, the host gave
 * up and left CS asserted, so that the next frame continues this one; `cut`, the trace began or ended inside it.
 */
export const FRAME_ENDINGS = ['complete', 'timeout', 'held', 'cut'] as const;
export type FrameEnding = (typeof FRAME_ENDINGS)[number];

/**
 * Who is behind a frame: a driver; a test that chose the register and let a driver make the frame, or changed its answer;
 * a test that clocked the bytes itself.
 */
export type Maker = 'driver' | 'test by registers' | 'test by frames';

/** Marks that say who makes the next frame or wake pulse, or everything from then on. */
export const NEXT_BY_TEST = {
  frames: 'the test itself clocks the next frame',
  registers: 'the test has a hand in the next frame',
} as const;
export const TEST_AT_REGISTERS = 'the test itself uses registers';
export const TEST_OFF_REGISTERS = 'the driver has the registers again';

/** The value of `polled` for a frame of which only the wire is known. The decoder finds its wait bytes. */
export const UNKNOWN = -1;

/** One CS assertion with clocks, as the record of a transaction gives it. A view: valid during the call it is passed to. */
export interface WireFrame {
  /** Every byte clocked, wait bytes included, but for the `elided` ones. */
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  /** Index of the first wait byte. */
  readonly pollAt: number;
  /** Wait bytes, the ready byte included; UNKNOWN when nobody counted them. */
  readonly polled: number;
  /** CS asserted. */
  readonly fall: Instant;
  /** CS deasserted, or the end of the last clock when CS stayed asserted. */
  readonly rise: Instant;
  /** Wait bytes left out of the arrays, all of them after the first KEPT_WAIT_BYTES. */
  readonly elided?: number;
  readonly ending?: FrameEnding;
  /** Clocks after the last whole byte. */
  readonly spareClocks?: number;
  /** A clock phase was far shorter than the others. */
  readonly hasGlitch?: boolean;
}

/**
 * Listens to what happens on a board, live, from a recorder or from a capture. A frame is told at its CS rise,
 * everything else at its own moment, in the order of time.
 */
export interface TraceSink {
  frame(frame: WireFrame): void;
  /** CS was asserted without a clock: a wake pulse. */
  select(fall: Instant, rise: Instant): void;
  edge(line: TracedLine, isAsserted: boolean, at: Instant): void;
  power(isOn: boolean, at: Instant): void;
  /** The bus failed a transaction; what reached the wire is not known. */
  failure(from: Instant, to: Instant, text: string): void;
  log(level: TraceLogLevel, text: string, at: Instant): void;
  /** A step of a test, or anything else a person wants to find again. */
  mark(text: string, at: Instant): void;
  /**
   * From now on nobody knows the level of the line: it was not recorded, or is x or z. With `isUnseen` false it is
   * known again.
   */
  unseen?(line: TracedLine, isUnseen: boolean, at: Instant): void;
}

/** A sink that is told when the trace is over. */
export interface EndingSink extends TraceSink {
  end(): void;
}

/** A sink that ignores every event. Spread it into a sink that handles only some of them. */
export const NOTHING: TraceSink = {
  frame: () => undefined,
  select: () => undefined,
  edge: () => undefined,
  power: () => undefined,
  failure: () => undefined,
  log: () => undefined,
  mark: () => undefined,
};

/** One thing that happened, as an object of its own: for rendering and for tests. */
export type TraceEvent =
  | {
      readonly kind: 'frame';
      readonly fall: Instant;
      readonly rise: Instant;
      readonly sent: Uint8Array;
      readonly received: Uint8Array;
      readonly pollAt: number;
      readonly polled: number;
      readonly elided: number;
      readonly ending: FrameEnding;
    }
  | { readonly kind: 'select'; readonly fall: Instant; readonly rise: Instant }
  | { readonly kind: 'edge'; readonly line: TracedLine; readonly isAsserted: boolean; readonly at: Instant }
  | { readonly kind: 'power'; readonly isOn: boolean; readonly at: Instant }
  | { readonly kind: 'failure'; readonly from: Instant; readonly to: Instant; readonly text: string }
  | { readonly kind: 'log'; readonly level: TraceLogLevel; readonly text: string; readonly at: Instant }
  | { readonly kind: 'mark'; readonly text: string; readonly at: Instant };
