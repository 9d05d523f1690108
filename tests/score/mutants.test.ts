import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { MutantBuild } from '../../src/cli/mutant-runs.ts';
import type { Failure } from '../../src/report/summary.ts';
import type { Equivalent, Mutant, Outcome } from '../../src/score/mutants/index.ts';
import {
  chooseTests,
  countOutcomes,
  fateOfFailures,
  killedPart,
  listed,
  listOfAlive,
  mutantTable,
  Reach,
  sampleOf,
  showHole,
  staleOf,
} from '../../src/score/mutants/index.ts';
import { instrument } from '../../src/score/mutants/instrument.ts';

const FILE = 'src/sim/h1/burst.ts';
const SOURCE = `/** How many bytes fit. */
export const burst = (left: number): number => Math.min(left, 63);
export function check(left: number): void {
  if (left < 0) throw new Error('A number of bytes is never below zero.');
}
`;

test.describe('mutants of a file', () => {
  let tree: string;

  test.beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'h1-hil-mutants-'));
    mkdirSync(join(tree, 'src/sim/h1'), { recursive: true });
    writeFileSync(join(tree, FILE), SOURCE);
  });
  test.afterEach(() => {
    rmSync(tree, { recursive: true });
  });

  test('each has its place, its text and what stands there instead', async () => {
    const mutants = await instrument(tree, [FILE]);
    const extreme = mutants.find(({ kind }) => kind === 'MethodExpression')!;
    expect(extreme).toEqual({
      id: extreme.id,
      side: 'chip',
      file: FILE,
      line: 2,
      kind: 'MethodExpression',
      original: 'Math.min(left, 63)',
      replacement: 'Math.max(left, 63)',
      code: 'export const burst = (left: number): number => Math.min(left, 63);',
    });
    expect(mutants).toContainEqual(
      expect.objectContaining({ line: 4, original: 'left < 0', replacement: 'left <= 0' }),
    );
  });

  test('the wording of an error is left alone', async () => {
    const mutants = await instrument(tree, [FILE]);
    expect(mutants.filter(({ kind }) => kind === 'StringLiteral')).toEqual([]);
  });

  test('the file is the same until a switch is set, and the mutant after it', async () => {
    const mutants = await instrument(tree, [FILE]);
    const { id } = mutants.find(({ kind }) => kind === 'MethodExpression')!;
    const text = readFileSync(join(tree, FILE), 'utf8');
    expect(text).toContain(`stryMutAct_9fa48("${id}") ? Math.max(left, 63)`);
    expect(text).toContain('__STRYKER_ACTIVE_MUTANT__');
  });
});

const mutantOf = (id: string, side: Mutant['side']): Mutant => ({
  id,
  side,
  file: side === 'chip' ? FILE : 'src/driver/mutex.ts',
  line: 7,
  kind: 'EqualityOperator',
  original: 'a < b',
  replacement: 'a <= b',
  code: 'if (a < b) return;',
});

test('a sample is half of chip and half of driver, and the same for the same seed', () => {
  const mutants = Array.from({ length: 100 }, (_, i) => mutantOf(String(i), i < 90 ? 'chip' : 'driver'));
  const sample = sampleOf(mutants, 12, 7);
  expect(sample.filter(({ side }) => side === 'driver')).toHaveLength(6);
  expect(new Set(sample.map(({ id }) => id)).size).toBe(12);
  expect(sampleOf(mutants, 12, 7)).toEqual(sample);
  expect(sampleOf(mutants, 12, 8)).not.toEqual(sample);
});

