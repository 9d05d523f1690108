import { sha256 } from './envelope.ts';
import type { Given, Measure, Run, Test } from './model.ts';

interface Summary {
  readonly id: string;
  readonly rig: string;
  /** As it describes itself; empty when it told nothing. */
  readonly chip: string;
  readonly commit: string;
  readonly end: string;
  readonly seed: number;
  readonly verdict: string;
  readonly passed: number;
  readonly versions: Record<string, string>;
  readonly because: readonly string[];
  readonly undeclared: readonly { readonly rule: string }[];
  readonly selection: { readonly judging?: string; readonly rigHash: string };
}
interface Planned {
  readonly path: string;
  readonly suite: string;
  readonly profile: string;
  readonly sources?: readonly string[];
}
interface End {
  readonly outcome: string;
  readonly digest?: string;
  readonly cells: readonly { readonly table: string; readonly text: string }[];
  readonly skip?: {
    readonly reason: string;
    readonly skip?: { readonly kind: string; readonly needs?: string[] };
  };
  readonly failure?: { readonly class: string; readonly rule: string; readonly message: string };
}
interface Row extends Omit<Measure, 'margin' | 'worstIn'> {
  readonly limit?: string;
  readonly margin: number | null;
  readonly least: number;
  readonly most: number;
  readonly sample: readonly number[];
}
interface Measured {
  readonly test: string;
  readonly rows: readonly Row[];
}

/** Makes a run of its files. @throws where one of them cannot be read */
export function runOf(textOf: (file: string) => string, given: Given): Run {
  const summary = JSON.parse(textOf('summary.json')) as Summary;
  const journal = linesOf(textOf('journal.jsonl')) as (Record<string, unknown> & End)[];
  const measured = linesOf(textOf('measures.jsonl')) as Measured[];
  const planned = journal.flatMap(({ kind, tests }) => (kind === 'plan' ? (tests as Planned[]) : []));
  const ends = new Map(journal.filter(({ kind }) => kind === 'test').map((end) => [end['test'], end]));
  const tests = planned.map((one, at) => testOf(one, ends.get(at)));
  const passed = tests.filter(({ outcome }) => outcome === 'pass').length;
  const { id, rig, chip, commit, end, seed } = summary;
  const rigFile = sha256(textOf('rig.yaml'));
  return {
    ...{ ...given, id, rig, commit, ended: end, tests, measures: worstOf(measured) },
    // A chip tells the version of its first stage before its own.
    firmware: (/RW_\w:(\d+\.\d+\.\d+)/.exec(chip) ?? /(\d+\.\d+\.\d+)/.exec(chip))?.[1] ?? '',
    about: { chip: chip, 'rig file': summary.selection.rigHash, seed: String(seed), ...summary.versions },
    doubts: [
      ...given.objections,
      ...(rigFile === summary.selection.rigHash ? [] : [`its rig file has the digest ${rigFile}`]),
      ...journal.filter(({ kind }) => kind === 'outside').map(({ message }) => String(message)),
      ...doubtsOf(summary),
      ...(summary.passed === passed
        ? []
        : [`its summary counts ${summary.passed} passed, its journal ${passed}`]),
      ...(given.isReal && chip.startsWith('simulated')
        ? [`it is called real, and its chip is a ${chip}`]
        : []),
      ...measured.flatMap(({ test, rows }) => rows.flatMap((row) => marginTrouble(row, test))),
    ],
  };
}

const linesOf = (text: string): unknown[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));

function doubtsOf({ verdict, because, undeclared, selection }: Summary): string[] {
  // A twin that differs is told, and fails no test by itself.
  const told = new Set(undeclared.map(({ rule }) => rule).filter((rule) => !rule.startsWith('twin-')));
  return [
    ...(verdict === 'pass' || verdict === 'fail' ? [] : [`it ended ${verdict}: ${because.join('; ')}`]),
    ...(selection.judging === 'off' ? ['breaches that no test declared were not looked for'] : []),
    ...(told.size === 0 ? [] : [`breaches of ${[...told].join(', ')} were told, and failed no test`]),
  ];
}

function testOf({ path, suite, profile, sources = [] }: Planned, end: End | undefined): Test {
  const skip = end?.skip?.skip;
  const soaked = end?.cells.find(({ table }) => table.startsWith('Soaks:'))?.text ?? '';
  // A soak tells its counts in a cell: `pass: 0 of 332, below 0.898 %`.
  const [, failures, runs] = /: (\d+) of (\d+),/.exec(soaked) ?? [];
  return {
    ...{
      name: path.replace(/^ › /, ''),
      suite,
      driver: profile,
      outcome: outcomeOf(end),
      trace: end?.digest ?? '',
      cites: sources,
    },
    lacks: skip === undefined ? [] : (skip.needs ?? [skip.kind]),
    says: end?.failure?.message ?? end?.skip?.reason ?? '',
    soak: runs === undefined ? null : { runs: Number(runs), failures: Number(failures) },
  };
}

function outcomeOf(end: End | undefined): Test['outcome'] {
  if (end?.outcome === 'passed') return 'pass';
  if (end?.outcome !== 'failed') return end?.outcome === 'skipped' ? 'skipped' : 'not run';
  if (end.failure?.rule === 'too-few-runs') return 'inconclusive';
  const isOfLab =
    end.failure === undefined || ['rig', 'lab service', 'provisioning'].includes(end.failure.class);
  return isOfLab ? 'no verdict' : 'fail';
}

function worstOf(measured: readonly Measured[]): Measure[] {
  const all = new Map<string, Measure>();
  for (const { test, rows } of measured)
    for (const { name, unit, count, margin } of rows) {
      if (margin === null) continue;
      const old = all.get(name) ?? { name, unit, count: 0, margin, worstIn: test };
      all.set(name, {
        ...old,
        count: old.count + count,
        ...(margin < old.margin && { margin, worstIn: test }),
      });
    }
  return [...all.values()];
}

/** A margin is the way of the worst value to its limit, such as `4 to 16 or 100 to 250 us`: no value is closer. */
function marginTrouble({ name, limit = '', margin, least, most, sample }: Row, test: string): string[] {
  const bands = limit.split(' or ').map((band) => {
    const [from = -Infinity, to = from] = (band.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
    return band.startsWith('at least')
      ? [from, Infinity]
      : band.startsWith('at most')
        ? [-Infinity, from]
        : [from, to];
  });
  const room = (value: number): number =>
    Math.max(...bands.map(([from, to]) => Math.min(value - from!, to! - value)));
  const closest = Math.min(...[least, most, ...sample].map(room));
  if (limit === '' || margin === null || margin <= closest + 1e-6) return [];
  return [`${name}: a margin of ${margin} is told of "${test}", and its values leave ${closest}`];
}
