import { ERRNO } from '../tis/index.ts';
import type { Chip } from './chip.ts';
import { TpmRefused } from './chip-errors.ts';
import { CAPABILITY, getCapability, readU32 } from './kernel-commands.ts';

/** Properties the driver itself asks for. */
export const PROPERTY = { totalCommands: 0x129 } as const;

const NO_DATA = 61;

/** One value of capability "properties". [DRIVER 3.7] */
export async function getProperty(chip: Chip, id: number): Promise<number> {
  const { code, response } = await chip.command(getCapability(CAPABILITY.properties, id, 1), 9);
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, `it was asked for property 0x${id.toString(16)}`);
  if (readU32(response, 15) === 0 || response.length < 27)
    throw new TpmRefused(-NO_DATA, code, `it was asked for property 0x${id.toString(16)}, without a value`);
  return readU32(response, 23);
}
