import { TPM_ACCESS, TPM_DATA_FIFO, TPM_DID_VID, TPM_FW_VER, TPM_STS } from '../../wire/index.ts';
import type { Access, Flaw } from './access.ts';
import { showAccess, showStatus } from './register-names.ts';

const FLAW_WORDS: Readonly<Record<Flaw, string>> = {
  shortHeader: 'CS rose inside the header',
  foreignAddress: 'address outside the TPM',
  neverReady: 'the chip never said ready',
  tooShort: 'fewer data bytes than announced',
  tooLong: 'more data bytes than announced',
  strayBytes: 'the chip did not fall silent after its data',
  spareClocks: 'clocks that make no whole byte',
  glitch: 'a clock phase is far too short',
  continued: 'CS was still asserted from the frame before',
  cut: 'the trace begins or ends inside this frame',
};

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as `83 d4 0f 00`. */
export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += i === 0 ? HEX[bytes[i]!]! : ` ${HEX[bytes[i]!]!}`;
  return text;
}

/** Printable characters as they are, all others as a dot. */
const textOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');

/** What the bytes of an access say, in the words of the registers' documents. */
export function meaningOf(access: Access): string {
  const words: string[] = [];
  const said = access.dataLength > 0 ? dataMeaning(access) : '';
  if (said !== '') words.push(said);
  if (access.isFirstAfterReset) words.push('first frame after a reset: the answer is not valid');
  else if (access.answersOnes) words.push('MISO does not move: stuck high, open, or no chip answers');
  if (access.spareBytes > 0) words.push(`clocked on for ${access.spareBytes}`);
  for (const flaw of access.flawNames) words.push(FLAW_WORDS[flaw]);
  if (access.ending === 'timeout') words.push(`the host gave up after ${access.waitBytes} wait bytes`);
  if (access.ending === 'held') words.push(`gave up after ${access.waitBytes} wait bytes, CS stays asserted`);
  return words.join('; ');
}

function dataMeaning(access: Access): string {
  const { value, dataLength, data } = access;
  if (access.answersOnes && access.direction === 'read') return '';
  switch (access.offset) {
    case TPM_ACCESS:
      // The same bit asks for the locality when written and gives it back. [DRIVER 2.3]
      if (access.direction === 'write' && value === 0x20) return 'release locality';
      return showAccess(value & 0xff);
    case TPM_STS:
      return showStatus(value, access.direction === 'read' ? dataLength : 1);
    case TPM_DATA_FIFO:
      return `${dataLength} ${dataLength === 1 ? 'byte' : 'bytes'}`;
    case TPM_DID_VID:
      return dataLength < 4
        ? ''
        : `device 0x${(value >>> 16).toString(16)}, vendor 0x${(value & 0xffff).toString(16)}`;
    case TPM_FW_VER:
      return access.direction === 'write' ? 'rewind' : `"${textOf(data).replace(/\.+$/, '')}"`;
    default:
      if (access.isFifo) return `${dataLength} ${dataLength === 1 ? 'byte' : 'bytes'}`;
      return dataLength === 4 ? `0x${value.toString(16).padStart(8, '0')}` : '';
  }
}
