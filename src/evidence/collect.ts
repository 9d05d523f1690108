import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison, RunRecord } from '../history/index.ts';
import { recordOf } from '../history/index.ts';
import { readJournal } from '../report/journal.ts';
import { measuresOf } from '../report/measures.ts';
import type { Skip } from '../report/skip.ts';
import { soaksOf } from '../report/soaks.ts';
import type { RunSummary } from '../report/summary.ts';
import { clausesOf, clausesOfRule } from './requirements/index.ts';
import type { Change, Compared, Run } from './verify/model.ts';

/** What is known of tests and rules beside the run. */
export interface Known {
  /** Citations of a test, by its titles from the driver down. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** Source of a rule, by its id. */
  readonly rules: ReadonlyMap<string, string>;
  readonly isReal: boolean;
  /** SHA-256 of the rig file as it is now. */
  readonly rigHash: string;
}

/** Why a run is none of every test that is asked for, with every judge. */
function doubtsOf({ planned, selection, verdict, because, undeclared }: RunSummary, known: Known): string[] {
  const ran = new Set(planned.map(({ path }) => keyOf(path)));
  const missing = [...known.sources.keys()].filter((key) => !ran.has(key));
  const told = new Set(undeclared.map(({ rule }) => rule).filter((rule) => !rule.startsWith('twin-')));
  const hasVerdict = verdict === 'pass' || verdict === 'fail';
  return [
    ...(missing.length === 0 ? [] : [`${missing.length} tests are not in the run, such as ${missing[0]}`]),
    ...(selection.judging === 'off' ? ['breaches that no test declared were not looked for'] : []),
    ...(told.size === 0 ? [] : [`breaches of ${[...told].join(', ')} were told, and failed no test`]),
    ...(hasVerdict ? [] : [`the run ended ${verdict}${because.length === 0 ? '' : `: ${because[0]}`}`]),
    ...(selection.rigHash === known.rigHash ? [] : ['the rig file is another one now']),
  ];
}

/** Files of a run's folder that are evidence. Traces stand in it by their digests. */
export const RUN_FILES = ['summary.json', 'journal.jsonl', 'measures.jsonl'] as const;

/** A run as evidence, and as the history has it. */
export interface Collected {
  readonly run: Run;
  readonly record: RunRecord;
  /** Content of its files, by their names in the run's folder. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Makes evidence of the folder of a run. */
export function collectRun(folder: string, summary: RunSummary, known: Known): Collected {
  const journal = readJournal(folder);
  const record = recordOf({ summary, journal, measures: measuresOf(folder), again: '', folder });
  const skips = new Map<number, Skip | undefined>();
  for (const entry of journal) if (entry.kind === 'test') skips.set(entry.test, entry.skip?.skip);
  const planned = summary.planned.map(({ path, suite, profile }, at) => {
    const { outcome, says, digest } = record.results[at]!;
    const clauses = clausesOf(known.sources.get(keyOf(path)) ?? []);
    const lacks = lacksOf(skips.get(at));
    return { test: path, suite, driver: profile, outcome, lacks, says, trace: digest, clauses };
  });
  const { id, rig, chip, commit, seed, end, versions, selection } = summary;
  const run: Run = {
    ...{ id, folder: `runs/${id}`, rig, rigHash: selection.rigHash, isReal: known.isReal, chip },
    ...{ firmware: /\d+\.\d+\.\d+/.exec(chip)?.[0] ?? '', commit, seed, ended: end, versions },
    outside: journal.filter((entry) => entry.kind === 'outside').map(({ message }) => message),
    doubts: doubtsOf(summary, known),
    results: planned,
    measures: record.measures.map(({ name, unit, count, margin }) => ({
      ...{ rule: name, unit, count, margin },
      clauses: clausesOfRule(known.rules.get(name) ?? ''),
    })),
    soaks: soaksOf(folder).map(({ titles, runs, failures }) => ({
      ...{ suite: titles[1]?.split('/')[0] ?? '', test: titles.at(-1) ?? '', driver: titles[0] ?? '' },
      ...{ runs, failures },
    })),
  };
  const files = new Map<string, Buffer>([['rig.yaml', Buffer.from(selection.rigText)]]);
  for (const name of RUN_FILES) files.set(name, contentOf(join(folder, name)));
  return { run, record, files };
}

/** The key of a test in `sources`: its path without repetition and without the empty title at the front. */
export const keyOf = (path: string): string => path.replace(/ \(repetition \d+\)$/, '').replace(/^ › /, '');

/** A run that measured nothing has no file of measures. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

function lacksOf(skip: Skip | undefined): readonly string[] {
  if (skip?.kind === 'rig lacks') return skip.needs;
  return skip === undefined ? [] : [skip.kind];
}

/** A comparison of two runs as evidence, with the clause that each change touches. */
export function comparedOf(
  { before, after, tests, cells, measures }: Comparison,
  firmware: string,
  { sources, rules }: Pick<Known, 'sources' | 'rules'>,
): Compared {
  const changes: Change[] = [
    ...tests.map(({ test, before, after, direction }) => ({
      ...{ what: `test ${test.path}`, before, after, direction },
      clauses: clausesOf(sources.get(keyOf(test.path)) ?? []),
    })),
    ...cells.map(({ table, row, profile, before, after, direction }) => ({
      ...{ what: `${table}, ${row}, ${profile}`, before: before ?? 'nothing', after: after ?? 'nothing' },
      // A cell of a table names no clause.
      ...{ direction, clauses: [] },
    })),
    ...measures.map((moved) => ({
      ...{
        what: `median of ${moved.name} over ${moved.tests} tests, chance ${moved.chance.toPrecision(2)}`,
        before: `${moved.before} ${moved.unit}`,
      },
      ...{ after: `${moved.after} ${moved.unit}`, direction: moved.direction },
      clauses: clausesOfRule(rules.get(moved.name) ?? ''),
    })),
  ];
  return { before: { run: before.run, firmware }, after: { run: after.run }, changes };
}
