import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import ts from 'typescript';
import { KnownBugsUnclear, listKnownBugs, mergeBugs } from '../../src/cli/known-bugs.ts';
import type { ListedBug } from '../../src/cli/known-bugs.ts';
import { renderPage, verdictsOf, verdictsOfPage } from '../../src/cli/known-bugs-page.ts';
import { COMPLETE_STACKS, PROFILES } from '../../src/driver/index.ts';

const ROOT = new URL('../../', import.meta.url);
const SUITES = new URL('suites/', ROOT);

/** One call of `knownBug` as it stands in a suite. */
interface ToldBug {
  /** Its id, or the name of the object that has the id. */
  readonly name: string;
  readonly hasProcedure: boolean;
  /** The texts of its steps, in the order of the source. */
  readonly steps: readonly string[];
}

/** Every call of `knownBug` in the suites. */
function toldBugs(): ToldBug[] {
  const names = readdirSync(SUITES, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.suite.ts'))
    .flatMap((name) => {
      const text = readFileSync(new URL(name, SUITES), 'utf8');
      const bugs: ToldBug[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node) && node.expression.getText(file) === 'knownBug') {
          const [bug, procedure] = node.arguments;
          const name = /id: '([^']*)'/.exec(bug!.getText(file))?.[1] ?? bug!.getText(file);
          bugs.push({ name, hasProcedure: procedure !== undefined, steps: stepsIn(node, file) });
        } else ts.forEachChild(node, visit);
      };
      const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest);
      visit(file);
      return bugs;
    });
}

/** Texts of the calls of `step` in a piece of source. */
function stepsIn(node: ts.Node, file: ts.SourceFile): string[] {
  const steps: string[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isCallExpression(inner) && /^(tools\.)?step$/.test(inner.expression.getText(file))) {
      const [text] = inner.arguments;
      steps.push(text !== undefined && ts.isStringLiteralLike(text) ? text.text : 'no literal');
    }
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return steps;
}

test.describe('what the suites say', () => {
  test('each procedure has at least two steps, numbered from 1 in their order', () => {
    const procedures = toldBugs().filter(({ hasProcedure }) => hasProcedure);
    expect(procedures.length).toBeGreaterThanOrEqual(84);
    const wrong = procedures.filter(
      ({ steps }) =>
        steps.length < 2 || steps.some((text, at) => !new RegExp(`^${at + 1}\\. [A-Z].{3,}`).test(text)),
    );
    expect(wrong).toEqual([]);
  });

  test('no suite has a bug without a procedure that says neither what it waits for nor why there is nothing to see', () => {
    const silent = toldBugs().filter(({ hasProcedure }) => !hasProcedure);
    expect(silent.map(({ name }) => name).sort()).toEqual([
      ...['K-20', 'K-28', 'K-29', 'K-32', 'K-33', 'K-43', 'K-47', 'K-50'],
      ...['L-28', 'L-31', 'L-35', 'L-36', 'L-40'],
    ]);
  });
});

test.describe('the catalogue that is collected from the suites', () => {
  let bugs: readonly ListedBug[];
  test.beforeAll(async () => {
    bugs = await listKnownBugs();
  });

  test('has every entry of the sources once, and no other', () => {
    expect(bugs.map(({ id }) => id)).toEqual([...idsOfSources()].sort());
  });

  test('is that of docs/known-bugs.md, and each of its verdicts is a pass of all complete drivers', () => {
    const page = readFileSync(new URL('docs/known-bugs.md', ROOT), 'utf8');
    const verdicts = verdictsOfPage(page);
    expect(page).toBe(renderPage(bugs, verdicts));
    for (const bug of bugs) {
      const verdict = verdicts.get(bug.id) ?? 'no row';
      const counts = /^pass: shown by (\d), absent in (\d)$/.exec(verdict)?.slice(1).map(Number);
      if (bug.where.kind !== 'simulated') expect(verdict, bug.id).toBe('-');
      else expect(counts, bug.id).toEqual(countsOf(bug));
    }
  });

  test('says of each bug who has it, among the drivers there are', () => {
    const names = [...PROFILES.keys()];
    for (const { id, has } of bugs)
      expect(has === 'every' || has.every((driver) => names.includes(driver)), id).toBe(true);
  });

  test('says of L-22, which a kernel shows as well, that the simulated board shows it', () => {
    const l22 = bugs.find(({ id }) => id === 'L-22');
    expect(l22?.where).toEqual({ kind: 'simulated' });
    expect(l22?.folder).toBe('suites/known-bugs');
  });
});

