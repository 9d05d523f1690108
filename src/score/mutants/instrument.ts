import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instrumenter } from '@stryker-mutator/instrumenter';
import type { Mutant, Side } from './mutant.ts';
import { MUTATED } from './mutant.ts';

type Options = Parameters<Instrumenter['instrument']>[1];
type Logger = ConstructorParameters<typeof Instrumenter>[0];
type Made = Awaited<ReturnType<Instrumenter['instrument']>>['mutants'][number];

const nothing = (): void => undefined;
const no = (): boolean => false;
const SILENT: Logger = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  isWarnEnabled: no,
  isErrorEnabled: no,
  isFatalEnabled: no,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};

/** What is read of a path of Babel, whose package has no types of its own. */
interface SyntaxPath {
  readonly node: {
    readonly type: string;
    readonly callee?: { readonly type: string };
    readonly key?: { readonly name?: string };
  };
  readonly parentPath: SyntaxPath | null;
}

/** Keys whose texts are for people: the source of a fact, and the name of a command. */
const FOR_PEOPLE: readonly (string | undefined)[] = ['source', 'name'];

/** The wording of an error, the source of a fact and the name of a command are for people, and no test looks at them. */
function isWording({ node, parentPath }: SyntaxPath): boolean {
  if (node.type !== 'StringLiteral' && node.type !== 'TemplateLiteral') return false;
  if (FOR_PEOPLE.includes(parentPath?.node.key?.name)) return true;
  for (let above = parentPath; above !== null; above = above.parentPath)
    if (isErrorBeingMade(above.node)) return true;
  return false;
}

const isErrorBeingMade = ({ type, callee }: SyntaxPath['node']): boolean =>
  type === 'ThrowStatement' || type === 'NewExpression' || callee?.type === 'Super';

const OPTIONS: Options = {
  plugins: null,
  excludedMutations: [],
  ignorers: [
    {
      shouldIgnore: (path) => (isWording(path as unknown as SyntaxPath) ? 'for people' : undefined),
    },
  ],
};

const sideOf = (file: string): Side => MUTATED.find(({ folder }) => file.startsWith(`${folder}/`))!.side;

/**
 * Puts every mutant of these files into the files themselves, below `tree`. Each sleeps until the environment variable
 * `__STRYKER_ACTIVE_MUTANT__` has its id.
 */
export async function instrument(tree: string, files: readonly string[]): Promise<readonly Mutant[]> {
  const sources = new Map(files.map((file) => [file, readFileSync(join(tree, file), 'utf8')]));
  // It takes a third of a second to load, and most commands do not need it.
  const { Instrumenter } = await import('@stryker-mutator/instrumenter');
  const { files: written, mutants } = await new Instrumenter(SILENT).instrument(
    [...sources].map(([name, content]) => ({ name, content, mutate: true })),
    OPTIONS,
  );
  for (const { name, content } of written) writeFileSync(join(tree, name), content);
  return mutants
    .filter(({ status }) => status === undefined)
    .map((made) => described(made, sources.get(made.fileName)!));
}

/** Lines and columns of the instrumenter count from 0. */
function described({ id, fileName, mutatorName, replacement, location }: Made, source: string): Mutant {
  const lines = source.split('\n');
  const { start, end } = location;
  const lineBegin = (line: number): number => lines.slice(0, line).join('\n').length + (line === 0 ? 0 : 1);
  return {
    id,
    side: sideOf(fileName),
    file: fileName,
    line: start.line + 1,
    kind: mutatorName,
    original: source.slice(lineBegin(start.line) + start.column, lineBegin(end.line) + end.column),
    replacement,
    code: lines[start.line]!.trim(),
  };
}
