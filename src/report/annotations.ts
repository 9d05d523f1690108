import type { Attribution, Breach, Evidence, FailureClass } from './attribution.ts';
import type { KnownBug } from './known-bug.ts';
import type { Skip } from './skip.ts';
import type { Cell } from './tables.ts';
import type { TwinTally } from './twin-table.ts';

interface Annotation {
  readonly type: string;
  readonly description?: string;
}

/** A note that a fixture leaves for the reporter about a test. Both use the same key and type. */
export interface Note<T> {
  readonly type: string;
  /** The annotation by itself, for a test that is declared with it. */
  of(value: T): Required<Annotation>;
  put(annotations: Annotation[], value: T): void;
  /** Every value that was put, in order. */
  all(annotations: readonly Annotation[]): T[];
  /** The first value that was put. */
  read(annotations: readonly Annotation[]): T | undefined;
}

/** A note whose value stands in the annotation as `write` puts it. */
function noteOf<T>(type: string, write: (value: T) => string, parse: (text: string) => T): Note<T> {
  const all = (annotations: readonly Annotation[]): T[] =>
    annotations.filter((one) => one.type === type).map(({ description = '' }) => parse(description));
  const of = (value: T): Required<Annotation> => ({ type, description: write(value) });
  return {
    type,
    of,
    put: (annotations, value) => {
      annotations.push(of(value));
    },
    all,
    read: (annotations) => all(annotations)[0],
  };
}

const textNote = <T extends string = string>(type: string): Note<T> =>
  noteOf(
    type,
    (text) => text,
    (text) => text as T,
  );

const jsonNote = <T>(type: string): Note<T> =>
  noteOf(
    type,
    (value) => JSON.stringify(value),
    (text) => JSON.parse(text) as T,
  );

/** The evidence that the fixtures had when the test ended. */
export const EVIDENCE_NOTE = jsonNote<Evidence>('h1-hil/evidence');
/** Rules that were broken in the test, and that it did not declare. */
export const BREACH_NOTE = jsonNote<Breach>('h1-hil/breach');
/** Why the test is skipped. */
export const SKIP_NOTE = jsonNote<Skip>('h1-hil/skip');
/** Whose fault the failure is; absent from a failed test whose worker died. */
export const ATTRIBUTION_NOTE = jsonNote<Attribution>('h1-hil/attribution');
/** The class alone, for people who look at the annotations. */
export const CLASS_NOTE = textNote<FailureClass>('h1-hil/class');
/** SHA-256 over all frames of the test and their times. */
export const DIGEST_NOTE = textNote('h1-hil/digest');
/** The chip as it describes itself. */
export const CHIP_NOTE = textNote('h1-hil/chip');
/** What the times of a guest in virtual time depend on: QEMU, kernel, and what the guest boots. */
export const GUEST_NOTE = textNote('h1-hil/guest');
/** One cell of a table of the report. */
export const CELL_NOTE = jsonNote<Cell>('h1-hil/cell');
/** The known bug that the test shows. */
export const KNOWN_BUG_NOTE = jsonNote<KnownBug>('h1-hil/known-bug');
/** A fault that was active during the test. */
export const FAULT_NOTE = jsonNote<{ readonly kind: string }>('h1-hil/fault');
/** What the twin compared in the test. */
export const TWIN_NOTE = jsonNote<TwinTally>('h1-hil/twin');
/** Why the chip was not compared with a twin, where nobody asked for that. */
export const TWINLESS_NOTE = textNote('h1-hil/twinless');
/** Where the bundle of a failed test is. */
export const BUNDLE_NOTE = textNote('h1-hil/bundle');
/** Why what the test measured could not be kept. */
export const LOST_NOTE = textNote('h1-hil/lost');
