import type { KeyObject } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences } from './differences.ts';
import type { Envelope } from './envelope.ts';
import { isSignedBy, PAYLOAD_TYPE, sha256 } from './envelope.ts';
import type { Run } from './model.ts';
import { runOf } from './run.ts';
import type { Statement } from './statement.ts';
import { statementOf } from './statement.ts';

/** Name of the envelope, the one file that no digest covers. */
export const ENVELOPE_FILE = 'envelope.json';
/** The policy, as somebody wrote it. */
export const POLICY_FILE = 'qualification.yaml';

/** What a check of a folder came to. It holds when there is no trouble. */
export interface Checked {
  readonly trouble: readonly string[];
  /** Undefined when the envelope cannot be read. */
  readonly statement: Statement | undefined;
}

/** Checks the signature, then makes the statement again of the files of the folder, and compares it. */
export function verifyFolder(folder: string, key: KeyObject): Checked {
  const trouble: string[] = [];
  try {
    const text = readFileSync(join(folder, ENVELOPE_FILE), 'utf8');
    const envelope = JSON.parse(text) as Envelope;
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as Statement;
    // A byte that no parser looks at is a change as well.
    if (text !== textOf(plainEnvelope(envelope)))
      trouble.push(`${ENVELOPE_FILE}: it is not written as it was signed`);
    if (envelope.payloadType !== PAYLOAD_TYPE || !isSignedBy(envelope, key))
      trouble.push(`${ENVELOPE_FILE}: the signature is not by this key, or the content was changed`);
    const told = differences(madeAgain(folder, statement, trouble), statement);
    // What follows from something that differs is not told beside it.
    const causes = told.filter((one) => !/^(decision|passedTests|failedTests)/.test(one));
    trouble.push(...(causes.length > 0 ? causes : told));
    return { trouble, statement };
  } catch (failure) {
    return {
      trouble: [...trouble, `${ENVELOPE_FILE}: it cannot be read: ${String(failure)}`],
      statement: undefined,
    };
  }
}

/** The statement that the files of the folder give. What cannot be read is trouble, and stays as it was signed. */
function madeAgain(folder: string, signed: Statement, trouble: string[]): Statement {
  const { evidence } = signed.predicate.h1hil_qualification;
  const read = <T>(file: string, made: (bytes: Buffer) => T, otherwise: T): T => {
    try {
      return made(readFileSync(join(folder, file)));
    } catch (failure) {
      trouble.push(`${file}: it cannot be read: ${String(failure)}`);
      return otherwise;
    }
  };
  const digests = filesIn(folder).map((file) => [file, read(file, sha256, '')] as const);
  const runs = evidence.runs.map((run): Run => {
    const place = `runs/${run.id}`;
    return read(
      `${place}/summary.json`,
      () => runOf((file) => readFileSync(join(folder, place, file), 'utf8'), run),
      run,
    );
  });
  const policyText = read(POLICY_FILE, String, evidence.policyText);
  return statementOf({ ...evidence, policyText, runs }, new Map(digests));
}

/** JSON as it stands in the folder. */
export const textOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const plain = (base64: string): string => Buffer.from(base64, 'base64').toString('base64');
const plainEnvelope = ({ payloadType, payload, signatures }: Envelope): Envelope => ({
  ...{ payloadType, payload: plain(payload) },
  signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: plain(sig) })),
});

/** Every file below a folder but the envelope, as paths with `/`. A link is read, and is told. */
export const filesIn = (folder: string, below = ''): string[] =>
  readdirSync(join(folder, below)).flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    const seen = lstatSync(join(folder, path));
    if (seen.isDirectory()) return filesIn(folder, path);
    if (!seen.isFile()) return [`${path} (no file)`];
    return path === ENVELOPE_FILE ? [] : [path];
  });
