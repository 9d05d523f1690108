import type { Profile } from '../profile.ts';
import { cr50SpiV1 } from './cr50-spi-v1.ts';
import { linux61 } from './linux-6.1.ts';
import { HOST_DRIVERS } from './host-drivers.ts';
import { recommended } from './recommended.ts';

export { HOST_DRIVERS };
export { cr50SpiV1, linux61, recommended };

/** Every profile by its name. */
export const PROFILES: ReadonlyMap<string, Profile> = new Map(
  [cr50SpiV1, linux61, recommended].map((profile) => [profile.name, profile]),
);
