import type { TapedFrame } from './tape.ts';
import { addressOf, isRead, readyAt, sizeOf } from './witness.ts';

/**
 * Registers of locality 0, and how many bytes of a read each one fills. The chip fills the rest with bytes that are
 * left from earlier reads. [CHIP 1.6, 4.1]
 */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [0xd40000, 1],
  [0xd40014, 4],
  [0xd40018, 4],
  [0xd40024, 64],
  [0xd40f00, 4],
  [0xd40f04, 1],
]);
const FW_VER = 0xd40f90;
/** The one firmware version whose build text is known: that of the captured chip. [CHIP 4.5] */
const KNOWN_BUILD = '0.5.4';

/**
 * Says which bytes of a frame can be compared on a real chip, by their index. Bytes beyond a register's width cannot:
 * they are left from reads before the trace. The text of the build cannot, except for one version.
 */
export function definedBytes(frame: TapedFrame, firmware: string | undefined): (at: number) => boolean {
  if (!isRead(frame)) return () => true;
  const from = readyAt(frame) + 1;
  const address = addressOf(frame);
  const width = address === FW_VER ? (firmware === KNOWN_BUILD ? 64 : 0) : (WIDTHS.get(address) ?? 0);
  const to = from + sizeOf(frame);
  return (at) => from === 0 || at < from + width || at >= to;
}
