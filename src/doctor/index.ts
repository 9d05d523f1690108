export { examineBoard } from './board.ts';
export type { Check } from './board.ts';
export { examineController } from './controller.ts';
export * from './host.ts';
