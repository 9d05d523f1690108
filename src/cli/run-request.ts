import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Rig, RunSettings } from '../rig/index.ts';
import { literal, loadRig, servesMany } from '../rig/index.ts';
import { checkedDatasheet, datasheetOf } from '../../fixtures/datasheets/index.ts';
import { COMPLETE_STACKS, loadDriverModule, PROFILES } from '../driver/index.ts';
import { labKernels, seriesOf } from '../boards/virtual-lab/index.ts';
import { didYouMean, UsageError } from '../units/index.ts';
import type { SoakState } from '../report/soaks.ts';
import type { LastRun } from './last-run.ts';
import { lastRunOn } from './last-run.ts';
import { OWN_NAME } from './own-name.ts';
import { quoted } from '../report/quoted.ts';
import { SUITES } from './root.ts';
import { filtersOf, placeOf, showPlace, suitesOf } from './test-choice.ts';

/** The options of `h1-hil run` as they were typed. */
export interface RunOptions {
  readonly rig: string;
  /** Which rig of those that are leased. */
  readonly place?: string;
  readonly coordinator?: string;
  readonly priority?: string;
  readonly suites?: string;
  readonly profile?: readonly string[];
  readonly driver?: readonly string[];
  readonly seed?: string;
  readonly grep?: string;
  /** Tags of tests, and clauses that they cite. */
  readonly tag?: readonly string[];
  readonly below?: string;
  readonly confidence?: string;
  readonly report?: string;
  /** Time after which each soak ends. */
  readonly for?: string;
  readonly resume?: true;
  readonly keepTraces?: true;
  readonly wait?: string;
  readonly limit?: string;
  readonly json?: true;
  readonly list?: true;
  readonly lastFailed?: true;
  readonly repeatEach?: string;
  readonly maxFailures?: string;
  /** `-x`: stop at the first failure. */
  readonly x?: true;
  readonly shard?: string;
  readonly jobs?: string;
  readonly judging?: string;
  readonly twin?: string;
  readonly history?: string;
  /** The run that this one is compared with. */
  readonly against?: string;
  readonly onlyQuarantined?: true;
  readonly known?: string;
  readonly canary?: true;
  /** The job of a night that asks for the run. */
  readonly job?: string;
}

/** A checked request for a run. */
export interface RunRequest {
  readonly rig: Rig;
  /** Absolute path of the folder with the suites. */
  readonly folder: string;
  /** Folders of suites in it; all of them when the list is empty. */
  readonly suites: readonly string[];
  /** What of the suites is run, for the test runner: files and lines, repetitions, a share of all, a stop. */
  readonly runner: readonly string[];
  /** Further words of the command that decide which tests run, as they were typed. */
  readonly words: readonly string[];
  /** The run whose tests are run again: those that failed or were not run. */
  readonly last: LastRun | undefined;
  readonly profiles: readonly string[];
  /** Absolute paths of modules with drivers from outside the project. */
  readonly drivers: readonly string[];
  readonly seed: number;
  readonly grep: string | undefined;
  /** The claim of all soaks; when undefined, each soak has its own claim. */
  readonly claim: RunSettings['claim'];
  /** How long each soak may take, in milliseconds of the board's clock. */
  readonly soakForMs: number | undefined;
  readonly keepsTraces: boolean;
  /** Soaks of an earlier run that go on with their counts. */
  readonly soaks: readonly SoakState[];
  /** Tests that run at the same time. */
  readonly jobs: number;
  /** Maximum time for the whole run, in milliseconds. The run is ended after it. */
  readonly limitMs: number;
  /** What happens at a breach that the test did not declare; when undefined, the test fails. */
  readonly judging: RunSettings['judging'];
  /** What happens when the chip differs from its healthy twin; it is told when undefined. */
  readonly twin: RunSettings['twin'];
  /** The options with which every command repeats a part of this run. */
  readonly always: string;
  /** The command that repeats the run. */
  readonly again: string;
}

