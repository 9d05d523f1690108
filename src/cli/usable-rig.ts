import { GuestFailed } from '../boards/virtual-lab/index.ts';
import type { OpenRig } from '../rig/index.ts';
import { openRig } from '../rig/index.ts';
import { ControllerFailure } from '../boards/controller/index.ts';
import { LabFailure, UsageError } from '../units/index.ts';

/**
 * Opens a rig. When this machine lacks something, the user has to mend it, and the lab has not failed. A controller
 * that is silent or gone is a failure of the lab, and so is a guest that does not start.
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
