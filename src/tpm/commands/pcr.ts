import type { PcrSelection } from '../../wire/index.ts';
import { readPcrSelections, TPM_CC, writePcrSelections } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command, EMPTY_PASSWORD, nothing } from './command.ts';

/** The answer to PCR_Read. [TPM2 Part 3, 22.4] */
export interface PcrValues {
  readonly updateCounter: number;
  /** The PCRs of which the digests are; the TPM gives at most eight. */
  readonly selections: readonly PcrSelection[];
  readonly digests: readonly Uint8Array[];
}

/** PCR_Read: the TPM gives at most eight digests. [TPM2 Part 3, 22.4] */
export const pcrRead = (...selections: readonly PcrSelection[]): TpmCommand<PcrValues> =>
  command({
    name: 'PCR_Read',
    code: TPM_CC.PCR_Read,
    parameters: (to) => {
      writePcrSelections(to, selections);
    },
    decode: (from) => ({
      updateCounter: from.u32(),
      selections: readPcrSelections(from),
      digests: from.list(() => from.sized()),
    }),
  });

/** A digest for one bank; `hash` is the number of its algorithm. */
export interface BankDigest {
  readonly hash: number;
  readonly digest: Uint8Array;
}

/** PCR_Extend with an empty password. [TPM2 Part 3, 22.2] */
export const pcrExtend = (pcr: number, digests: readonly BankDigest[]): TpmCommand<void> =>
  command({
    name: 'PCR_Extend',
    code: TPM_CC.PCR_Extend,
    handles: [pcr],
    passwords: [EMPTY_PASSWORD],
    parameters: (to) => {
      to.u32(digests.length);
      for (const { hash, digest } of digests) to.u16(hash).bytes(digest);
    },
    decode: nothing,
  });

/** PCR_Reset with an empty password. [TPM2 Part 3, 22.8] */
export const pcrReset = (pcr: number): TpmCommand<void> =>
  command({
    name: 'PCR_Reset',
    code: TPM_CC.PCR_Reset,
    handles: [pcr],
    passwords: [EMPTY_PASSWORD],
    decode: nothing,
  });