/** Checks the options of a run. @throws UsageError, or what `loadRig` throws. */
export async function checkRequest(suites: readonly string[], options: RunOptions): Promise<RunRequest> {
  const rig = loadRig(options.rig);
  const isFollowing = options.lastFailed === true || options.resume === true;
  const last = isFollowing ? lastRunOn(rig.key, options.report) : undefined;
  const drivers = (options.driver ?? last?.drivers ?? []).map((file) => resolve(file));
  const seed = options.seed === undefined ? (last?.seed ?? chooseSeed()) : checkedSeed(options.seed);
  const folder = options.suites === undefined ? (last?.folder ?? SUITES) : resolve(options.suites);
  const asked = options.profile ?? last?.profiles;
  checkPlaces(asked ?? [], suitesOf(folder));
  const profiles = checkedProfiles(asked, rig, await foreignDrivers(drivers));
  const places = suites.map((name) => placeOf(name, folder));
  const grep = options.grep === undefined ? undefined : patternOf(options.grep);
  const resumed = options.resume === true ? last : undefined;
  const claim = checkedClaim(options) ?? resumed?.claim;
  const limitMs = checkedSpan('--limit', options.limit ?? '24h');
  const soakForMs = checkedSoakTime(options.for, limitMs);
  const judging = checkedJudging(options);
  const twin = checkedTwin(options);
  const jobs = checkedJobs(options.jobs, rig);
  const words = choiceWords(options);
  const choice = words.filter((word) => word !== LAST_FAILED);
  const always = wordsOf(options, { rig, folder, drivers, claim, judging, seed });
  const again = [
    ...[`${OWN_NAME} run`, ...places.map((place) => quoted(showPlace(place)))],
    ...(asked === undefined ? [] : ['--profile', ...profiles]),
    ...(grep === undefined ? [] : ['--grep', quoted(grep)]),
    // What failed last is another thing after this run, so the whole is repeated.
    ...choice,
    always,
  ].join(' ');
  return {
    ...{
      rig,
      folder,
      profiles,
      drivers,
      seed,
      grep,
      claim,
      jobs,
      limitMs,
      soakForMs,
      keepsTraces: options.keepTraces === true,
      soaks: resumed?.soaks ?? [],
      judging,
      twin,
      words,
      last,
      always,
      again,
    },
    suites: [...new Set(places.map(({ suite }) => suite))],
    runner: [...filtersOf(places, folder), ...choice],
  };
}

/** The options with which every command repeats a part of the run. */
function wordsOf(
  options: RunOptions,
  {
    rig,
    folder,
    drivers,
    claim,
    judging,
    seed,
  }: Pick<RunRequest, 'rig' | 'folder' | 'drivers' | 'claim' | 'judging' | 'seed'>,
): string {
  return [
    ...(rig.key === 'sim' ? [] : ['--rig', quoted(rig.key)]),
    ...(options.suites === undefined ? [] : ['--suites', quoted(folder)]),
    ...(drivers.length === 0 ? [] : ['--driver', ...drivers.map(quoted)]),
    ...(claim === undefined ? [] : ['--below', claim.below, '--confidence', claim.confidence]),
    ...(options.for === undefined ? [] : ['--for', options.for]),
    ...(judging === undefined ? [] : ['--judging', judging]),
    ...(options.twin === undefined ? [] : ['--twin', options.twin]),
    ...['--seed', seed],
  ].join(' ');
}

/** Sets --jobs for all rigs that serve several tests at a time. */
export const JOBS_VARIABLE = 'H1_HIL_JOBS';
/** More are of no use: suites are handed out by file. */
const MAX_JOBS = 16;

/** @throws UsageError for no number, and for more than the rig serves when that was asked for this run */
function checkedJobs(text: string | undefined, rig: Rig): number {
  if (text === undefined) return servesMany(rig) ? Math.min(availableParallelism(), MAX_JOBS) : 1;
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MAX_JOBS)
    throw new UsageError(`--jobs takes a number from 1 to ${MAX_JOBS}, and "${text.slice(0, 40)}" is none.`);
  if (jobs === 1 || servesMany(rig)) return jobs;
  if (text !== process.env[JOBS_VARIABLE])
    throw new UsageError(
      `Rig ${rig.name} serves one test at a time, and --jobs ${jobs} was asked for: only a simulated board without instruments is there more than once.`,
    );
  return 1;
}

const LAST_FAILED = '--last-failed';
/** Maximum number of repetitions of each test. */
const MAX_REPETITIONS = 100_000;

