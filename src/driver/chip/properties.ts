import { ERRNO } from '../errors.ts';
import { TPM_PT } from '../../wire/index.ts';
import type { ChipAccess } from './chip-access.ts';
import { TpmRefused } from './chip-errors.ts';
import { getProperties } from '../../tpm/index.ts';
import type { Work } from '../work.ts';

/** A property that every TPM 2.0 has: a driver asks for it to see whether it runs. */
export const TOTAL_COMMANDS = getProperties(TPM_PT.TOTAL_COMMANDS, 1);

/** One value of capability "properties". [DRIVER 3.7] */
export function* getProperty(chip: ChipAccess, id: number): Work<number> {
  const when = `it was asked for property 0x${id.toString(16)}`;
  const { code, answer } = yield* chip.command(getProperties(id, 1), { body: 9 });
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, when);
  const [property] = answer().items;
  if (property === undefined) throw new TpmRefused(ERRNO.ENODATA, code, `${when}, and gave no value`);
  return property.value;
}
