export { Alarm, VirtualClock } from './clock.ts';
export type { Companion } from './clock.ts';
export * from './h1/index.ts';
export { chanceOfTpm, Random } from './random.ts';
export { BuiltInTpm, DEFAULT_PROFILE, LibraryFront } from './tpm/index.ts';
export type { LibraryProfile, TpmEngine } from './tpm-engine.ts';
