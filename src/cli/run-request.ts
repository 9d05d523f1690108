import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Rig } from '../rig/index.ts';
import { loadRig } from '../rig/index.ts';
import { PROFILES } from '../tis/index.ts';
import { UsageError } from '../units/index.ts';
import { ROOT } from './root.ts';

/** The options of `h1-hil run` as they were typed. */
export interface RunOptions {
  readonly rig: string;
  readonly profile?: readonly string[];
  readonly seed?: string;
  readonly grep?: string;
  readonly report?: string;
  readonly json?: true;
  readonly list?: true;
}

/** What is to be run, checked. */
export interface RunRequest {
  readonly rig: Rig;
  readonly suites: readonly string[];
  readonly profiles: readonly string[];
  readonly seed: number;
  readonly grep: string | undefined;
  /** The command that does the same again. */
  readonly again: string;
}

/** @throws UsageError, or what `loadRig` throws. */
export function checkRequest(suites: readonly string[], options: RunOptions): RunRequest {
  const rig = loadRig(options.rig);
  const profiles = checkedProfiles(options.profile);
  const seed = options.seed === undefined ? chooseSeed() : checkedSeed(options.seed);
  const names = suites.map(checkedSuite);
  const { grep } = options;
  if (grep !== undefined) checkPattern(grep);
  const again = [
    'h1-hil run',
    ...names,
    ...(rig.key === 'sim' ? [] : ['--rig', quoted(rig.key)]),
    ...(options.profile === undefined ? [] : ['--profile', ...profiles]),
    ...(grep === undefined ? [] : ['--grep', quoted(grep)]),
    '--seed',
    seed,
  ].join(' ');
  return { rig, suites: names, profiles, seed, grep, again };
}

function checkedProfiles(wanted: readonly string[] | undefined): readonly string[] {
  const known = [...PROFILES.keys()];
  for (const name of wanted ?? [])
    if (!PROFILES.has(name))
      throw new UsageError(`There is no profile ${name}. Known profiles: ${known.join(', ')}.`);
  return wanted === undefined ? known : [...new Set(wanted)];
}

const MOST_SEED = 0xffffffff;

function checkedSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MOST_SEED)
    throw new UsageError(`A seed is a whole number from 0 to ${MOST_SEED}, and "${text}" is none.`);
  return seed;
}

/** A seed nobody thought of; it is printed, so that the run can be repeated. */
const chooseSeed = (): number => randomInt(MOST_SEED + 1);

function checkedSuite(name: string): string {
  const plain = basename(name);
  const known = readdirSync(join(ROOT, 'suites'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  if (!known.includes(plain))
    throw new UsageError(`There is no suite ${name}. Known suites: ${known.join(', ')}.`);
  return plain;
}

function checkPattern(text: string): void {
  try {
    new RegExp(text);
  } catch (cause) {
    throw new UsageError(`--grep takes a regular expression, and "${text}" is none.`, { cause });
  }
}

/** For a shell. */
const quoted = (text: string): string =>
  /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
