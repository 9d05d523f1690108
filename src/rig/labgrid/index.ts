export { Coordinator } from './coordinator.ts';
export { CoordinatorLost, CoordinatorRefused, CoordinatorUnusable } from './errors.ts';
export type { Place } from './messages.ts';
