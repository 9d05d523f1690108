export type { Detection } from './detection.ts';
export { chooseBugs, detectionOf, isEnough, showDetection } from './detection.ts';
export { findPlanted, PLANTED_BUGS } from './planted-bugs.ts';
export type { PlantedBug } from './planted-bugs.ts';
