import { hostname } from 'node:os';
import { userName } from '../user-name.ts';
import { LocalLeases } from './local-leases.ts';
import type { LeaseProvider } from './provider.ts';

export type { Broker } from './broker.ts';
export { askBroker, serveBroker } from './broker.ts';
export type { LeaseProvider, RigHold, Standing, Wish } from './provider.ts';
export { showStanding } from './provider.ts';

/** Which leases are asked for. */
export interface LeasesOf {
  /** `host:port` of a labgrid coordinator; without it the rigs of this host are leased by its kernel. */
  readonly coordinator: string | undefined;
  /** Rig files of this host beside those of `rigs/`. */
  readonly files?: readonly string[];
  /** The run that asks; a person without. */
  readonly run?: string | undefined;
}

/** Who decides which run has which rig. @throws CoordinatorUnusable */
export async function openLeases({ coordinator, files, run }: LeasesOf): Promise<LeaseProvider> {
  if (coordinator === undefined) return new LocalLeases(files);
  // What speaks gRPC takes a while to load.
  const { LabgridLeases } = await import('./labgrid-leases.ts');
  return LabgridLeases.open(coordinator, `${hostname()}/${userName()}`, run === undefined ? {} : { run });
}
