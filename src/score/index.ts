export { findPlanted, PLANTED_BUGS } from './planted-bugs.ts';
export type { PlantedBug } from './planted-bugs.ts';
