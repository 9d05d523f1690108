import type { OpenRig } from '../rig/index.ts';
import { ControllerFailure, openRig } from '../rig/index.ts';
import { LabFailure, UsageError } from '../units/index.ts';

/**
 * Opens a rig. What is missing on this host is the caller's to mend, and not a failure of the lab; a controller that is
 * silent or gone is one.
 * @throws UsageError, ControllerFailure
 */
export async function openUsableRig(...request: Parameters<typeof openRig>): Promise<OpenRig> {
  try {
    return await openRig(...request);
  } catch (cause) {
    if (cause instanceof LabFailure && !(cause instanceof ControllerFailure))
      throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
