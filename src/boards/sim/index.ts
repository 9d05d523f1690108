export { SimBoard } from './sim-board.ts';
export type { SimBoardOptions } from './sim-board.ts';
export { ENGINES, EngineSlot } from './engine-slot.ts';
export type { EngineName } from './engine-slot.ts';
