export { LEFT_OUT } from './accesses.ts';
export { DIFFERENCE_CLASSES } from './align.ts';
export type { Comparison } from './compare.ts';
export { BAND, compare } from './compare.ts';
export type { Journal } from './journal.ts';
export { JOURNALS } from './journal.ts';
export { play } from './play.ts';