/** The options that choose tests, checked. @throws UsageError */
function choiceWords({ lastFailed, repeatEach, maxFailures, x, shard }: RunOptions): string[] {
  const [, part, parts] = /^(\d{1,4})\/(\d{1,4})$/.exec(shard ?? '') ?? [];
  if (shard !== undefined && !(Number(part) >= 1 && Number(part) <= Number(parts)))
    throw new UsageError(
      `--shard takes a part and the number of parts, such as 1/3, and "${shard}" is not that.`,
    );
  if (x === true && maxFailures !== undefined)
    throw new UsageError('-x stops at the first failure; leave --max-failures out, or -x.');
  return [
    ...(lastFailed === true ? [LAST_FAILED] : []),
    ...(repeatEach === undefined ? [] : [`--repeat-each=${checkedCount('--repeat-each', repeatEach)}`]),
    ...(x === true ? ['-x'] : []),
    ...(maxFailures === undefined ? [] : [`--max-failures=${checkedCount('--max-failures', maxFailures)}`]),
    ...(shard === undefined ? [] : [`--shard=${shard}`]),
  ];
}

function checkedCount(option: string, text: string): number {
  const count = Number(text);
  if (/^\d{1,6}$/.test(text) && count >= 1 && count <= MAX_REPETITIONS) return count;
  throw new UsageError(
    `${option} takes a whole number from 1 to ${MAX_REPETITIONS}, and "${text}" is not one.`,
  );
}

/** The word for all profiles on the command line. */
const EVERY_PROFILE = 'all';

/** The names of the drivers in these modules. @throws UsageError when a module lacks its profile or its datasheet. */
async function foreignDrivers(files: readonly string[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const file of files) {
    const { profile, datasheet } = await loadDriverModule(file);
    names.push(checkedDatasheet(datasheet, profile.name).name);
  }
  return names;
}

/** The option for profiles takes every word after it. @throws UsageError when one of these words is a place in the suites. */
function checkPlaces(profiles: readonly string[], suites: readonly string[]): void {
  const place = profiles.find((name) => !PROFILES.has(name) && suites.includes(name.split(/[/:]/)[0]!));
  if (place !== undefined)
    throw new UsageError(
      `${place} is a suite, and stands among the profiles: write the suites first, h1-hil run ${place} --profile ${profiles.filter((name) => name !== place).join(' ')}`,
    );
}

function checkedProfiles(
  wanted: readonly string[] | undefined,
  { board }: Rig,
  foreign: readonly string[],
): readonly string[] {
  if (board.kind === 'virtual-lab') {
    const profile = kernelProfile(board.kernel);
    if (wanted?.some((name) => name !== profile) === true)
      throw new UsageError(
        `The driver in the virtual lab is the kernel's: its profile is ${profile}, and no other can be run there.`,
      );
    return [profile];
  }
  // A device tells which kernel it has when it is opened; the run then ends where the datasheet is another one's.
  if (board.kind === 'remote' && wanted === undefined) return [DEVICE_PROFILE];
  const names = [...new Set(namesOf(wanted, foreign))];
  // Checked before any test: a suite without an expectation for a driver would blame the driver.
  for (const name of names) if (!foreign.includes(name)) datasheetOf(name);
  return names;
}

/** The profile of a device whose kernel nobody has named. */
const DEVICE_PROFILE = 'linux-6.1';

/** The profile whose expectations hold for a kernel of the virtual lab. @throws UsageError */
function kernelProfile(kernel: string | undefined): string {
  const series = seriesOf(kernel);
  // Without headers nothing can be booted, and opening the rig says what is missing.
  if (series === undefined && kernel === undefined) return 'linux-6.1';
  const names = labKernels().map(({ name }) => name);
  if (series === undefined)
    throw new UsageError(
      `The virtual lab has no kernel ${kernel ?? ''}${didYouMean(kernel ?? '', names)} Known kernels: ${names.join(', ')}.`,
    );
  datasheetOf(`linux-${series}`);
  return `linux-${series}`;
}

