import type { OpenRig } from '../rig/index.ts';
import { openRig } from '../rig/index.ts';
import { LabFailure, UsageError } from '../units/index.ts';

/** Opens a rig; what is missing on this host is the caller's to mend, and not a failure of the lab. @throws UsageError */
export async function openUsableRig(...request: Parameters<typeof openRig>): Promise<OpenRig> {
  try {
    return await openRig(...request);
  } catch (cause) {
    if (cause instanceof LabFailure) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
