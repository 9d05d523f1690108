import { registerName, showAccess, showStatus } from '../trace/index.ts';
import type { TapedFrame } from './tape.ts';
import { addressOf, isRead, sizeOf } from './witness.ts';

const STS = 'TPM_STS';
const ACCESS = 'TPM_ACCESS';

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/**
 * Names what a frame does: `TPM_STS read`, `TPM_DATA_FIFO write`. A frame without a whole header has its own name.
 */
export function behaviourOf(frame: TapedFrame): string {
  const address = addressOf(frame);
  return address < 0
    ? 'frame without a header'
    : `${registerName(address)} ${isRead(frame) ? 'read' : 'write'}`;
}

const wordOf = (bytes: Uint8Array): number =>
  bytes.subarray(0, 4).reduceRight((value, byte) => value * 256 + byte, 0);

/** The data of a register for people: bits of TPM_STS and TPM_ACCESS by their names, other data in hexadecimal. */
function meaningOf(frame: TapedFrame, data: Uint8Array): string {
  const name = registerName(addressOf(frame));
  if (name === STS) return showStatus(wordOf(data), data.length);
  if (name === ACCESS) return showAccess(data[0] ?? 0);
  return hex(data.subarray(0, 16));
}

/** Tells how the chip's answer differs from a healthy one, at the byte with index `at` of the frame. */
export function valueSays(frame: TapedFrame, healthy: Uint8Array, at: number): string {
  const ready = frame.received.indexOf(1, 4);
  const from = ready + 1;
  const to = from + sizeOf(frame);
  const where = `byte ${at} of the frame is ${hex(frame.received.subarray(at, at + 1))}, of a healthy chip ${hex(healthy.subarray(at, at + 1))}`;
  if (!isRead(frame) || ready < 0 || at < from || at >= to) return where;
  const seen = meaningOf(frame, frame.received.subarray(from, to));
  const expected = meaningOf(frame, healthy.subarray(from, to));
  return `says "${seen}", a healthy chip "${expected}" (${where})`;
}
