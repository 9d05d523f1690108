export type { Comparison } from './compare.ts';
export type { Parity } from './compare-all.ts';
export { compareAll } from './compare-all.ts';
export type { Journal } from './journal.ts';
export { align } from './align.ts';
export { JOURNALS } from './journal.ts';
export type { Played } from './play.ts';
export { play } from './play.ts';
export { showComparison, showParity } from './show.ts';
