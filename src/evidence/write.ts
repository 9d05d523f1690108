import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../units/index.ts';
import type { Collected } from './collect.ts';
import type { Signer } from './sign.ts';
import { envelopeOf } from './sign.ts';
import type { Decision, Evidence, Policy } from './verify/model.ts';
import type { Statement } from './verify/verify.ts';
import {
  ENVELOPE_FILE,
  EVIDENCE_FILE,
  POLICY_FILE,
  PREDICATE_TYPE,
  sha256,
  STATEMENT_TYPE,
  textOf,
} from './verify/verify.ts';

/** A folder for evidence has other things in it. */
export class FolderTaken extends UsageError {}

/** What a folder of evidence is made of. */
export interface Made {
  readonly evidence: Evidence;
  readonly decision: Decision;
  readonly collected: readonly Pick<Collected, 'run' | 'files'>[];
  /** Further files, by their names: the lock file, the page. */
  readonly more: ReadonlyMap<string, string>;
}

/** @throws FolderTaken when there is something in the folder */
export function checkFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0)
    throw new FolderTaken(`${folder} is not empty: evidence needs a folder of its own.`);
}

/** Writes evidence, and the envelope as the last file. @throws what signing or the file system throws */
export function writeEvidence(
  folder: string,
  { evidence, decision, collected, more }: Made,
  signer: Signer | undefined,
): void {
  const files = new Map<string, Buffer>([
    [EVIDENCE_FILE, Buffer.from(textOf(evidence))],
    [POLICY_FILE, Buffer.from(evidence.policyText)],
    ...[...more].map(([name, text]) => [name, Buffer.from(text)] as const),
  ]);
  for (const { run, files: ofRun } of collected)
    for (const [name, content] of ofRun) files.set(`${run.folder}/${name}`, content);
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const digests = [...files].map(([name, content]) => [name, sha256(content)] as const);
  const statement = statementOf({ evidence, decision, files: Object.fromEntries(digests) });
  writeFileSync(join(folder, ENVELOPE_FILE), textOf(envelopeOf(statement, signer)));
}

/** The in-toto statement of evidence. */
export function statementOf(qualification: Statement['predicate']['h1hil_qualification']): Statement {
  const { evidence, decision, files } = qualification;
  const results = evidence.runs.flatMap((run) => run.results);
  const named = (wanted: (outcome: string) => boolean): string[] =>
    results.filter(({ outcome }) => wanted(outcome)).map(({ test }) => test.replace(/^ › /, ''));
  return {
    _type: STATEMENT_TYPE,
    subject: [subjectOf(evidence.policy, evidence.runs[0]?.commit ?? 'unknown')],
    predicateType: PREDICATE_TYPE,
    predicate: {
      result: decision.verdict === 'go' ? 'PASSED' : 'FAILED',
      configuration: Object.entries(files).map(([name, digest]) => ({ name, digest: { sha256: digest } })),
      passedTests: named((outcome) => outcome === 'pass'),
      failedTests: named((outcome) => outcome !== 'pass' && outcome !== 'skipped'),
      h1hil_qualification: qualification,
    },
  };
}

/** A simulated chip has no image: what it is made of is this project. */
function subjectOf({ firmware }: Policy, commit: string): Statement['subject'][number] {
  return firmware.image === null
    ? { name: `simulated Cr50 ${firmware.version}`, digest: { gitCommit: commit } }
    : { name: `Cr50 ${firmware.version}`, digest: { sha256: firmware.image } };
}