test.describe('which tests reach a mutant', () => {
  const timed = (path: string, ms = 100): [string, { path: string; ms: number }] => [path, { path, ms }];
  const passed = new Map([
    timed(' › recommended › content/pcr.suite.ts › PCR › one'),
    timed(' › recommended › content/pcr.suite.ts › PCR › two'),
    timed(' › linux-6.1 › recovery/errors.suite.ts › three', 900),
  ]);
  const lines = [
    { test: ' › recommended › content/pcr.suite.ts › PCR › one', reached: ['1'], loaded: ['7', '8', '9'] },
    { test: ' › linux-6.1 › recovery/errors.suite.ts › three', reached: ['1', '2'], loaded: [] },
    { test: ' › linux-6.1 › a test that failed', reached: ['3'], loaded: [] },
  ];
  const mutants = [
    { id: '2', file: 'src/sim/tpm/pcrs.ts' },
    { id: '7', file: 'src/driver/profiles/linux-6.1.ts' },
    { id: '8', file: 'src/sim/tpm/pcrs.ts' },
    { id: '9', file: 'src/sim/tpm/nv.ts' },
  ];
  const reach = new Reach(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), passed, mutants);
  const pathsOf = (id: string): string[] => reach.testsOf(id).map(({ path }) => path);

  test('those that ran its code, without those that fail anyway', () => {
    expect(pathsOf('1')).toHaveLength(2);
    expect(pathsOf('2')).toEqual([' › linux-6.1 › recovery/errors.suite.ts › three']);
    expect(pathsOf('3')).toEqual([]);
    expect(pathsOf('4')).toEqual([]);
  });

  test('all of them, when its code runs while files are loaded', () => {
    expect(pathsOf('9')).toHaveLength(3);
  });

  test('those of the driver, when it is in the row of one', () => {
    expect(pathsOf('7')).toEqual([' › linux-6.1 › recovery/errors.suite.ts › three']);
  });

  test('those of the rest of its file, when its code runs while files are loaded', () => {
    expect(pathsOf('8')).toEqual([' › linux-6.1 › recovery/errors.suite.ts › three']);
  });

  test('as many as the time allows, and those first that run most of what is left of the file', () => {
    const all = [...passed.values()];
    const paths = (limitMs: number): string[] =>
      chooseTests(all, limitMs, reach.rankOf('2')).map(({ path }) => path);
    expect(paths(1)).toEqual([' › linux-6.1 › recovery/errors.suite.ts › three']);
    expect(paths(900)).toHaveLength(1);
    expect(paths(1000)).toHaveLength(2);
    expect(paths(1100)).toHaveLength(3);
  });

  test('they are named as the runner reads them', () => {
    expect(listed({ path: ' › linux-6.1 › a.suite.ts › group › title', ms: 1 })).toBe(
      '[linux-6.1] › a.suite.ts › group › title',
    );
  });
});

test.describe('whose fault the failures of a mutant are', () => {
  const failure = (by: Failure['class'], title: string): Failure => ({
    ...{ suite: 'content', profile: 'recommended', title, class: by },
    ...{ rule: 'chip-broke', message: title, because: title },
  });
  const lab = failure('rig', 'no chip');
  const chip = failure('firmware', 'a wrong byte');

  test('that of most of them, and of the first one on a tie', () => {
    expect(fateOfFailures([lab, chip, failure('firmware', 'another')])).toMatchObject({
      fate: 'killed',
      class: 'firmware',
      title: 'a wrong byte',
    });
    expect(fateOfFailures([lab, chip])).toMatchObject({ class: 'rig', title: 'no chip' });
    expect(fateOfFailures([])).toBeUndefined();
  });

  test('a mutant that only a lab or a test fails for is killed, and by the wrong class', () => {
    for (const by of ['rig', 'lab service', 'provisioning', 'test'] as const)
      for (const side of ['chip', 'driver'] as const) {
        const outcome = { ...mutantOf('1', side), ...fateOfFailures([failure(by, 'it broke')])! };
        expect(countOutcomes([outcome], [])).toMatchObject({ killed: 1, rightClass: 0, survived: 0 });
      }
  });
});

