/** Tag, size and code, before everything else. [TPM2 Part 1, 18.2] */
export const TPM_HEADER_SIZE = 10;

/** The ten bytes that a command or response begins with. [TPM2 Part 3, 4] */
export interface TpmHeader {
  readonly tag: number;
  /** Bytes of the whole command or response, as its header states them. */
  readonly size: number;
  /** Command code, or response code. */
  readonly code: number;
}

/** @throws RangeError when there are fewer than ten bytes. */
export function decodeTpmHeader(bytes: Uint8Array): TpmHeader {
  if (bytes.length < TPM_HEADER_SIZE)
    throw new RangeError(`A TPM header has ${TPM_HEADER_SIZE} bytes, not ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { tag: view.getUint16(0), size: view.getUint32(2), code: view.getUint32(6) };
}
