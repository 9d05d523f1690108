/** What a sub-command answers. */
export interface Answer {
  /** Vendor code; 0 is success. */
  readonly code: number;
  readonly payload: Uint8Array;
  /** What happens once the response is there. */
  readonly effect?: () => void;
  /** The chip has no time left to answer. */
  readonly isSilent?: boolean;
  /** The answer is the whole buffer, with whatever was in it behind the header. */
  readonly fillsBuffer?: boolean;
}

/** Carries a sub-command out; the payload is the handler's to read, not to keep. */
export type Handler = (payload: Uint8Array) => Answer;

const NOTHING = new Uint8Array();

/** A sub-command that succeeded, with its payload. */
export const answer = (payload: Uint8Array = NOTHING): Answer => ({ code: 0, payload });

/** A sub-command that was refused: response code `code`, no payload. */
export const refuse = (code: number): Answer => ({ code, payload: NOTHING });

/** Some sub-commands tell their status in the payload too. */
export const status = (code: number): Answer => ({ code, payload: Uint8Array.of(code) });

/** Words, most significant byte first. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, at) => {
    view.setUint32(4 * at, value);
  });
  return bytes;
}

/** The first two bytes of a payload, most significant first. */
export const u16 = (payload: Uint8Array): number => (payload[0]! << 8) | payload[1]!;

/** Four bytes of a payload, most significant first. */
export const u32 = (payload: Uint8Array, at: number): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(at);

/** Eight bytes, most significant first. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
