import type { Profile } from '../profile.ts';
import { cr50SpiV1 } from './cr50-spi-v1.ts';
import { HOST_DRIVERS } from './host-drivers.ts';
import { linux612 } from './linux-6.12.ts';
import { linux61 } from './linux-6.1.ts';
import { linux72 } from './linux-7.2.ts';
import { recommended } from './recommended.ts';

export { cr50SpiV1, HOST_DRIVERS, linux61, recommended };

/** Host drivers of which every part is known, from the wire to the TPM command. */
export const COMPLETE_STACKS: readonly Profile[] = [cr50SpiV1, linux61, recommended];

/** Later kernels than the one among the complete stacks: as complete, and run when they are asked for. */
const LATER_KERNELS: readonly Profile[] = [linux612, linux72];

/** Every profile by its name. */
export const PROFILES: ReadonlyMap<string, Profile> = new Map(
  [...COMPLETE_STACKS, ...LATER_KERNELS, ...HOST_DRIVERS].map((profile) => [profile.name, profile]),
);
