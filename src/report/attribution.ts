import type { Culprit } from '../units/index.ts';
import type { Thrown } from './thrown.ts';

/** Whose fault a test that did not pass is: exactly one. */
export const FAILURE_CLASSES = [
  'rig',
  'lab service',
  'provisioning',
  'firmware',
  'driver profile',
  'test',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Classes that say nothing about chip and driver: such a failure gives no verdict. */
export const LAB_CLASSES: readonly FailureClass[] = ['rig', 'lab service', 'provisioning'];

/** The class of a failure for each culprit that an error can state. */
export const CLASS_OF: Readonly<Record<Culprit, FailureClass>> = {
  rig: 'rig',
  'lab service': 'lab service',
  provisioning: 'provisioning',
  chip: 'firmware',
  driver: 'driver profile',
  test: 'test',
  usage: 'test',
  chance: 'test',
};

/** One rule of the trace that was broken, at its first breach. */
export interface Breach {
  readonly rule: string;
  /** Who broke it: what the chip owes the host, the host the chip, or the wire both. */
  readonly by: 'chip' | 'host' | 'wire';
  /** What was seen and what is allowed, with the time of the first breach. */
  readonly says: string;
}

/** Whose behaviour a test looks at, where it goes through a driver all the same. */
export type Subject = 'driver' | 'chip';

/** What the fixtures know of a test when it ends. */
export interface Evidence {
  /** What was thrown in the test and its fixtures, the first error first. */
  readonly thrown: readonly Thrown[];
  /** The test ran out of wall time. */
  readonly isOverTime: boolean;
  /** Rules that were broken, the first breach first, without those that faults of the test itself explain. */
  readonly broken: readonly Breach[];
  /** A host driver was at work; without one the test spoke to the chip by itself. */
  readonly hasDriver: boolean;
  /** Whose behaviour the expectations of the test are about. */
  readonly about: Subject;
  /** Kinds of the faults that the test set. */
  readonly faults: readonly string[];
  /** A healthy twin heard all that the chip heard, and answered as the chip did. */
  readonly isTwinOfOneMind: boolean;
}

/** Whose fault a failure is, and what decided that. */
export interface Attribution {
  readonly class: FailureClass;
  /** Id of the rule that decided. */
  readonly rule: string;
  /** The evidence that decided, as a sentence. */
  readonly because: string;
}

/** A rule of attribution: when it fits, the class and the deciding evidence. */
interface AttributionRule {
  readonly id: string;
  /** For people. */
  readonly when: string;
  /** Undefined when the rule does not fit. */
  readonly fits: (evidence: Evidence) => Omit<Attribution, 'rule'> | undefined;
}

type Verdict = ReturnType<AttributionRule['fits']>;

/** The first error that `suits` decides, by whom it blames. */
const thrownAs =
  (suits: (thrown: Thrown, evidence: Evidence) => boolean): AttributionRule['fits'] =>
  (evidence) =>
    held(evidence.thrown.find((thrown) => suits(thrown, evidence)));

const held = (thrown: Thrown | undefined): Verdict =>
  thrown && { class: thrown.blames === undefined ? 'test' : CLASS_OF[thrown.blames], because: thrown.says };

const CLASS_OF_SIDE = { chip: 'firmware', host: 'driver profile', wire: 'rig' } as const;

/** The first breach of one side. */
const brokenBy =
  (side: Breach['by']): AttributionRule['fits'] =>
  ({ broken }) => {
    const breach = broken.find(({ by }) => by === side);
    return breach && { class: CLASS_OF_SIDE[side], because: breach.says };
  };

/** Id of the rule for a soak that stayed open: neither pass nor fail. */
export const TOO_FEW_RUNS = 'too-few-runs';

/** The first rule that fits decides. */
export const ATTRIBUTION: readonly AttributionRule[] = [
  {
    id: TOO_FEW_RUNS,
    when: 'a soak ended before it was decided',
    fits: thrownAs(({ blames }) => blames === 'chance'),
  },
  {
    id: 'lab-failed',
    when: 'a lease, a package, swtpm, the virtual machine, a board or its chip was not there, or not fit for the test',
    // Who starts the chip is a driver as well: where it broke a rule, it may have said no to the right chip.
    fits: thrownAs(
      ({ kind, blames }, { broken }) =>
        kind === 'lab' && (blames !== 'provisioning' || !broken.some(({ by }) => by === 'host')),
    ),
  },
  {
    id: 'bus-failed',
    when: "the host's own bus or line failed, and the test set no fault that does so",
    fits: thrownAs(({ blames }, { faults }) => blames === 'rig' && faults.length === 0),
  },
  {
    id: 'wire-broke',
    when: 'the wire carried what neither chip nor host can have sent',
    fits: brokenBy('wire'),
  },
  {
    id: 'chip-broke',
    when: 'the chip broke a rule of the trace, or differs from its twin, and no fault of the test explains it',
    fits: brokenBy('chip'),
  },
  {
    id: 'host-broke',
    when: 'the driver broke a rule of the trace, or said what the wire did not carry, and the test did not provoke it',
    fits: brokenBy('host'),
  },
  {
    id: 'program-broke',
    when: 'an error of the language came up in the program of the driver or of the simulated chip',
    fits: thrownAs(({ kind, blames }) => kind === 'language' && blames !== undefined),
  },
  {
    id: 'programming-error',
    when: 'the suite or h1-hil itself is wrong: an error of the language, or a request that makes no sense',
    fits: thrownAs(({ kind, blames }) => kind === 'language' || blames === 'test' || blames === 'usage'),
  },
  {
    id: 'driver-stuck',
    when: 'an error blames a driver: it waited for ever, or refused what it has to do, or said to a healthy chip what is no command',
    // Without a driver under test it is that of the host's firmware, whose word counts against the chip's only with a twin.
    fits: thrownAs(
      ({ blames }, { hasDriver, isTwinOfOneMind }) => blames === 'driver' && (hasDriver || isTwinOfOneMind),
    ),
  },
  {
    id: 'chip-alone',
    when: 'no driver was at work, so what was found wrong is the answer of the chip',
    fits: ({ hasDriver, isOverTime }) =>
      hasDriver || isOverTime
        ? undefined
        : { class: 'firmware', because: 'no driver was at work, and no rule of the trace was broken' },
  },
  {
    id: 'chip-refused',
    when: 'the host kept every rule, the test set no fault, and the chip stalled, was silent or refused',
    fits: thrownAs(({ blames }, { faults }) => blames === 'chip' && faults.length === 0),
  },
  {
    id: 'about-chip',
    when: 'every judge found the trace in order, and what the test expects is expected of the chip',
    fits: ({ about, thrown, isOverTime }) =>
      about === 'chip' && !isOverTime
        ? { class: 'firmware', because: thrown[0]?.says ?? 'no error was given' }
        : undefined,
  },
  {
    id: 'over-time',
    when: 'the test ran out of wall time, and nothing else was found wrong',
    fits: ({ thrown, isOverTime }) =>
      isOverTime ? { class: 'test', because: thrown[0]?.says ?? 'the test ran out of wall time' } : undefined,
  },
  {
    id: 'driver-differs',
    when: 'everything else: the wire is in order, and the driver did something else than its profile promises',
    fits: ({ thrown }) => ({ class: 'driver profile', because: thrown[0]?.says ?? 'no error was given' }),
  },
];

/** Whose fault it is, by the first rule that fits. */
export function attribute(evidence: Evidence): Attribution {
  for (const { id, fits } of ATTRIBUTION) {
    const verdict = fits(evidence);
    if (verdict !== undefined) return { class: verdict.class, rule: id, because: verdict.because };
  }
  return { class: 'test', rule: 'none', because: 'no rule of attribution fits' };
}

/** Of a failed test of which its worker told nothing: the worker is gone, and with it all that was known. */
export const WORKER_DIED: Attribution = {
  class: 'lab service',
  rule: 'worker-died',
  because: 'the worker process ended before it could say what happened',
};

/** One category of the Allure report for each class, by the label that every failed test carries. */
export const ALLURE_CATEGORIES = FAILURE_CLASSES.map((name) => ({
  name: name[0]!.toUpperCase() + name.slice(1),
  matchers: [{ statuses: ['failed', 'broken'], labels: { class: `^${name}$` } }],
}));
