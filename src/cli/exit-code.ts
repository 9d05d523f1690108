import { HilError } from '../units/index.ts';
import type { Culprit } from '../units/index.ts';
import { Interrupted } from './interrupts.ts';

/** The exit codes of all commands. */
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

/** The exit code for an error, by the party to blame. Only errors of chip or driver give 1. */
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

/** The exit code for an error that ended a command. An error of no known class counts as a failure of the lab. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  return error instanceof HilError ? EXIT_OF[error.blames] : EXIT.lab;
}
