export type { Agreement, Difference, DifferenceClass, TwinReport } from './findings.ts';
export type { Effect, Intervention } from './interventions.ts';
export type { ReferenceChip } from './reference.ts';
export type { TapeBounds } from './tape.ts';
export { TwinTape } from './tape.ts';
export type { TwinOptions } from './options.ts';
export { readyTime } from './bands.ts';
export { TpmAnswers } from './tpm-answers.ts';
export { compareWithTwin } from './twin.ts';