test.describe('what became of mutants', () => {
  const killed = (id: string, side: Mutant['side'], by: 'firmware' | 'driver profile'): Outcome => ({
    ...mutantOf(id, side),
    fate: 'killed',
    suite: 'content',
    title: 'a test',
    class: by,
    because: 'the size differs',
    message: 'the size differs',
  });
  const outcomes: Outcome[] = [
    killed('1', 'chip', 'firmware'),
    killed('2', 'chip', 'driver profile'),
    killed('3', 'driver', 'driver profile'),
    { ...mutantOf('4', 'chip'), fate: 'hung' },
    { ...mutantOf('5', 'chip'), fate: 'survived', tests: 3, reaching: 9 },
    { ...mutantOf('6', 'driver'), fate: 'unreached' },
  ];

  test('a hang counts as killed; an equivalent mutant does not count', () => {
    expect(countOutcomes(outcomes, [])).toEqual({
      mutants: 6,
      killed: 4,
      rightClass: 2,
      survived: 1,
      unreached: 1,
      equivalent: 0,
    });
    const { file, code, original, replacement } = mutantOf('6', 'driver');
    const known = { file, code, original, replacement, reason: 'a and b are never equal' };
    const count = countOutcomes(outcomes, [known]);
    expect(count).toMatchObject({ unreached: 0, equivalent: 1 });
    expect(killedPart(count)).toBe(0.8);
    // Another mutant of the same line, with the same text in its place.
    expect(countOutcomes(outcomes, [{ ...known, original: 'b < a' }])).toMatchObject({ equivalent: 0 });
  });

  test('the table has both sides and every file', () => {
    expect(mutantTable(outcomes, []).split('\n').slice(2)).toEqual([
      '| **all** | 6 | 4 | 66.7 % | 2 | 1 | 1 | 0 |',
      '| **chip** | 4 | 3 | 75.0 % | 1 | 1 | 0 | 0 |',
      '| **driver** | 2 | 1 | 50.0 % | 1 | 0 | 1 | 0 |',
      '| `src/driver/mutex.ts` | 2 | 1 | 50.0 % | 1 | 0 | 1 | 0 |',
      `| \`${FILE}\` | 4 | 3 | 75.0 % | 1 | 1 | 0 | 0 |`,
    ]);
  });

  test('what lives is listed with its place, and what is equivalent with the reason', () => {
    const { file, code, original, replacement } = mutantOf('6', 'driver');
    const known = { file, code, original, replacement, reason: 'They are never equal.' };
    expect(listOfAlive(outcomes, [known]).split('\n')).toEqual([
      'Those that live:',
      '',
      `- \`${FILE}:7\`: \`a < b\` becomes \`a <= b\``,
      '',
      'Those that behave as the source does:',
      '',
      '- `src/driver/mutex.ts`: in `if (a < b) return;`, `a <= b`. They are never equal.',
    ]);
  });

  test('one that lives is shown with its place, and what was changed', () => {
    expect(showHole(outcomes[4]!)).toBe(
      `${FILE}:7  EqualityOperator, 3 of 9 tests passed\n    - a < b\n    + a <= b`,
    );
  });
});

test('every mutant that is said to be equivalent is one of the source', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const file = join(root, 'src/score/mutants/equivalents.json');
  const equivalents = JSON.parse(readFileSync(file, 'utf8')) as Equivalent[];
  const files = [...new Set(equivalents.map((one) => one.file))];
  const tree = mkdtempSync(join(tmpdir(), 'h1-hil-mutants-'));
  try {
    for (const name of files) {
      mkdirSync(dirname(join(tree, name)), { recursive: true });
      copyFileSync(join(root, name), join(tree, name));
    }
    const all = await instrument(tree, files);
    expect(staleOf(equivalents, all)).toEqual([]);
    expect(staleOf([{ ...equivalents[0]!, original: 'gone' }], all)).toHaveLength(1);
  } finally {
    rmSync(tree, { recursive: true });
  }
});

test('a folder with the files of somebody is refused for the build, and keeps them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-mutants-'));
  try {
    writeFileSync(join(folder, 'thesis.tex'), 'kept');
    const build = new MutantBuild({
      ...{ folder, seed: 1, profiles: ['recommended'], suites: [], twin: 'off', testsMs: 1, jobs: 1 },
      tell: () => undefined,
    });
    await expect(build.prepare()).rejects.toThrow(/thesis\.tex is there and is not of an earlier build/);
    expect(readFileSync(join(folder, 'thesis.tex'), 'utf8')).toBe('kept');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
