import type { TapedFrame } from './tape.ts';
import { addressOf, isRead, readyAt, sizeOf } from './witness.ts';

/** Registers of locality 0, and how many bytes of a read they fill; the rest is left from earlier reads. [CHIP 1.6, 4.1] */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [0xd40000, 1],
  [0xd40014, 4],
  [0xd40018, 4],
  [0xd40024, 64],
  [0xd40f00, 4],
  [0xd40f04, 1],
]);
const FW_VER = 0xd40f90;
/** The one version whose build is known, with the image that was captured. [CHIP 4.5] */
const KNOWN_BUILD = '0.5.4';

/** Which bytes a chip defines whose memory is not known: what was read before the trace, and its build, nobody knows. */
export function definedBytes(frame: TapedFrame, firmware: string | undefined): (at: number) => boolean {
  if (!isRead(frame)) return () => true;
  const from = readyAt(frame) + 1;
  const address = addressOf(frame);
  const width = address === FW_VER ? (firmware === KNOWN_BUILD ? 64 : 0) : (WIDTHS.get(address) ?? 0);
  const to = from + sizeOf(frame);
  return (at) => from === 0 || at < from + width || at >= to;
}
