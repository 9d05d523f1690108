export { openLinuxBoard } from './linux-board.ts';
