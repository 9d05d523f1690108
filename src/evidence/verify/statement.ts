import { decide } from './decide.ts';
import type { Decision, Evidence } from './model.ts';

/** What is signed: an in-toto Statement v1 of a test result, and beside its fields all that it stands on. */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
  readonly predicateType: 'https://in-toto.io/attestation/test-result/v0.1';
  readonly predicate: {
    readonly result: 'PASSED' | 'FAILED';
    /** SHA-256 of every file of the folder but the envelope. */
    readonly configuration: readonly {
      readonly name: string;
      readonly digest: { readonly sha256: string };
    }[];
    readonly passedTests: readonly string[];
    readonly failedTests: readonly string[];
    readonly h1hil_qualification: { readonly evidence: Evidence; readonly decision: Decision };
  };
}

/** The one statement that evidence and the digests of its files give. */
export function statementOf(evidence: Evidence, digests: ReadonlyMap<string, string>): Statement {
  const { policy, runs } = evidence;
  const decision = decide(evidence);
  const tests = runs.flatMap((run) => run.tests);
  const commit = { gitCommit: runs[0]?.commit ?? 'unknown' };
  // A simulated chip has no image: what it is made of is this project.
  const subject =
    policy.image === null
      ? { name: `simulated Cr50 ${policy.firmware}`, digest: commit }
      : { name: `Cr50 ${policy.firmware}`, digest: { sha256: policy.image } };
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subject],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: decision.verdict === 'go' ? 'PASSED' : 'FAILED',
      configuration: [...digests].sort().map(([name, sha256]) => ({ name, digest: { sha256 } })),
      passedTests: tests.filter(({ outcome }) => outcome === 'pass').map(({ name }) => name),
      failedTests: tests
        .filter(({ outcome }) => !['pass', 'skipped'].includes(outcome))
        .map(({ name }) => name),
      h1hil_qualification: { evidence, decision },
    },
  };
}
