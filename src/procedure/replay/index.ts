export { CapturedAnswers } from './captured-answers.ts';
export type { ReplayClass, ReplayDifference, ReplayReport } from './compare.ts';
export { compareReplay } from './compare.ts';
export { hostSideOf } from './host-side.ts';
export { replayOn } from './replay.ts';
