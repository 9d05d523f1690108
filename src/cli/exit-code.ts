import { LabFailure, UsageError } from '../units/index.ts';
import { Interrupted } from './child.ts';

/** What a command answers its shell. */
export const EXIT = {
  pass: 0,
  failure: 1,
  usage: 2,
  lab: 3,
  inconclusive: 4,
  invalidEvidence: 5,
  interrupted: 130,
} as const;

/** The exit code of a run, by its verdict. */
export const EXIT_OF_VERDICT = {
  pass: EXIT.pass,
  fail: EXIT.failure,
  inconclusive: EXIT.inconclusive,
  'no verdict': EXIT.lab,
  interrupted: EXIT.interrupted,
} as const;

/** The exit code of an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof LabFailure) return EXIT.lab;
  return EXIT.failure;
}
