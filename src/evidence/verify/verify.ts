import { createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide } from './decide.ts';
import { differences, firstLine, journalTrouble } from './differences.ts';
import type { Envelope } from './envelope.ts';
import { isSignedBy, PAYLOAD_TYPE } from './envelope.ts';
import type { Decision, Evidence } from './model.ts';

/** Name of the envelope, the one file that no digest covers. */
export const ENVELOPE_FILE = 'envelope.json';
/** The evidence, as it is signed. */
export const EVIDENCE_FILE = 'evidence.json';
/** The policy, as somebody wrote it. */
export const POLICY_FILE = 'qualification.yaml';
/** Name of a run's journal in the run's folder. */
export const JOURNAL = 'journal.jsonl';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://in-toto.io/attestation/test-result/v0.1';

/** What is signed. */
export interface Statement {
  readonly _type: string;
  readonly subject: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
  readonly predicateType: string;
  readonly predicate: {
    readonly result: 'PASSED' | 'FAILED';
    readonly configuration: readonly object[];
    readonly passedTests: readonly string[];
    readonly failedTests: readonly string[];
    readonly h1hil_qualification: {
      readonly evidence: Evidence;
      readonly decision: Decision;
      /** SHA-256 of every other file of the folder, by its path. */
      readonly files: Readonly<Record<string, string>>;
    };
  };
}

/** What a check of a folder came to. It holds when there is no trouble. */
export interface Checked {
  readonly trouble: readonly string[];
  /** Undefined when the envelope cannot be read. */
  readonly statement: Statement | undefined;
}

/** Checks a folder of evidence: signature, digests, nothing missing or added, and the decision made again. */
export function verifyFolder(folder: string, key: KeyObject): Checked {
  let envelope: Envelope;
  let statement: Statement;
  const trouble: string[] = [];
  try {
    const text = readFileSync(join(folder, ENVELOPE_FILE), 'utf8');
    envelope = JSON.parse(text) as Envelope;
    // A byte that no parser looks at is a change as well.
    if (text !== textOf(plainEnvelope(envelope)))
      trouble.push(`${ENVELOPE_FILE}: it is not written as it was signed`);
    if (!isSignedBy(envelope, key))
      return {
        trouble: [`${ENVELOPE_FILE}: the signature is not by this key, or the content was changed`],
        statement: undefined,
      };
    statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as Statement;
  } catch (failure) {
    return { trouble: [`${ENVELOPE_FILE}: it cannot be read: ${String(failure)}`], statement: undefined };
  }
  try {
    if (
      envelope.payloadType !== PAYLOAD_TYPE ||
      statement._type !== STATEMENT_TYPE ||
      statement.predicateType !== PREDICATE_TYPE
    )
      trouble.push(
        `${ENVELOPE_FILE}: ${envelope.payloadType} with ${statement._type} and ${statement.predicateType} is no evidence of this kind`,
      );
    trouble.push(
      ...filesTrouble(folder, statement),
      ...insideTrouble(folder, statement),
      ...decisionTrouble(statement),
    );
  } catch (failure) {
    trouble.push(`${ENVELOPE_FILE}: the statement has not the right shape: ${String(failure)}`);
  }
  return { trouble, statement };
}

/** JSON as it stands in the folder. */
export const textOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const plainEnvelope = ({ payloadType, payload, signatures }: Envelope): Envelope => ({
  payloadType,
  payload: Buffer.from(payload, 'base64').toString('base64'),
  signatures: signatures.map(({ keyid, sig }) => ({
    keyid,
    sig: Buffer.from(sig, 'base64').toString('base64'),
  })),
});

/** SHA-256 of bytes or of a text in UTF-8, as hexadecimal digits. */
export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** Every file below a folder but the envelope, as paths with `/`. A link is no file. */
export function filesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below))
    .sort()
    .flatMap((name) => {
      const path = below === '' ? name : `${below}/${name}`;
      if (lstatSync(join(folder, path)).isDirectory()) return filesIn(folder, path);
      return path === ENVELOPE_FILE ? [] : [path];
    });
}

