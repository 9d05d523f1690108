/** What one test came to. `no verdict`: the lab or the suite failed. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'no verdict' | 'skipped' | 'not run';

/** Rigs that the policy asks for. */
export interface RigDemand {
  /** Name of the rig, or `*` for any. */
  readonly rig: string;
  /** `real`: a board with a chip. A run on a simulated one does not count then. */
  readonly kind: 'real' | 'simulated';
  /** Suites that have to run there. */
  readonly suites: readonly string[];
}

/** A failure rate that has to be shown below a bound. */
export interface Claim {
  readonly suite: string;
  /** Part of the test's title; every soak of the suite without. */
  readonly test: string | null;
  /** Failure rate, 0 to 1. */
  readonly below: number;
  /** 0.5 to 1. */
  readonly confidence: number;
}

/** A margin that a measured rule has to keep, in the rule's own unit. */
export interface LeastMargin {
  readonly rule: string;
  readonly least: number;
}

/** A clause that has to be shown. */
export interface RequiredClause {
  readonly id: string;
  readonly binds: 'chip' | 'driver';
  /** Whether only a real board shows it. */
  readonly isReal: boolean;
}

/** Something that is known, and not to stop the release. Exactly one of requirement, test and change is set. */
export interface Waiver {
  readonly requirement: string | null;
  /** Part of a test's path. */
  readonly test: string | null;
  /** Part of what the comparison with the last release says. */
  readonly change: string | null;
  readonly owner: string;
  readonly reason: string;
  /** Last day, as in `2026-12-24`. */
  readonly until: string;
}

/** What a release has to show. */
export interface Policy {
  readonly name: string;
  /** `image`: SHA-256 of the firmware image; null for a simulated chip, which has none. */
  readonly firmware: { readonly version: string; readonly image: string | null };
  /** Version of the release that it is compared with; null when it is compared with none. */
  readonly comparedWith: string | null;
  readonly commit: 'clean' | 'any';
  /** Runs that are older do not count, in days. */
  readonly maxAgeDays: number;
  readonly rigs: readonly RigDemand[];
  readonly drivers: readonly string[];
  /** Abilities whose lack on a rig is an accepted reason to skip. */
  readonly skips: readonly string[];
  readonly claims: readonly Claim[];
  readonly margins: readonly LeastMargin[];
  readonly requirements: readonly RequiredClause[];
  readonly waivers: readonly Waiver[];
}

/** One result of a run. */
export interface Result {
  /** Titles from the driver down; they identify the test. */
  readonly test: string;
  readonly suite: string;
  readonly driver: string;
  readonly outcome: Outcome;
  /** What of the rig, the driver or the test was lacking; empty when it was not skipped, or for no accepted reason. */
  readonly lacks: readonly string[];
  readonly says: string | null;
  /** SHA-256 over the frames and their times; null without traffic. */
  readonly trace: string | null;
  readonly clauses: readonly string[];
}

/** What a run measured of one rule. */
export interface Measured {
  readonly rule: string;
  readonly unit: string;
  readonly count: number;
  /** Null where nothing is limited. */
  readonly margin: number | null;
  readonly clauses: readonly string[];
}

/** Counts of a soak. */
export interface Soak {
  readonly suite: string;
  readonly test: string;
  readonly driver: string;
  readonly runs: number;
  readonly failures: number;
}

/** One run. */
export interface Run {
  readonly id: string;
  /** Folder of its files below the evidence. */
  readonly folder: string;
  readonly rig: string;
  /** SHA-256 of the rig file. */
  readonly rigHash: string;
  readonly isReal: boolean;
  readonly chip: string;
  readonly firmware: string;
  readonly commit: string;
  readonly seed: number;
  /** ISO 8601. */
  readonly ended: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Failures that belong to no test: nothing of the run counts for its rig then. */
  readonly outside: readonly string[];
  /** Why it is no whole run with every judge, each as a sentence: tests left out, breaches told alone, no verdict. */
  readonly doubts: readonly string[];
  readonly results: readonly Result[];
  readonly measures: readonly Measured[];
  readonly soaks: readonly Soak[];
}

/** One thing that is not as it was in the last release. */
export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** `lost`: the last release had shown it, and this one does not. */
  readonly direction: 'worse' | 'lost' | 'better' | 'other';
  readonly clauses: readonly string[];
}

/** This release and the last one. */
export interface Compared {
  readonly before: { readonly run: string; readonly firmware: string };
  readonly after: { readonly run: string };
  readonly changes: readonly Change[];
}

/** All that a decision is made from. */
export interface Evidence {
  readonly policy: Policy;
  /** The policy as somebody wrote it. */
  readonly policyText: string;
  /** When it was decided, ISO 8601. */
  readonly decided: string;
  readonly runs: readonly Run[];
  readonly comparisons: readonly Compared[];
}

/** One thing that was decided. */
export interface Criterion {
  readonly kind:
    'firmware' | 'commit' | 'rig' | 'suite' | 'requirement' | 'claim' | 'margin' | 'comparison' | 'waiver';
  readonly name: string;
  readonly state: 'shown' | 'broken' | 'not shown' | 'waived';
  readonly says: string;
  /** Tests, rules and runs that it stands on. */
  readonly by: readonly string[];
}

/** What all criteria come to. */
export interface Decision {
  readonly verdict: 'go' | 'no go' | 'not shown';
  readonly criteria: readonly Criterion[];
}
