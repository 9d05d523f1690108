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

/** One rule of the trace that was broken, at its first breach. */
export interface Breach {
  readonly rule: string;
  /** Who broke it: what the chip owes the host, or the host the chip. */
  readonly by: 'chip' | 'host';
  /** What was seen and what is allowed, with the time of the first breach. */
  readonly says: string;
}

/** What the fixtures know of a test when it ends. */
export interface Evidence {
  /** Rules that were broken, the first breach first, without those that faults of the test itself explain. */
  readonly broken: readonly Breach[];
  /** A host driver was at work; without one the test spoke to the chip by itself. */
  readonly hasDriver: boolean;
  /** Kinds of the faults that the test set. */
  readonly faults: readonly string[];
}

/** Nothing is known, as when a worker died. */
export const NO_EVIDENCE: Evidence = { broken: [], hasDriver: false, faults: [] };

export interface Attribution {
  readonly class: FailureClass;
  /** Id of the rule that decided. */
  readonly rule: string;
  /** The evidence that decided, as a sentence. */
  readonly because: string;
}

/** A rule of attribution: the class, and when it fits. */
interface AttributionRule {
  readonly id: string;
  readonly class: FailureClass;
  /** For people. */
  readonly when: string;
  /** The deciding evidence; undefined when the rule does not fit. */
  readonly fits: (message: string, evidence: Evidence) => string | undefined;
}

/** The error's text has it. */
const says =
  (pattern: RegExp): AttributionRule['fits'] =>
  (message) =>
    pattern.exec(message)?.[0];

/** What keeps the shared parts of the lab alive: leases, packages, the TPM behind a simulated chip, a virtual machine. */
const SERVICES =
  /\bLabFailure (RigBusy|LabFailure|Swtpm\w+|SerialPackageMissing|PackageMissing|LabUnprepared|GuestFailed|GuestGone)\b|\bLabFailure: /;

/** A claim about the trace names the rule it was broken by. */
function named(by: Breach['by']): AttributionRule['fits'] {
  return (message, { broken }) => {
    if (!message.includes('The trace breaks')) return undefined;
    const id = /ms {2}([a-z-]+):/.exec(message)?.[1];
    const breach = broken.find(({ rule }) => rule === id);
    return breach?.by === by ? breach.says : undefined;
  };
}

/** The earliest breach of the contract on the wire. */
function firstBreach(by: Breach['by']): AttributionRule['fits'] {
  return (_message, { broken }) => (broken[0]?.by === by ? broken[0].says : undefined);
}

/** Id of the rule for a soak that stayed open: neither pass nor fail. */
export const TOO_FEW_RUNS = 'too-few-runs';

/** The first rule that fits decides. */
export const ATTRIBUTION: readonly AttributionRule[] = [
  {
    id: TOO_FEW_RUNS,
    class: 'test',
    when: 'a soak ended before it was decided',
    fits: says(/\bSoakInconclusive\b/),
  },
  {
    id: 'wrong-chip',
    class: 'provisioning',
    when: 'the chip on the rig is another one, or in another state, than the procedure starts from',
    fits: says(/\bLabFailure NotProvisioned\b/),
  },
  {
    id: 'service-failed',
    class: 'lab service',
    when: 'a lease, a package, swtpm or the virtual machine was not there, or went away',
    fits: says(SERVICES),
  },
  {
    id: 'rig-failed',
    class: 'rig',
    when: 'a board, its controller or a line of the rig could not be opened or did not answer',
    fits: says(/\bLabFailure \w+/),
  },
  {
    id: 'programming-error',
    class: 'test',
    when: 'the suite or h1-hil itself is wrong: an error of the language, or a worker that crashed or hung',
    fits: says(
      /\b(TypeError|ReferenceError|SyntaxError|UsageError|RangeError|Deadlock|TraceOverwritten)\b|worker process exited|Worker teardown/,
    ),
  },
  {
    id: 'named-chip-rule',
    class: 'firmware',
    when: 'the test judges the trace, and the rule that it names is one the chip has to keep',
    fits: named('chip'),
  },
  {
    id: 'named-host-rule',
    class: 'driver profile',
    when: 'the test judges the trace, and the rule that it names is one the host has to keep',
    fits: named('host'),
  },
  {
    id: 'chip-broke-first',
    class: 'firmware',
    when: 'the chip was the first to break a rule of the trace, and no fault of the test explains it',
    fits: firstBreach('chip'),
  },
  {
    id: 'host-broke-first',
    class: 'driver profile',
    when: 'the host was the first to break a rule of the trace',
    fits: firstBreach('host'),
  },
  {
    id: 'chip-alone',
    class: 'firmware',
    when: 'no driver was at work, so what was found wrong is the answer of the chip',
    fits: (_message, { hasDriver }) =>
      hasDriver ? undefined : 'no driver was at work, and no rule of the trace was broken',
  },
  {
    id: 'chip-refused',
    class: 'firmware',
    when: 'the host kept every rule, the test set no fault, and the chip stalled, was silent or refused',
    fits: (message, { faults }) =>
      faults.length > 0
        ? undefined
        : /\b(FlowControlTimeout|StatusTimeout|LocalityRefused|CommandTimeout|TpmError|TpmRefused|ExpectWrong|ResponseBroken|ResponseMalformed|BurstCountZero|ChipNotValid|ForeignChip|MisoStuck|BusFailed)\b[^\n]*/.exec(
            message,
          )?.[0],
  },
  {
    id: 'driver-differs',
    class: 'driver profile',
    when: 'everything else: the wire is in order, and the driver did something else than its profile promises',
    fits: (message) => message.split('\n')[0] ?? '',
  },
];

/** Whose fault it is, by the first rule that fits. */
export function attribute(message: string, evidence: Evidence = NO_EVIDENCE): Attribution {
  for (const rule of ATTRIBUTION) {
    const because = rule.fits(message, evidence);
    if (because !== undefined) return { class: rule.class, rule: rule.id, because };
  }
  return { class: 'test', rule: 'none', because: 'no rule of attribution fits' };
}

/** One category of the Allure report for each class, by the label that every failed test carries. */
export const ALLURE_CATEGORIES = FAILURE_CLASSES.map((name) => ({
  name: name[0]!.toUpperCase() + name.slice(1),
  matchers: [{ statuses: ['failed', 'broken'], labels: { class: `^${name}$` } }],
}));
