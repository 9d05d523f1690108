import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../units/index.ts';
import type { Profile } from './profile.ts';
import { recommended } from './profiles/index.ts';

/** A driver that is described outside of this repository. */
export interface DriverModule {
  readonly profile: Profile;
  /** The datasheet, not checked yet. */
  readonly datasheet: unknown;
}

const FORM = 'A driver module exports `profile`, a row like those of src/driver/profiles, and `datasheet`';

/** Loads a TypeScript or JavaScript module that exports `profile` and `datasheet`. @throws UsageError */
export async function loadDriverModule(file: string): Promise<DriverModule> {
  let loaded: Partial<Record<'profile' | 'datasheet', unknown>>;
  try {
    loaded = (await import(pathToFileURL(resolve(file)).href)) as typeof loaded;
  } catch (cause) {
    throw new UsageError(`The driver module ${file} cannot be loaded: ${String(cause)}. ${FORM}.`, { cause });
  }
  const { profile, datasheet } = loaded;
  if (typeof profile !== 'object' || profile === null)
    throw new UsageError(`The driver module ${file} exports no profile. ${FORM}.`);
  if (datasheet === undefined)
    throw new UsageError(`The driver module ${file} exports no datasheet. ${FORM}.`);
  const missing = Object.keys(recommended).filter((field) => field !== 'wake' && !(field in profile));
  if (missing.length > 0)
    throw new UsageError(`The profile of driver module ${file} lacks ${missing.join(', ')}. ${FORM}.`);
  return { profile: profile as Profile, datasheet };
}
