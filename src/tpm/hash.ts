import { ERRNO, HEADER_SIZE } from '../tis/index.ts';
import type { Chip } from './chip.ts';
import { ResponseMalformed, TpmRefused } from './chip-errors.ts';
import { hash, readU16 } from './kernel-commands.ts';

/** The digest of up to 1024 bytes, computed by the TPM. The chip is taken. */
export async function digestOf(chip: Chip, data: Uint8Array, algorithm: number): Promise<Uint8Array> {
  const { code, response } = await chip.command(hash(data, algorithm), 2, 'attempting to hash');
  if (code !== 0) throw new TpmRefused(ERRNO.EIO, code, `it was asked to hash ${data.length} bytes`);
  const size = readU16(response, HEADER_SIZE);
  if (HEADER_SIZE + 2 + size > response.length)
    throw new ResponseMalformed('with a digest', response.length, HEADER_SIZE + 2 + size);
  return response.slice(HEADER_SIZE + 2, HEADER_SIZE + 2 + size);
}
