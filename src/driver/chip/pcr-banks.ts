import { ERRNO } from '../errors.ts';
import { DIGEST_SIZE, ResponseMalformed } from '../../wire/index.ts';
import type { ChipAccess } from './chip-access.ts';
import { InvalidRequest, TpmRefused } from './chip-errors.ts';
import type { BankDigest } from '../../tpm/index.ts';
import { getPcrBanks, pcrExtend, pcrRead } from '../../tpm/index.ts';
import type { Work } from '../work.ts';

const PCR_COUNT = 24;

/** A hash algorithm whose PCRs the TPM keeps. */
export interface PcrBank {
  readonly hash: number;
  readonly digestSize: number;
}

/** The allocated banks: those with at least one selected PCR. [DRIVER 3.5] */
export function* readBanks(chip: ChipAccess): Work<readonly PcrBank[]> {
  const { code, answer } = yield* chip.command(getPcrBanks(), { body: 9, what: 'get tpm pcr allocation' });
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it was asked for its PCR banks');
  const banks: PcrBank[] = [];
  for (const { hash, pcrs } of answer().items)
    if (pcrs.length > 0)
      banks.push({ hash, digestSize: DIGEST_SIZE[hash] ?? (yield* readDigest(chip, 0, hash)).length });
  return banks;
}

/** One PCR of an allocated bank. [DRIVER 3.7] */
export function* readPcr(
  chip: ChipAccess,
  banks: readonly PcrBank[],
  index: number,
  hash: number,
): Work<Uint8Array> {
  checkIndex(index);
  const bank = banks.find((candidate) => candidate.hash === hash);
  if (bank === undefined)
    throw new InvalidRequest(`PCR bank 0x${hash.toString(16)} is not allocated in this TPM.`);
  const digest = yield* readDigest(chip, index, hash);
  if (digest.length !== bank.digestSize)
    throw new InvalidRequest(`PCR ${index} has ${digest.length} bytes; its bank has ${bank.digestSize}.`);
  return digest;
}

/** Extends a PCR with one digest for each allocated bank, in bank order. [DRIVER 3.7] */
export function* extendPcr(
  chip: ChipAccess,
  banks: readonly PcrBank[],
  index: number,
  digests: readonly BankDigest[],
): Work<void> {
  checkIndex(index);
  const fits =
    digests.length === banks.length &&
    digests.every(({ hash, digest }, i) => hash === banks[i]?.hash && digest.length === banks[i].digestSize);
  if (!fits)
    throw new InvalidRequest('A PCR is extended with one digest for each allocated bank, in bank order.');
  const { code } = yield* chip.command(pcrExtend(index, digests), { what: 'attempting extend a PCR value' });
  if (code !== 0) throw new TpmRefused(ERRNO.EIO, code, `PCR ${index} was extended`);
}

function* readDigest(chip: ChipAccess, index: number, hash: number): Work<Uint8Array> {
  const { code, answer } = yield* chip.command(pcrRead({ hash, pcrs: [index] }), {
    what: 'attempting to read a pcr value',
  });
  if (code !== 0) throw new TpmRefused(ERRNO.EIO, code, `PCR ${index} was read`);
  const [digest] = answer().digests;
  if (digest === undefined)
    throw new ResponseMalformed(`The response to a read of PCR ${index} has no digest.`);
  return digest;
}

function checkIndex(index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= PCR_COUNT)
    throw new InvalidRequest(`PCRs are numbered 0 to ${PCR_COUNT - 1}, and ${index} is not one.`);
}
