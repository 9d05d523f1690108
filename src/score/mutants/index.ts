export type { Fate, Mutant, Outcome } from './mutant.ts';
export { instrument } from './instrument.ts';
export { fateOfFailures, MUTATED, UNTOUCHED } from './mutant.ts';
export type { TimedTest } from './reach.ts';
export { chooseTests, listed, Reach } from './reach.ts';
export { sampleOf } from './sample.ts';
export type { Equivalent } from './table.ts';
export { countOutcomes, holesOf, killedPart, listOfAlive, mutantTable, showHole, staleOf } from './table.ts';
export { filesBelow, growTree, hashOfSources, REACH_VARIABLE } from './tree.ts';
