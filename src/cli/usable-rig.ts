import { GuestFailed } from '../boards/virtual-lab/index.ts';
import type { OpenRig } from '../rig/index.ts';
import { openRig } from '../rig/index.ts';
import { ControllerFailure } from '../boards/controller/index.ts';
import { LabFailure, UsageError } from '../units/index.ts';

/**
 * Opens a rig. What is missing on this host is the caller's to mend, and not a failure of the lab; a controller that is
 * silent or gone is one, and so is a guest of the virtual lab that does not come up.
 * @throws UsageError, ControllerFailure, GuestFailed
 */
export async function openUsableRig(...request: Parameters<typeof openRig>): Promise<OpenRig> {
  try {
    return await openRig(...request);
  } catch (cause) {
    if (cause instanceof LabFailure && !(cause instanceof ControllerFailure || cause instanceof GuestFailed))
      throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
