import { ERRNO } from '../tis/index.ts';
import type { Chip } from './chip.ts';
import { InvalidRequest, ResponseMalformed, TpmRefused } from './chip-errors.ts';
import type { BankDigest } from './kernel-commands.ts';
import { CAPABILITY, getCapability, pcrExtend, pcrRead, readU16, readU32 } from './kernel-commands.ts';

const PCR_COUNT = 24;

/** A hash algorithm whose PCRs the TPM keeps. */
export interface PcrBank {
  readonly hash: number;
  readonly digestSize: number;
}

/** Digest sizes of SHA-1, SHA-256, SHA-384, SHA-512 and SM3-256; others are learnt from PCR 0. [DRIVER 3.5] */
const DIGEST_SIZES: ReadonlyMap<number, number> = new Map([
  [0x0004, 20],
  [0x000b, 32],
  [0x000c, 48],
  [0x000d, 64],
  [0x0012, 32],
]);

/** The allocated banks: those with at least one selected PCR. */
export async function readBanks(chip: Chip): Promise<readonly PcrBank[]> {
  const what = 'get tpm pcr allocation';
  const { code, response } = await chip.command(getCapability(CAPABILITY.pcrs, 0, 1), 9, what);
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it was asked for its PCR banks');
  const banks: PcrBank[] = [];
  let at = 19;
  for (let left = readU32(response, 15); left > 0; left--) {
    const selectSize = at + 3 <= response.length ? response[at + 2]! : 0;
    if (at + 3 + selectSize > response.length)
      throw new ResponseMalformed('with the PCR banks', response.length, at + 3 + selectSize);
    const hash = readU16(response, at);
    const select = response.slice(at + 3, at + 3 + selectSize);
    at += 3 + selectSize;
    if (select.some((bits) => bits !== 0)) banks.push({ hash, digestSize: DIGEST_SIZES.get(hash) ?? 0 });
  }
  for (const [i, bank] of banks.entries())
    if (bank.digestSize === 0)
      banks[i] = { hash: bank.hash, digestSize: (await readDigest(chip, 0, bank.hash)).length };
  return banks;
}

/** One PCR of an allocated bank. [DRIVER 3.7] */
export async function readPcr(
  chip: Chip,
  banks: readonly PcrBank[],
  index: number,
  hash: number,
): Promise<Uint8Array> {
  checkIndex(index);
  const bank = banks.find((candidate) => candidate.hash === hash);
  if (bank === undefined)
    throw new InvalidRequest(`PCR bank 0x${hash.toString(16)} is not allocated in this TPM.`);
  const digest = await readDigest(chip, index, hash);
  if (digest.length !== bank.digestSize)
    throw new InvalidRequest(`PCR ${index} has ${digest.length} bytes; its bank has ${bank.digestSize}.`);
  return digest;
}

/** Extends a PCR with one digest for each allocated bank, in bank order. [DRIVER 3.7] */
export async function extendPcr(
  chip: Chip,
  banks: readonly PcrBank[],
  index: number,
  digests: readonly BankDigest[],
): Promise<void> {
  checkIndex(index);
  const fits =
    digests.length === banks.length &&
    digests.every(({ hash, digest }, i) => hash === banks[i]?.hash && digest.length === banks[i].digestSize);
  if (!fits)
    throw new InvalidRequest('A PCR is extended with one digest for each allocated bank, in bank order.');
  const { code } = await chip.command(pcrExtend(index, digests), 0, 'attempting extend a PCR value');
  if (code !== 0) throw new TpmRefused(ERRNO.EIO, code, `PCR ${index} was extended`);
}

async function readDigest(chip: Chip, index: number, hash: number): Promise<Uint8Array> {
  const what = 'attempting to read a pcr value';
  const { code, response } = await chip.command(pcrRead(index, hash), 0, what);
  if (code !== 0) throw new TpmRefused(ERRNO.EIO, code, `PCR ${index} was read`);
  // Update counter, selection of one bank as it was sent, number of digests, size of the first.
  const at = 10 + 4 + 10 + 4;
  const size = response.length >= at + 2 ? readU16(response, at) : 0;
  if (response.length < at + 2 + size)
    throw new ResponseMalformed('with a PCR', response.length, at + 2 + size);
  return response.slice(at + 2, at + 2 + size);
}

function checkIndex(index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= PCR_COUNT)
    throw new InvalidRequest(`PCRs are numbered 0 to ${PCR_COUNT - 1}, and ${index} is none.`);
}
