import { FIRST_BASES } from './bases-first.ts';
import { SECOND_BASES } from './bases-second.ts';
import { THIRD_BASES } from './bases-third.ts';

/** Every command of the release, right. */
export const BASES = [...FIRST_BASES, ...SECOND_BASES, ...THIRD_BASES];
