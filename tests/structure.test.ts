import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import ts from 'typescript';
import { trackedFiles } from './tracked-files.ts';

/** What the parse of one file shows: functions with their lines and parameters, and forbidden words. */
interface Shape {
  readonly file: string;
  readonly lines: number;
  readonly functions: readonly {
    readonly name: string;
    readonly lines: number;
    readonly parameters: number;
  }[];
  readonly anys: readonly string[];
  readonly classes: readonly string[];
  readonly hasDefaultExport: boolean;
}

const MAX_FILE_LINES = 420;
const MAX_FUNCTION_LINES = 60;
const MAX_P90_LINES = 17;
const MAX_PARAMETERS = 4;
/** How many functions of the whole tree may have more parameters than that. */
const MAX_WIDE_FUNCTIONS = 8;

/** What a suite may import: more names than that nobody keeps in mind. */
const MAX_FIXTURE_NAMES = 130;

/** Playwright loads these by their default export. */
const DEFAULT_EXPORTS: readonly string[] = [
  'bench/runner/playwright.config.ts',
  'playwright.config.ts',
  'reports/label-reporter.ts',
  'reports/mutant-reporter.ts',
  'reports/progress-reporter.ts',
  'tests/playwright.config.ts',
];

const SHAPES = trackedFiles('.ts')
  .filter((file) => !file.endsWith('.d.ts'))
  .map(shapeOf);

function shapeOf(file: string): Shape {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (at: number): number => source.getLineAndCharacterOfPosition(at).line;
  const functions: { name: string; lines: number; parameters: number }[] = [];
  const anys: string[] = [];
  const classes: string[] = [];
  let hasDefaultExport = false;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
      functions.push({
        name: `${file}:${lineOf(node.getStart()) + 1} ${nameOf(node)}`,
        lines: lineOf(node.end) - lineOf(node.getStart()) + 1,
        parameters: node.parameters.length,
      });
    if (ts.isClassDeclaration(node)) classes.push(node.name?.text ?? 'no name');
    if (node.kind === ts.SyntaxKind.AnyKeyword) anys.push(`${file}:${lineOf(node.getStart()) + 1}`);
    if (isDefaultExport(node)) hasDefaultExport = true;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { file, lines: text.split('\n').length - 1, functions, anys, classes, hasDefaultExport };
}

/** `export default`, as a keyword, an assignment or an entry of a list. */
function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword) return true;
  return ts.isExportSpecifier(node) && node.name.text === 'default';
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return `constructor of ${node.parent.name?.text ?? 'a class'}`;
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : 'a callback';
}

/** A callback that a test or a fixture hands over holds a whole procedure: its lines say nothing of the code. */
const isProcedure = (file: string, name: string): boolean =>
  name.endsWith('a callback') && !file.startsWith('src/');

const functionsOf = (folder: string): Shape['functions'] =>
  SHAPES.filter(({ file }) => file.startsWith(folder)).flatMap(({ functions }) => functions);

test('nine of ten functions of src have at most 17 lines', () => {
  const lines = functionsOf('src/')
    .map((one) => one.lines)
    .sort((a, b) => a - b);
  expect(lines.length).toBeGreaterThan(1000);
  expect(lines[Math.floor(lines.length * 0.9)]).toBeLessThanOrEqual(MAX_P90_LINES);
});

test('no function has more than 60 lines', () => {
  const long = SHAPES.flatMap(({ file, functions }) =>
    functions.filter(({ name, lines }) => lines > MAX_FUNCTION_LINES && !isProcedure(file, name)),
  );
  expect(long.map(({ name, lines }) => `${name}: ${lines} lines`)).toEqual([]);
});

test('no file has more than 420 lines', () => {
  const long = SHAPES.filter(({ lines }) => lines > MAX_FILE_LINES);
  expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([]);
});

test('at most 8 functions have more than four parameters', () => {
  const wide = SHAPES.flatMap(({ functions }) =>
    functions.filter(({ parameters }) => parameters > MAX_PARAMETERS),
  );
  const named = wide.map(({ name, parameters }) => `${name}: ${parameters} parameters`);
  expect(named.length, named.join('\n')).toBeLessThanOrEqual(MAX_WIDE_FUNCTIONS);
});

test('nothing is of type any', () => {
  expect(SHAPES.flatMap(({ anys }) => anys)).toEqual([]);
});

test('only what Playwright loads by it has a default export', () => {
  expect(
    SHAPES.filter(({ file, hasDefaultExport }) => hasDefaultExport && !DEFAULT_EXPORTS.includes(file)).map(
      ({ file }) => file,
    ),
  ).toEqual([]);
});

test('each file with a default export still has it', () => {
  const files = SHAPES.filter(({ hasDefaultExport }) => hasDefaultExport).map(({ file }) => file);
  expect(files).toEqual(expect.arrayContaining([...DEFAULT_EXPORTS]));
});

test('a suite may import at most 130 names, and each is used by one', () => {
  const names = namesReExportedBy('fixtures/index.ts');
  expect(names.length).toBeLessThanOrEqual(MAX_FIXTURE_NAMES);
  const used = new Set(
    trackedFiles('.ts')
      .filter((file) => file.startsWith('suites/'))
      .flatMap(namesIn),
  );
  expect(names.filter((name) => !used.has(name))).toEqual([]);
});

test('a response that cannot be read has one class of error', () => {
  const classes = SHAPES.flatMap(({ file, classes }) => (file.startsWith('src/') ? classes : []));
  const about = /Response.*(Malformed|Broken|Misshapen|Wrong|Invalid|Bad)|(Malformed|Bad|Invalid).*Response/;
  expect(classes.filter((name) => about.test(name))).toEqual(['ResponseMalformed']);
});

/** Names in the lists of `export { ... } from`. */
function namesReExportedBy(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((node) =>
    ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause)
      ? node.exportClause.elements.map(({ name }) => name.text)
      : [],
  );
}

const namesIn = (file: string): string[] => readFileSync(file, 'utf8').match(/\w+/g) ?? [];
