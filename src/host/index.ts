export type { FirmwareWatch } from './firmware.ts';
export { HostFirmware, NotProvisioned } from './firmware.ts';
export { Platform } from './platform.ts';
export type { PoweredParts } from './power-up.ts';
export { cyclePower, powerUp, pulseReset, switchOn, whilePowered } from './power-up.ts';
export type { Answer } from './register-access.ts';
export { accessChip, WAKE } from './register-access.ts';
export * from './times.ts';
