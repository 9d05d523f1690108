export { KernelRefused } from './kernel-error.ts';
export { KernelDriver } from './kernel-driver.ts';
export type { SuspendTest } from './kernel-driver.ts';
