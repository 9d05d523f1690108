import type { TpmReader } from '../../wire/index.ts';
import { TPM_CC, TPM_RH } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command, EMPTY_PASSWORD, nothing } from './command.ts';

/** TPMT_TK_HASHCHECK. [TPM2 Part 2, 10.7.6] */
export interface Ticket {
  readonly tag: number;
  readonly hierarchy: number;
  readonly digest: Uint8Array;
}

/** A digest, and the ticket with which the TPM says that it made it. */
export interface Hashed {
  readonly digest: Uint8Array;
  readonly ticket: Ticket;
}

const readHashed = (from: TpmReader): Hashed => ({
  digest: from.sized(),
  ticket: { tag: from.u16(), hierarchy: from.u32(), digest: from.sized() },
});

/** Hash of at most 1024 bytes, in one command. [TPM2 Part 3, 15.4] */
export const hash = (
  data: Uint8Array,
  algorithm: number,
  hierarchy: number = TPM_RH.NULL,
): TpmCommand<Hashed> =>
  command({
    name: 'Hash',
    code: TPM_CC.Hash,
    parameters: (to) => to.sized(data).u16(algorithm).u32(hierarchy),
    decode: readHashed,
  });

/** HashSequenceStart. Its response is the handle of the sequence. [TPM2 Part 3, 17.3] */
export const hashSequenceStart = (algorithm: number, auth = EMPTY_PASSWORD): TpmCommand<number> =>
  command({
    name: 'HashSequenceStart',
    code: TPM_CC.HashSequenceStart,
    parameters: (to) => to.sized(auth).u16(algorithm),
    decode: (from) => from.u32(),
  });

/** [TPM2 Part 3, 17.4] */
export const sequenceUpdate = (handle: number, data: Uint8Array, auth = EMPTY_PASSWORD): TpmCommand<void> =>
  command({
    name: 'SequenceUpdate',
    code: TPM_CC.SequenceUpdate,
    handles: [handle],
    passwords: [auth],
    parameters: (to) => to.sized(data),
    decode: nothing,
  });

/** [TPM2 Part 3, 28.4] */
export const flushContext = (handle: number): TpmCommand<void> =>
  command({
    name: 'FlushContext',
    code: TPM_CC.FlushContext,
    parameters: (to) => to.u32(handle),
    decode: nothing,
  });
