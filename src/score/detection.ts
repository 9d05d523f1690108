import type { FailureClass } from '../report/attribution.ts';
import type { Failure } from '../report/summary.ts';
import { Random } from '../sim/index.ts';
import type { PlantedBug } from './planted-bugs.ts';

/** The score that is wanted: 58 of 60. */
const GOAL = 58 / 60;
/** What the suites made of one planted bug. */
export interface Detection {
  readonly id: string;
  readonly isCaught: boolean;
  readonly suites: readonly string[];
  readonly classes: readonly FailureClass[];
  /** The class that is right for it is among those found. */
  readonly isAttributed: boolean;
}

/** Whether enough of the planted bugs were caught. */
export const isEnough = (caught: number, planted: number): boolean => caught >= Math.floor(GOAL * planted);

/** The same values in an order of chance. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const left = [...values];
  return Array.from(values, () => left.splice(random.integer(0, left.length - 1), 1)[0]!);
}

/** `size` of the bugs, each at most once, the same for the same seed. */
export const chooseBugs = (bugs: readonly PlantedBug[], size: number, seed: number): readonly PlantedBug[] =>
  shuffled(bugs, new Random(seed)).slice(0, size);

/** Tells from the failures of a run with one planted bug whether the suites caught it. */
export function detectionOf({ id, kind }: PlantedBug, all: readonly Failure[]): Detection {
  // A failure without a suite is the runner's message that it stopped.
  const failures = all.filter(({ suite }) => suite !== '');
  const classes = [...new Set(failures.map((failure) => failure.class))];
  return {
    id,
    isCaught: failures.length > 0,
    suites: [...new Set(failures.map(({ suite }) => suite))],
    classes,
    isAttributed: classes.includes(kind === 'driver' ? 'driver profile' : 'firmware'),
  };
}

/** One line: caught or missed, by which suites, blamed on whom. */
export function showDetection({ id, isCaught, suites, classes, isAttributed }: Detection): string {
  const verdict = !isCaught ? 'MISSED ' : isAttributed ? 'caught ' : 'caught?';
  return `${verdict}  ${id.slice(0, 80).padEnd(80)}  ${suites.join(', ')} (${classes.join(', ')})`;
}
