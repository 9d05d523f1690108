/** A GPIO line by its chip's label and its offset there, or by its global number. */
export type LineOptions = ({ readonly chip: string; readonly offset: number } | { readonly gpio: number }) & {
  /** Asserted is high; without it low, as the L of the net's name says. */
  readonly activeHigh?: boolean | undefined;
};

/** What a rig file says of a real board. */
export interface LinuxBoardOptions {
  readonly spi: { readonly device: string; readonly sckHz: number };
  readonly lines: {
    readonly ready?: LineOptions | undefined;
    readonly reset?: LineOptions | undefined;
    readonly power?: LineOptions | undefined;
  };
}
