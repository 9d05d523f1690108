export { H1 } from './h1.ts';
export type { FrameDisturbance } from './frame-disturbance.ts';
export type { Outlook } from './spi-target.ts';
export type { H1Options, H1Overrides } from './h1.ts';
export type { Band, ChooseLatency, LatencyName, TimingOptions } from './timing.ts';
export { QUIRKS } from './quirks.ts';
export type { CommandDisturbance } from './tpm-task.ts';
export { BadFirmwareVersion, parseVersion } from './versions.ts';
export { UnknownFirmwareVersion } from './releases.ts';