/** How many of the complete drivers have a bug, and how many have not. */
function countsOf({ has }: ListedBug): [number, number] {
  const shown = COMPLETE_STACKS.filter(({ name }) => has === 'every' || has.includes(name)).length;
  return [shown, COMPLETE_STACKS.length - shown];
}

/** The entries of the catalogue: each has a heading in docs/sources/bugs.md. [BUGS 2] [BUGS 3] */
function idsOfSources(): ReadonlySet<string> {
  const sources = readFileSync(new URL('docs/sources/bugs.md', ROOT), 'utf8');
  const headings = sources.matchAll(/^#+ ([KL]-\d\d(?: and [KL]-\d\d)*)\b/gm);
  return new Set([...headings].flatMap(([, ids]) => ids!.split(' and ')));
}

const bug = (change: Partial<ListedBug>): ListedBug => ({
  id: 'K-03',
  title: 'wake settle sleep far too long',
  observable: 'more than 2.5 ms',
  has: ['cr50-spi-v1'],
  where: { kind: 'simulated' },
  folder: 'suites/known-bugs',
  ...change,
});

test.describe('collecting', () => {
  test('sorts by id', () => {
    const merged = mergeBugs([bug({ id: 'L-01' }), bug({ id: 'K-10' }), bug({ id: 'K-02' })]);
    expect(merged.map(({ id }) => id)).toEqual(['K-02', 'K-10', 'L-01']);
  });

  const kernel = { where: { kind: 'kernel', rig: 'virtual-lab' }, folder: 'suites/kernel-driver' } as const;

  test('takes the simulated one of a bug that a kernel shows too, whichever comes first', () => {
    expect(mergeBugs([bug({}), bug(kernel)])).toEqual([bug({})]);
    expect(mergeBugs([bug(kernel), bug({})])).toEqual([bug({})]);
  });

  for (const [what, twin] of Object.entries({
    'the same id at the same place': bug({}),
    'another title': bug({ ...kernel, title: 'another' }),
    'another observable': bug({ ...kernel, observable: 'another' }),
    'other drivers': bug({ ...kernel, has: 'every' }),
    'a bug that waits': bug({ where: { kind: 'waits', rig: 'real H1', capability: 'DMA' } }),
  }))
    test(`refuses two of one id: ${what}`, () => {
      expect(() => mergeBugs([bug({}), twin])).toThrow(KnownBugsUnclear);
      expect(() => mergeBugs([bug({}), twin])).toThrow(/K-03 is told twice/);
    });
});

test('a verdict tells which profile differs from what the bug says', () => {
  // K-03 is of cr50-spi-v1 alone. [BUGS K-03]
  const verdictOf = (first: string): string | undefined => {
    const cells = {
      'cr50-spi-v1': { text: first },
      'linux-6.1': { text: 'absent' },
      recommended: { text: 'absent' },
    };
    const table = { title: 'Known bugs', columns: [], rows: [{ name: 'K-03', cells }] };
    return verdictsOf([bug({})], [table]).get('K-03');
  };
  expect(verdictOf('shown')).toBe('pass: shown by 1, absent in 2');
  expect(verdictOf('absent')).toBe('FAIL: absent in cr50-spi-v1');
});
