import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import ts from 'typescript';
import { trackedFiles } from './tracked-files.ts';

/** A second word for a thing that has its word in docs/glossary.md. */
interface SecondWord {
  /** The word that the glossary has. */
  readonly say: string;
  /** Names of declarations that use another one. */
  readonly not: RegExp;
  /** Folders in which the name is meant; everywhere without it. */
  readonly within?: RegExp;
}

const SECOND_WORDS: readonly SecondWord[] = [
  { say: 'MAX_', not: /^(MOST|LONGEST|LARGEST|BIGGEST|HIGHEST|MAXIMUM)_|_(MAX|MAXIMUM)$/ },
  { say: 'MIN_', not: /^(LEAST|SHORTEST|SMALLEST|LOWEST|MINIMUM)_[A-Z]+_(MIN)$|_(MIN|MINIMUM)$/ },
  { say: 'poll', not: /^(look|ask|check)(Until|While|Again)/ },
  { say: 'examine', not: /^(lookAt|inspect)([A-Z]|$)/, within: /^src\// },
  {
    say: 'driver',
    not: /^anyDriver$|(^|[a-z])[sS]tack([A-Z]|$)|^Stack/,
    within: /^(src|fixtures|suites|bench)\//,
  },
  { say: 'bench, and only in /bench', not: /[Bb]ench/, within: /^(src|fixtures|suites|reports)\// },
  { say: 'host and chip', not: /[Mm]aster|[Ss]lave/ },
  { say: 'known bug', not: /^(catalogueEntry|bugEntry)/ },
  { say: 'acquire', not: /^take(Lease|Lock|Turn)/ },
  { say: 'capture', not: /^(analyserFile|waveFile)/ },
];

/** Names from elsewhere, each with where it comes from. */
const GIVEN: Readonly<Record<string, string>> = {
  ftdiBench: 'the makers of the driver call it their bench',
};

const GIVEN_FILES: readonly string[] = ['fixtures/datasheets/ftdi-bench.ts'];

/** Every name that a file declares, with its place. */
function declaredIn(file: string): { readonly name: string; readonly at: string }[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { name: string; at: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (isDeclaration(node) && node.name !== undefined && ts.isIdentifier(node.name))
      found.push({
        name: node.name.text,
        at: `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
      });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Named = ts.Node & { readonly name?: ts.Node };

const isDeclaration = (node: ts.Node): node is Named =>
  ts.isVariableDeclaration(node) ||
  ts.isParameter(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isPropertySignature(node) ||
  ts.isPropertyDeclaration(node);

const FILES = trackedFiles('.ts').filter((file) => /^(src|fixtures|suites|reports|bench)\//.test(file));
const DECLARED = FILES.flatMap(declaredIn);

for (const { say, not, within = /^/ } of SECOND_WORDS)
  test(`no name has another word for what the glossary calls ${say}`, () => {
    const wrong = DECLARED.filter(({ name, at }) => within.test(at) && not.test(name) && !(name in GIVEN));
    expect(wrong.map(({ name, at }) => `${at} ${name}`)).toEqual([]);
  });

test('no file is named with another word for a driver, or with that for a benchmark', () => {
  const wrong = FILES.filter((file) => /(^|[/-])stack\.ts$|^(?!bench\/).*\bbench\.ts$/.test(file));
  expect(wrong.filter((file) => !GIVEN_FILES.includes(file))).toEqual([]);
});
