export { KernelRefused } from './kernel-error.ts';
export { KernelStack } from './kernel-stack.ts';
export type { SuspendTest } from './kernel-stack.ts';
