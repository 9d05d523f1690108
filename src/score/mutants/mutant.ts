import type { FailureClass } from '../../report/attribution.ts';
import type { Failure } from '../../report/summary.ts';

/** Whose source was changed. */
export type Side = 'chip' | 'driver';

/** What is changed: a folder, and whose source it is. */
export const MUTATED: readonly { readonly folder: string; readonly side: Side }[] = [
  { folder: 'src/sim/h1', side: 'chip' },
  { folder: 'src/sim/tpm', side: 'chip' },
  { folder: 'src/driver', side: 'driver' },
  { folder: 'src/tpm', side: 'driver' },
  { folder: 'src/wire', side: 'driver' },
];

/** One small change of the source. */
export interface Mutant {
  /** The number by which the instrumented source knows it. */
  readonly id: string;
  readonly side: Side;
  /** Path from the project's folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The kind of change, such as EqualityOperator. */
  readonly kind: string;
  /** The text that is replaced, and what stands there instead. */
  readonly original: string;
  readonly replacement: string;
  /** The whole line, without indentation: it finds the mutant again when lines have moved. */
  readonly code: string;
}

/** What the suites made of one mutant. */
export type Fate =
  /** Tests failed that pass without the mutant. Class and words are those of the first failure of the majority. */
  | {
      readonly fate: 'killed';
      readonly suite: string;
      readonly title: string;
      readonly class: FailureClass;
      readonly because: string;
      readonly message: string;
    }
  /** The tests did not end in time, or their worker ended. */
  | { readonly fate: 'hung' }
  /** All tests that were run passed. */
  | { readonly fate: 'survived'; readonly tests: number; readonly reaching: number }
  /** No test runs this code. */
  | { readonly fate: 'unreached' };

/** A mutant with its fate. */
export type Outcome = Mutant & Fate;

/** The class that a failure has to have when this side is wrong. */
export const CLASS_OF_MUTANT: Readonly<Record<Side, FailureClass>> = {
  chip: 'firmware',
  driver: 'driver profile',
};

/**
 * Files that change nothing in the suites on rig `sim`: words for people, rows of hosts whose driver is no complete
 * stack, the loader of drivers from elsewhere, and what stands before swtpm.
 */
export const UNTOUCHED: readonly string[] = [
  'src/sim/tpm/differences.ts',
  'src/tpm/response-code.ts',
  'src/driver/profiles/host-drivers.ts',
  'src/driver/driver-module.ts',
  'src/sim/tpm/library-front.ts',
];

/**
 * The fate of a mutant with these failures: killed, with the class that most of them have, on a tie the one that came
 * first. A lab's or a test's failure counts like any other, and is never the right class. Undefined without failures.
 */
export function fateOfFailures(failures: readonly Failure[]): Fate | undefined {
  const votes = (wanted: FailureClass): number => failures.filter((one) => one.class === wanted).length;
  const most = Math.max(...failures.map((one) => votes(one.class)));
  const failure = failures.find((one) => votes(one.class) === most);
  if (failure === undefined) return undefined;
  const { suite, title, because, message } = failure;
  return { fate: 'killed', suite, title, class: failure.class, because, message };
}