function filesTrouble(folder: string, { predicate }: Statement): string[] {
  const { files, evidence } = predicate.h1hil_qualification;
  const there = filesIn(folder);
  const added = there.filter((file) => files[file] === undefined).map((file) => `${file}: it was added`);
  const others = Object.entries(files).flatMap(([file, digest]) => {
    if (!there.includes(file)) return [`${file}: it is missing`];
    if (!lstatSync(join(folder, file)).isFile()) return [`${file}: it is no file`];
    const bytes = readFileSync(join(folder, file));
    if (sha256(bytes) === digest) return [];
    const inside = contentTrouble(file, bytes.toString('utf8'), evidence);
    return inside.length > 0
      ? inside.map((one) => `${file}: ${one}`)
      : [`${file}: its digest is not the one that was signed`];
  });
  return [...others, ...added];
}

/** What of a changed file differs, where the evidence knows its content. */
function contentTrouble(file: string, text: string, evidence: Evidence): string[] {
  if (file === POLICY_FILE) return [firstLine(text, evidence.policyText)];
  const run = evidence.runs.find(({ folder }) => file === `${folder}/${JOURNAL}`);
  if (run !== undefined) return journalTrouble(text, run);
  if (file !== EVIDENCE_FILE) return [];
  try {
    return differences(JSON.parse(text), evidence);
  } catch {
    return ['it is no JSON any more'];
  }
}

/** What was signed and does not fit together: for those who trust the key and not the person. */
function insideTrouble(folder: string, { subject, predicate }: Statement): string[] {
  const { evidence, files } = predicate.h1hil_qualification;
  const found: string[] = [];
  const { image } = evidence.policy.firmware;
  if (image !== null && subject[0]?.digest['sha256'] !== image)
    found.push(`subject: its digest is not that of the policy's firmware image, ${image}`);
  if (files[EVIDENCE_FILE] !== sha256(textOf(evidence)))
    found.push(`${EVIDENCE_FILE}: it is not the evidence that was signed`);
  if (files[POLICY_FILE] !== sha256(evidence.policyText))
    found.push(`${POLICY_FILE}: it is not the policy that was signed`);
  for (const run of evidence.runs) {
    const [journal, rig] = [`${run.folder}/${JOURNAL}`, `${run.folder}/rig.yaml`];
    if (files[rig] !== run.rigHash)
      found.push(`${rig}: it is not the rig file of run ${run.id}, rig ${run.rig}`);
    if (files[journal] === undefined) found.push(`${journal}: the statement does not name it`);
    else if (
      filesIn(folder).includes(journal) &&
      sha256(readFileSync(join(folder, journal))) === files[journal]
    )
      found.push(
        ...journalTrouble(readFileSync(join(folder, journal), 'utf8'), run).map(
          (one) => `${journal}: ${one}`,
        ),
      );
  }
  return found;
}

/** Makes the decision again. */
function decisionTrouble({ predicate }: Statement): string[] {
  const { evidence, decision } = predicate.h1hil_qualification;
  const again = decide(evidence);
  const found: string[] = [];
  if (again.verdict !== decision.verdict)
    found.push(
      `decision: ${decision.verdict} was signed, and the evidence gives ${again.verdict} under its policy`,
    );
  if ((predicate.result === 'PASSED') !== (again.verdict === 'go'))
    found.push(`decision: result ${predicate.result} was signed, and the evidence gives ${again.verdict}`);
  const nameOf = ({ kind, name }: Decision['criteria'][number]): string => `${kind} ${name}`;
  const signed = new Map(decision.criteria.map((one) => [nameOf(one), one.state]));
  for (const one of again.criteria) {
    const state = signed.get(nameOf(one)) ?? 'nothing';
    if (state !== one.state)
      found.push(`${nameOf(one)}: ${state} was signed, and the evidence gives ${one.state}: ${one.says}`);
  }
  const names = new Set(again.criteria.map(nameOf));
  for (const name of signed.keys())
    if (!names.has(name)) found.push(`${name}: it was signed, and the policy does not ask for it`);
  return found;
}
