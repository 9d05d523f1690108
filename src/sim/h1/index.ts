export { H1 } from './h1.ts';
export type { H1Counters, H1Options, H1Overrides } from './h1.ts';
export type { Disturb, FrameDisturbance } from './spi-target.ts';
export type { TimingOptions } from './timing.ts';
export { QUIRKS } from './quirks.ts';
export type { Quirk, QuirkName } from './quirks.ts';
export type { CommandDisturbance, VendorCommands } from './tpm-task.ts';
export { BadFirmwareVersion, parseVersion } from './versions.ts';
export type { FirmwareVersion } from './versions.ts';
