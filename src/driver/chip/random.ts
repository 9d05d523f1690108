import { ERRNO } from '../errors.ts';
import type { ChipAccess } from './chip-access.ts';
import { InvalidRequest, TpmRefused } from './chip-errors.ts';
import { getRandom } from '../../tpm/index.ts';
import type { Work } from '../work.ts';

const MOST = 128;
const REQUESTS = 6;

/**
 * Up to `wanted` random bytes, 1 to 128, in at most 6 requests; fewer when the TPM gives no more. The chip is taken.
 * @throws DriverError -5 when none came. [DRIVER 3.7]
 */
export function* readRandom(chip: ChipAccess, wanted: number): Work<Uint8Array> {
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MOST)
    throw new InvalidRequest(`1 to ${MOST} random bytes can be had at once, not ${wanted}.`);
  const bytes = new Uint8Array(wanted);
  let got = 0;
  let lastCode = 0;
  for (let requests = 0; requests < REQUESTS && got < wanted; requests++) {
    const { code, answer } = yield* chip.command(getRandom(wanted - got), {
      body: 2,
      what: 'attempting get random',
    });
    lastCode = code;
    if (code !== 0) break;
    const part = answer().subarray(0, wanted - got);
    bytes.set(part, got);
    got += part.length;
  }
  if (lastCode !== 0 || got === 0) throw new TpmRefused(ERRNO.EIO, lastCode, 'it was asked for random bytes');
  return bytes.subarray(0, got);
}
