import type { TraceSink, WireFrame } from '../events.ts';
import { tee } from '../tee.ts';

/** Which bit of a byte comes first on the wire. */
export const BIT_ORDERS = ['msb-first', 'lsb-first'] as const;
export type BitOrder = (typeof BIT_ORDERS)[number];

/** Each byte with its bits in reverse order. */
const TURNED = Uint8Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }, (_bit, bit) => ((byte >> bit) & 1) << (7 - bit)).reduce((all, bit) => all | bit),
);
const turned = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => TURNED[byte]!);

/**
 * A sink for frames whose bytes came least significant bit first. It passes them on with their bits in the right
 * order.
 */
export const leastFirst = (sink: TraceSink): TraceSink => ({
  ...tee(sink),
  frame: (frame: WireFrame) => {
    sink.frame({ ...frame, sent: turned(frame.sent), received: turned(frame.received) });
  },
});
