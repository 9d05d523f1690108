/** One thing that a policy asks for: it selects what runs say, and is as good as the worst of it. */
export interface Demand {
  readonly kind: 'rig' | 'suite' | 'requirement' | 'claim' | 'margin' | 'comparison';
  readonly name: string;
  /** Runs on this rig alone; those on a board with a chip of silicon, or on a simulated one alone. */
  readonly rig?: string;
  readonly isReal?: boolean;
  /** Tests of this suite, with this driver, with this in their path, that cite one of these clauses. */
  readonly suite?: string;
  readonly driver?: string;
  readonly title?: string;
  readonly cited?: readonly string[];
  /** Rules of the trace, and the least margin that they have to keep, in their unit. */
  readonly rules?: readonly string[];
  readonly least?: number;
  /** A failure rate, 0 to 1, and the confidence. */
  readonly below?: number;
  readonly confidence?: number;
  /** The release with which each run is compared. */
  readonly version?: string;
}

/** Something known that shall not stop the release. */
export interface Waiver {
  readonly of: 'requirement' | 'test' | 'change';
  /** Of a requirement its clause; of a test or a change a part of its name. */
  readonly name: string;
  readonly owner: string;
  readonly reason: string;
  /** Last day, as in `2026-12-24`. */
  readonly until: string;
}

/** What a release has to show. */
export interface Policy {
  readonly title: string;
  readonly firmware: string;
  /** SHA-256 of the firmware image; null for a simulated chip, which has none. */
  readonly image: string | null;
  /** Whether the project's tree may have changes beside its commit. */
  readonly isAnyCommit: boolean;
  readonly maxAgeDays: number;
  /** Abilities whose lack on a rig is an accepted reason to skip. */
  readonly skips: readonly string[];
  readonly demands: readonly Demand[];
  readonly waivers: readonly Waiver[];
}

/** One test of a run. `name`: titles from the driver down. `trace`: SHA-256 over its frames and their times. */
export interface Test {
  readonly name: string;
  readonly suite: string;
  readonly driver: string;
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'no verdict' | 'skipped' | 'not run';
  /** What of rig, driver or test was lacking, where it was skipped. */
  readonly lacks: readonly string[];
  readonly says: string;
  readonly trace: string;
  readonly cites: readonly string[];
  /** Counts of a soak; null of other tests. */
  readonly soak: { readonly runs: number; readonly failures: number } | null;
}

/** A rule over all tests of a run: its worst margin, and in which test. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly count: number;
  readonly margin: number;
  readonly worstIn: string;
}

/** What is not as it was in the last release. `lost`: that had shown it, and this one does not. */
export interface Change {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly direction: 'worse' | 'lost' | 'better' | 'other';
  readonly clauses: readonly string[];
}

/** What the files of a run do not say. */
export interface Given {
  readonly isReal: boolean;
  /** What the lab objects, each as a sentence. */
  readonly objections: readonly string[];
  /** The run of the last release that it was compared with, that release, and what changed. */
  readonly before: {
    readonly run: string;
    readonly version: string;
    readonly changes: readonly Change[];
  } | null;
}

/** One run, read from its files. */
export interface Run extends Given {
  readonly id: string;
  readonly rig: string;
  readonly firmware: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly ended: string;
  /** Chip, rig file, seed, versions. */
  readonly about: Readonly<Record<string, string>>;
  /** Why it is no whole run with every judge, each as a sentence. It shows nothing then. */
  readonly doubts: readonly string[];
  readonly tests: readonly Test[];
  readonly measures: readonly Measure[];
}

/** All that a decision is made from. */
export interface Evidence {
  readonly policy: Policy;
  /** The policy as somebody wrote it. */
  readonly policyText: string;
  /** When it was decided, ISO 8601. */
  readonly decided: string;
  readonly runs: readonly Run[];
}

/** One thing that was decided. `by`: tests, rules and runs that show it. */
export interface Criterion {
  readonly kind: Demand['kind'] | 'waiver';
  readonly name: string;
  readonly state: 'shown' | 'broken' | 'not shown' | 'waived';
  readonly says: string;
  readonly by: readonly string[];
}

/** What all criteria come to. */
export interface Decision {
  readonly verdict: 'go' | 'no go' | 'not shown';
  readonly criteria: readonly Criterion[];
}
