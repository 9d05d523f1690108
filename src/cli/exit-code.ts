import { HilError } from '../units/index.ts';
import type { Culprit } from '../units/index.ts';
import { Interrupted } from './interrupts.ts';

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

/** Whom an error blames decides: 1 is for what chip or driver did, and for nothing else. */
const EXIT_OF: Readonly<Record<Culprit, number>> = {
  chip: EXIT.failure,
  driver: EXIT.failure,
  usage: EXIT.usage,
  rig: EXIT.lab,
  'lab service': EXIT.lab,
  provisioning: EXIT.lab,
  test: EXIT.lab,
  chance: EXIT.inconclusive,
};

/** The exit code of an error that ended a command; of one that nobody foresaw, that of a lab that failed. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  return error instanceof HilError ? EXIT_OF[error.blames] : EXIT.lab;
}
