export { SimBoard } from './sim-board.ts';
export type { ChipCounters, ChipSource, SimulatedChip } from './chip-source.ts';
export type { SimBoardOptions } from './sim-board.ts';
export type { ReadySource } from './ready-line.ts';
export type { SelectSource } from './wires.ts';
export { ENGINES, EngineSlot } from './engine-slot.ts';
export type { EngineName } from './engine-slot.ts';
