import { DriverError } from '../errors.ts';
import type { ChipAccess } from './chip-access.ts';
import type { StartupType } from '../../tpm/index.ts';
import { shutdown } from '../../tpm/index.ts';
import type { Work } from '../work.ts';

/** Tells the TPM that it may lose power. Its answer is only logged: nothing waits for it. [DRIVER 3.7] */
export function* shutDown(chip: ChipAccess, type: StartupType): Work<void> {
  try {
    yield* chip.command(shutdown(type), { what: 'stopping the TPM' });
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
  }
}
