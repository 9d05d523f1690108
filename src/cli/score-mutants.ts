import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { showSeconds } from '../report/terminal.ts';
import type { Equivalent, Fate, Mutant, Outcome } from '../score/mutants/index.ts';
import {
  countOutcomes,
  holesOf,
  killedPart,
  listOfAlive,
  mutantTable,
  sampleOf,
  showHole,
  staleOf,
} from '../score/mutants/index.ts';
import { EXIT } from './exit-code.ts';
import { Interrupted } from './interrupts.ts';
import type { MutantSettings } from './mutant-settings.ts';
import { OutcomeFile } from './mutant-findings.ts';
import { MutantBuild } from './mutant-runs.ts';
import { ROOT } from './root.ts';

/** The part of the mutants that are not equivalent which the suites have to kill. */
const GOAL = 0.85;

/** What `h1-hil score --mutants` was asked for. */
export interface MutantRequest extends Omit<MutantSettings, 'folder' | 'tell' | 'isAlone'> {
  readonly sample: number;
  /** Mutants of files with this in their path. */
  readonly only: string;
  /** Folder of the build; one of the project's own without. */
  readonly folder: string | undefined;
  readonly isJson: boolean;
  /** The page gets the table. */
  readonly writes: boolean;
}

const EQUIVALENTS = join(ROOT, 'src/score/mutants/equivalents.json');
const PAGE = join(ROOT, 'docs/detection.md');
/** Where the command writes in the page. */
const MARKS = [
  '<!-- mutants: written by h1-hil score --mutants --write -->',
  '<!-- end of mutants -->',
] as const;

const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Changes the source of chip and driver in one small place at a time, and tells which changes no test of the suites sees. */
export async function scoreMutants(request: MutantRequest): Promise<number> {
  const began = performance.now();
  const { seed, twin, testsMs, profiles, suites, jobs } = request;
  const folder = resolve(request.folder ?? join(ROOT, 'reports/out/mutants'));
  const settings: MutantSettings = { folder, seed, profiles, suites, twin, testsMs, jobs, tell };
  const build = new MutantBuild(settings);
  const all = await build.prepare();
  const equivalents = JSON.parse(readFileSync(EQUIVALENTS, 'utf8')) as Equivalent[];
  for (const { file, code } of staleOf(equivalents, all))
    tell(`equivalents.json names a mutant that the source does not have any more, in ${file}: ${code}`);
  const matching = all.filter(({ file }) => file.includes(request.only));
  const sample = sampleOf(matching, request.sample, seed);
  await build.learnReach();
  const outcomes = await judgeAll(build, new OutcomeFile(settings), sample);
  const ms = performance.now() - began;
  print(request, { outcomes, equivalents, made: all.length, ms });
  if (outcomes.length < sample.length) throw new Interrupted();
  return killedPart(countOutcomes(outcomes, equivalents)) >= GOAL ? EXIT.pass : EXIT.failure;
}

/** Judges every mutant of the sample. After an interrupt: those that were judged until then. */
async function judgeAll(
  build: MutantBuild,
  file: OutcomeFile,
  sample: readonly Mutant[],
): Promise<readonly Outcome[]> {
  const known = file.read();
  const done = sample.flatMap(({ id }) => known.get(id) ?? []);
  const began = performance.now();
  const judged = (mutant: Mutant, fate: Fate): void => {
    const outcome = { ...mutant, ...fate };
    file.add(outcome);
    done.push(outcome);
    const spent = showSeconds(performance.now() - began);
    tell(`${done.length}/${sample.length}  ${fate.fate.padEnd(9)}  ${mutant.file}:${mutant.line}  ${spent}`);
  };
  try {
    const waiting = sample.filter(({ id }) => !known.has(id));
    await build.judge(waiting, judged);
  } catch (failure) {
    if (!(failure instanceof Interrupted)) throw failure;
  }
  return done;
}

interface Result {
  readonly outcomes: readonly Outcome[];
  readonly equivalents: readonly Equivalent[];
  /** Number of all mutants of the source. */
  readonly made: number;
  readonly ms: number;
}

function print({ isJson, writes, ...request }: MutantRequest, result: Result): void {
  const { outcomes, equivalents, made, ms } = result;
  const count = countOutcomes(outcomes, equivalents);
  const { suites, profiles } = request;
  const tests = `Tests of ${suites.length === 0 ? 'all suites' : suites.join(', ')}, with ${profiles.join(', ')}.`;
  const says = `${tests} Of ${made} mutants ${count.mutants} were drawn with seed ${request.seed}: ${count.killed} killed, ${count.rightClass} of them by the right class, ${count.survived} survived, ${count.unreached} reached by no test, ${count.equivalent} equivalent. ${(100 * killedPart(count)).toFixed(1)} % of those that are not equivalent were killed.`;
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ made, ...count, killedPart: killedPart(count), durationMs: ms, outcomes }, undefined, 2)}\n`
      : `${holesOf(outcomes, equivalents).map(showHole).join('\n')}\n\n${says} ${showSeconds(ms)}.\n`,
  );
  if (writes)
    writePage([says, mutantTable(outcomes, equivalents), listOfAlive(outcomes, equivalents)].join('\n\n'));
}

/** Replaces what stands between the marks of the page. */
function writePage(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = MARKS;
  const [before = '', rest = ''] = page.split(begin);
  const [, after = ''] = rest.split(end);
  writeFileSync(PAGE, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}
