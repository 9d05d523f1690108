import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import ts from 'typescript';
import { trackedFiles } from './tracked-files.ts';

/** The rooms whose exported names others build on. */
const ROOMS = /^(src|fixtures|suites|reports)\//;

/** One exported declaration at the top of a file. */
interface Exported {
  readonly name: string;
  readonly isDocumented: boolean;
}

/** TypeScript keeps the docstrings of a node where its own types do not show them. */
const docstringsOf = (node: ts.Node): readonly ts.JSDoc[] =>
  (node as { jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? [];

const isExported = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

const nameOf = (node: ts.Statement): string =>
  ts.isVariableStatement(node)
    ? node.declarationList.declarations.map(({ name }) => name.getText()).join(', ')
    : 'name' in node && node.name !== undefined
      ? (node.name as ts.Identifier).text
      : 'no name';

/** A rule of the trace says what it claims by its own title. */
const isRule = (node: ts.Statement): boolean =>
  ts.isVariableStatement(node) && /^export const \w+: Rule = /.test(node.getText());

/** Whether the lines of `node` follow those of `last` at once: then they share a docstring, and say so by standing together. */
function isNextTo(last: ts.Statement | undefined, node: ts.Statement, text: string): boolean {
  return last !== undefined && !text.slice(last.end, node.getStart()).includes('\n\n');
}

/** What a file exports. Constants and overloads that stand together without an empty line share the first one's docstring. */
function exportedBy(file: string): Exported[] {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Exported[] = [];
  let last: ts.Statement | undefined;
  let isLastDocumented = false;
  for (const node of source.statements) {
    const isDocumented: boolean =
      docstringsOf(node).length > 0 || isRule(node) || (isLastDocumented && isNextTo(last, node, text));
    if (isExported(node) && !ts.isExportDeclaration(node))
      found.push({ name: `${file} ${nameOf(node)}`, isDocumented });
    [last, isLastDocumented] = [node, isDocumented];
  }
  return found;
}

/** Docstrings that another docstring follows, so that they stand above nothing. */
function strayDocstrings(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const stray: string[] = [];
  const visit = (node: ts.Node): void => {
    for (const { pos } of docstringsOf(node).slice(0, -1))
      stray.push(`${file}:${source.getLineAndCharacterOfPosition(pos).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return stray;
}

const FILES = trackedFiles('.ts').filter((file) => !file.endsWith('.d.ts'));

test('every exported name says what it is', () => {
  const exported = FILES.filter((file) => ROOMS.test(file)).flatMap(exportedBy);
  expect(exported.length).toBeGreaterThan(1000);
  expect(exported.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
});

test('no docstring stands above another one', () => {
  expect(FILES.flatMap(strayDocstrings)).toEqual([]);
});
