import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, release } from 'node:os';
import { join } from 'node:path';
import type { RunContext } from '../report/summary.ts';
import type { Holder } from '../rig/index.ts';
import { userName } from '../rig/index.ts';
import { ROOT } from './root.ts';
import type { RunRequest } from './run-request.ts';

/** Who has asked for a run, for others who want the rig. */
export const newHolder = (): Required<Holder> => ({
  id: randomUUID(),
  pid: process.pid,
  user: userName(),
  host: hostname(),
  since: new Date().toISOString(),
  run: `h1-hil ${process.argv.slice(2).join(' ')}`,
});

/** SHA-256 of a rig file's text. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What is known of a run before its first test begins. */
export function contextOf(
  { rig, folder, suites, grep, claim, profiles, seed, words, drivers, judging }: RunRequest,
  { id, since, host, user }: Required<Holder>,
  { abilities, ...found }: Pick<RunContext, 'abilities' | 'fingerprint' | 'job'>,
): RunContext {
  const rigText = readFileSync(rig.file, 'utf8');
  const rigHash = hashOf(rigText);
  return {
    ...{ id, start: since, host, user, versions: versions(), commit: commitOf() },
    ...{ rig: rig.key, profiles, seed, abilities, ...found },
    selection: {
      ...{ rigFile: rig.file, rigText, rigHash, folder, suites, words, drivers },
      ...{ pattern: grep, claim, judging },
    },
  };
}

function versions(): RunContext['versions'] {
  const versionIn = (file: string): string =>
    (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  const { resolve } = createRequire(import.meta.url);
  return {
    'h1-hil': versionIn(join(ROOT, 'package.json')),
    node: process.versions.node,
    '@playwright/test': versionIn(resolve('@playwright/test/package.json')),
    kernel: release(),
  };
}

/** The commit of this tree; `unknown` where there is none. */
export function commitOf(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }).trim();
  } catch {
    return 'unknown';
  }
}