/** The names of all wanted drivers. When none was named: those of the modules, and the complete ones. */
function namesOf(wanted: readonly string[] | undefined, foreign: readonly string[]): readonly string[] {
  if (wanted === undefined) return foreign.length > 0 ? foreign : COMPLETE_STACKS.map(({ name }) => name);
  const known = [...PROFILES.keys(), ...foreign];
  if (wanted.includes(EVERY_PROFILE)) return known;
  for (const name of wanted)
    if (!known.includes(name))
      throw new UsageError(
        `There is no profile ${name}${didYouMean(name, known)} Known profiles: ${known.join(', ')}, or ${EVERY_PROFILE} for every one.`,
      );
  return wanted;
}

const MAX_SEED = 0xffffffff;

/** Reads a seed. @throws UsageError when it is no whole number, or too large. */
export function checkedSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MAX_SEED)
    throw new UsageError(`A seed is a whole number from 0 to ${MAX_SEED}, and "${text}" is not one.`);
  return seed;
}

const UNITS_MS = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 } as const;
/** Maximum time for a limit: a timer of Node takes 24.8 days at most. */
const MAX_SPAN_MS = 20 * UNITS_MS.d;

/** @throws UsageError when it is no time, or longer than the whole run may take */
function checkedSoakTime(text: string | undefined, limitMs: number): number | undefined {
  if (text === undefined) return undefined;
  const time = checkedSpan('--for', text);
  if (time > 0 && time < limitMs) return time;
  throw new UsageError(
    `--for ${text} is no time for a soak: it has to be above 0, and below the limit of the whole run, which --limit sets.`,
  );
}

/** Reads a time such as `90s`, `10m` or `2h`, as milliseconds. @throws UsageError */
export function checkedSpan(option: string, text: string): number {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const span = Number(number) * UNITS_MS[(unit ?? 's') as keyof typeof UNITS_MS];
  if (span <= MAX_SPAN_MS) return span;
  throw new UsageError(`${option} takes a time such as 90s, 10m or 2h, 20d at most, and "${text}" is none.`);
}

/** Draws a seed. It is printed, so that the run can be repeated. */
const chooseSeed = (): number => randomInt(MAX_SEED + 1);

/** @throws UsageError */
function checkedJudging({ judging }: RunOptions): RunRequest['judging'] {
  if (judging === undefined || judging === 'strict' || judging === 'tell' || judging === 'off')
    return judging;
  throw new UsageError(`--judging is strict, tell or off, and "${judging}" is none of them.`);
}

/** What is made of a breach, or of a difference to the twin. */
export const JUDGING_MODES = ['strict', 'tell', 'off'] as const;

/**
 * What the twin does. A run that looks for no breach has no twin either, unless it is told.
 *
 * @throws UsageError
 */
export function checkedTwin({ twin, judging }: Pick<RunOptions, 'twin' | 'judging'>): RunSettings['twin'] {
  if (twin === undefined) return judging === 'off' ? 'off' : undefined;
  const mode = JUDGING_MODES.find((one) => one === twin);
  if (mode !== undefined) return mode;
  throw new UsageError(`--twin is ${JUDGING_MODES.join(', ')}, and "${twin}" is none of them.`);
}

/** @throws UsageError */
function checkedClaim({ below, confidence }: RunOptions): RunRequest['claim'] {
  if (below === undefined && confidence === undefined) return undefined;
  const claim = { below: Number(below ?? 0.01), confidence: Number(confidence ?? 0.95) };
  if (!(claim.below > 0 && claim.below < 1))
    throw new UsageError(`--below is a failure rate between 0 and 1, and "${below}" is not one.`);
  if (!(claim.confidence > 0.5 && claim.confidence < 1))
    throw new UsageError(`--confidence lies between 0.5 and 1, and "${confidence}" does not.`);
  return claim;
}

/** What is said of a request that no test answers. */
export const noTest = ({ grep, suites }: RunRequest): UsageError =>
  new UsageError(
    `No test ${grep === undefined ? 'was found' : `matches ${grep}, neither as a pattern nor as plain text`}${suites.length === 0 ? '' : ` in ${suites.join(', ')}`}. h1-hil run --list shows what there is.`,
  );

/** A text that is no regular expression is looked for as it stands. */
function patternOf(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch {
    return literal(text);
  }
}
