import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../units/index.ts';
import type { Collected } from './collect.ts';
import type { Signer } from './sign.ts';
import { envelopeOf } from './sign.ts';
import { sha256 } from './verify/envelope.ts';
import type { Evidence } from './verify/model.ts';
import { statementOf } from './verify/statement.ts';
import { ENVELOPE_FILE, POLICY_FILE, textOf } from './verify/verify.ts';

/** A folder for evidence has other things in it. */
export class FolderTaken extends UsageError {}

/** What a folder of evidence is made of. */
export interface Made {
  readonly evidence: Evidence;
  /** Runs with their files, those of the last release too. */
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
  { evidence, collected, more }: Made,
  signer: Signer | undefined,
): void {
  const files = new Map<string, Buffer>([
    [POLICY_FILE, Buffer.from(evidence.policyText)],
    ...[...more].map(([name, text]) => [name, Buffer.from(text)] as const),
  ]);
  for (const { run, files: ofRun } of collected)
    for (const [name, content] of ofRun) files.set(`runs/${run.id}/${name}`, content);
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const digests = new Map([...files].map(([name, content]) => [name, sha256(content)]));
  writeFileSync(join(folder, ENVELOPE_FILE), textOf(envelopeOf(statementOf(evidence, digests), signer)));
}
