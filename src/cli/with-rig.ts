import type { Holder, OpenRig, Rig } from '../rig/index.ts';
import { loadRig, openRig, acquireLease, userName } from '../rig/index.ts';

/** The holder entry of this process, for the lease of a rig. */
export const thisProcess = (run: string): Holder => ({
  pid: process.pid,
  user: userName(),
  since: new Date().toISOString(),
  run,
});

/** Takes the lease of a rig for `act`, and gives it back however that ends. @throws RigBusy */
export async function withLease<T>(rig: Rig, verb: string, act: () => Promise<T>): Promise<T> {
  const lease = await acquireLease(rig, thisProcess(`h1-hil ${verb}`));
  try {
    return await act();
  } finally {
    await lease.release();
  }
}

/**
 * Takes the lease of a rig, opens its board, acts, and leaves the rig safe.
 * @param verb the command that is run; it is told to others who want the rig.
 * @throws RigBusy, what loading and opening the rig throw, and what `act` throws.
 */
export function withRig<T>(name: string, verb: string, act: (rig: OpenRig) => Promise<T>): Promise<T> {
  const rig = loadRig(name);
  return withLease(rig, `${verb} ${name}`, async () => {
    const open = await openRig(rig, 1);
    try {
      return await act(open);
    } finally {
      await open.board.close();
    }
  });
}
