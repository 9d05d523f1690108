import type { TpmReader } from './tpm-reader.ts';
import type { TpmWriter } from './tpm-writer.ts';

/** Some PCRs of one bank. [TPM2 Part 2, 10.6.2] */
export interface PcrSelection {
  readonly hash: number;
  readonly pcrs: readonly number[];
}

/** PCR n is bit n mod 8 of byte n / 8. [DRIVER 3.2] */
const SELECT_BYTES = 3;

/** @throws RangeError when a PCR is not one of 0 to 23. */
export function writePcrSelections(writer: TpmWriter, selections: readonly PcrSelection[]): void {
  writer.u32(selections.length);
  for (const { hash, pcrs } of selections) {
    const bits = new Uint8Array(SELECT_BYTES);
    for (const pcr of pcrs) {
      if (!Number.isInteger(pcr) || pcr < 0 || pcr > 23)
        throw new RangeError(`There are PCR 0 to 23, and no ${pcr}.`);
      bits[pcr >> 3]! |= 1 << (pcr & 7);
    }
    writer.u16(hash).u8(SELECT_BYTES).bytes(bits);
  }
}

/** TPML_PCR_SELECTION out of a response. [TPM2 Part 2, 10.9.7] */
export const readPcrSelections = (reader: TpmReader): PcrSelection[] =>
  reader.list(() => {
    const hash = reader.u16();
    const bits = reader.take(reader.u8());
    const pcrs = Array.from({ length: 8 * bits.length }, (_, pcr) => pcr).filter(
      (pcr) => (bits[pcr >> 3]! >> (pcr & 7)) & 1,
    );
    return { hash, pcrs };
  });
