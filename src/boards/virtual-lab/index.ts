export { GuestFailed } from './errors.ts';
export { VirtualLabBoard } from './virtual-lab-board.ts';
export type { VirtualLabOptions } from './virtual-lab-board.ts';
