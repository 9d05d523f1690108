export { openKernelHost } from './kernel-host-board.ts';
