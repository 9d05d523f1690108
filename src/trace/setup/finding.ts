import type { BitOrder } from '../import/bit-order.ts';
import type { Net } from '../import/channels.ts';
import type { SpiMode } from '../import/spi-decoder.ts';

/** How a capture is read: the options that a mistake in its set-up can be mended by. */
export interface SetupOptions {
  readonly channels?: { readonly [net in Net]?: string | number };
  readonly invert?: readonly Net[];
  readonly mode?: SpiMode;
  readonly bitOrder?: BitOrder;
}

/** A mistake in how the bus was recorded, or in how the recording is read. */
export interface Finding {
  /** A sentence with what was seen, and what it is likely to be. */
  readonly text: string;
  /** What mends it, as it is typed. */
  readonly option?: string;
  /** The options that mend it, where the evidence is clear. */
  readonly fix?: SetupOptions;
}

/** The options with a mistake mended. */
export function withFix<T extends SetupOptions>(options: T, { channels, ...fix }: SetupOptions): T {
  const invert = [...(options.invert ?? []), ...(fix.invert ?? [])];
  return {
    ...options,
    ...fix,
    channels: { ...options.channels, ...channels },
    // Two inversions cancel each other.
    invert: invert.filter((net) => invert.filter((other) => other === net).length === 1),
  };
}
