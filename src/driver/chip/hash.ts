import { ERRNO } from '../errors.ts';
import type { ChipAccess } from './chip-access.ts';
import { TpmRefused } from './chip-errors.ts';
import { hash } from '../../tpm/index.ts';
import type { Work } from '../work.ts';

/** The digest of up to 1024 bytes, computed by the TPM. The chip is taken. */
export function* digestOf(chip: ChipAccess, data: Uint8Array, algorithm: number): Work<Uint8Array> {
  const { code, answer } = yield* chip.command(hash(data, algorithm), {
    body: 2,
    what: 'attempting to hash',
  });
  if (code !== 0) throw new TpmRefused(ERRNO.EIO, code, `it was asked to hash ${data.length} bytes`);
  return answer().digest;
}
