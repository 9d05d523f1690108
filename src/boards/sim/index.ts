export { SimBoard } from './sim-board.ts';
export type { SimBoardOptions } from './sim-board.ts';
