export { GuestFailed } from './errors.ts';
export { fetchKernel, labKernels, prepareGuest, seriesOf } from './kernels.ts';
export { VirtualLabBoard } from './virtual-lab-board.ts';
export type { VirtualLabOptions } from './virtual-lab-board.ts';
