import { ALG, handle as handleRefusal, parameter, RC, Refusal, RH, ST, codeOfParameter } from './codes.ts';
import { bankOf, PCR_COUNT, SELECT_BYTES } from './pcrs.ts';
import type { CommandReader } from './reader.ts';
import type { TpmState } from './state.ts';
import type { ResponseWriter } from './writer.ts';

/** [CHIP 5.1] */
const MAX_DIGEST_BUFFER = 1024;
const MAX_SELECTIONS = 16;
const FIRST_TRANSIENT = 0x80000000;

export function pcrHandle(_state: TpmState, handle: number, number: number): void {
  if (handle >= PCR_COUNT) throw handleRefusal(RC.value, number);
}

export function pcrHandleOrNull(state: TpmState, handle: number, number: number): void {
  if (handle !== RH.null) pcrHandle(state, handle, number);
}

export function sequenceHandle(state: TpmState, handle: number, number: number): void {
  if (handle < FIRST_TRANSIENT || handle > 0x80ffffff) throw handleRefusal(RC.value, number);
  if (state.sequences.find(handle) === undefined) throw new Refusal(RC.referenceH0 + number - 1);
}

/** A sized buffer of at most `most` bytes, the `number`th parameter. */
export function readBuffer(reader: CommandReader, number: number, most = MAX_DIGEST_BUFFER): Uint8Array {
  reader.blame(codeOfParameter(RC.insufficient, number));
  const size = reader.u16();
  if (size > most) throw parameter(RC.size, number);
  return reader.take(size);
}

/** A hash algorithm of the chip; TPM_ALG_NULL where that is allowed. */
export function readHash(reader: CommandReader, number: number, allowsNull = false): number {
  reader.blame(codeOfParameter(RC.insufficient, number));
  const alg = reader.u16();
  if (bankOf(alg) === undefined && !(allowsNull && alg === ALG.null)) throw parameter(RC.hash, number);
  return alg;
}

export function readHierarchy(reader: CommandReader, number: number): number {
  reader.blame(codeOfParameter(RC.insufficient, number));
  const hierarchy = reader.u32();
  const known: readonly number[] = [RH.owner, RH.endorsement, RH.platform, RH.null];
  if (!known.includes(hierarchy)) throw parameter(RC.value, number);
  return hierarchy;
}

export interface PcrSelection {
  readonly alg: number;
  readonly pcrs: readonly number[];
}

/** TPML_PCR_SELECTION. [TPM2 Part 2, 10.9.7] */
export function readPcrSelections(reader: CommandReader, number: number): PcrSelection[] {
  reader.blame(codeOfParameter(RC.insufficient, number));
  const count = reader.u32();
  if (count > MAX_SELECTIONS) throw parameter(RC.size, number);
  return Array.from({ length: count }, () => {
    const alg = readHash(reader, number);
    const size = reader.u8();
    if (size !== SELECT_BYTES) throw parameter(RC.value, number);
    const bits = reader.take(size);
    const pcrs = Array.from({ length: PCR_COUNT }, (_, pcr) => pcr).filter(
      (pcr) => (bits[pcr >> 3]! >> (pcr & 7)) & 1,
    );
    return { alg, pcrs };
  });
}

export function writePcrSelections(response: ResponseWriter, selections: readonly PcrSelection[]): void {
  response.u32(selections.length);
  for (const { alg, pcrs } of selections) {
    const bits = new Uint8Array(SELECT_BYTES);
    for (const pcr of pcrs) bits[pcr >> 3]! |= 1 << (pcr & 7);
    response.u16(alg).u8(SELECT_BYTES).bytes(bits);
  }
}

/** TPMT_TK_HASHCHECK; empty in the null hierarchy, and for what the TPM could have made itself. [TPM2 Part 2, 10.7.6] */
export function writeTicket(
  response: ResponseWriter,
  state: TpmState,
  hierarchy: number,
  digest: Uint8Array,
  isGenerated: boolean,
): void {
  const isEmpty = hierarchy === RH.null || isGenerated;
  response
    .u16(ST.hashCheck)
    .u32(isEmpty ? RH.null : hierarchy)
    .sized(isEmpty ? new Uint8Array() : state.ticketOf(hierarchy, digest));
}
