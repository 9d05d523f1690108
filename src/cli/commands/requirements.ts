import type { Command } from 'commander';
import type { Citing, Matrix } from '../../evidence/requirements/index.ts';
import { matrixOf } from '../../evidence/requirements/index.ts';
import { RULES } from '../../trace/index.ts';
import { EXIT } from '../exit-code.ts';
import { testsIn } from '../list-tests.ts';
import { printJson } from '../print-json.ts';
import { checkRequest } from '../run-request.ts';

interface RequirementsOptions {
  readonly uncovered?: true;
  readonly json?: true;
}

const HELP = `
A requirement is a clause of docs/sources that binds the chip or a driver: must, should, or assumed, where nobody promised
it. A test or rule that cites the clause can show it; whether it did, h1-hil qualify says of runs.

Examples:
  h1-hil requirements
  h1-hil requirements --uncovered          clauses that nothing cites, and tests that cite none
  h1-hil requirements --json

Exit codes: 0, 2 the suites cannot be listed.`;

/** `h1-hil requirements`: which clause is shown by which test and rule. */
export function addRequirements(program: Command): void {
  program
    .command('requirements')
    .description('list what chip and driver have to do, and which tests and rules can show it')
    .option('--uncovered', 'only clauses that nothing cites, and tests that cite none')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action(async ({ uncovered, json }: RequirementsOptions) => {
      const tests = await testsIn(await checkRequest([], { rig: 'sim', seed: '0' }));
      const all = matrixOf(
        tests.map(({ file, titles, sources }): Citing => ({
          name: [file, ...titles].filter(Boolean).join(' › '),
          sources,
        })),
        RULES.map(({ id, source }) => ({ name: id, sources: [source] })),
      );
      const bare = all.clauses.filter((one) => one.tests.length + one.rules.length === 0);
      const matrix = uncovered === true ? { ...all, clauses: bare } : all;
      if (json === true) printJson(matrix);
      else
        process.stdout.write(
          show(matrix, { bare: bare.length, of: all.clauses.length, isShort: uncovered !== true }),
        );
      process.exitCode = EXIT.pass;
    });
}

function show(
  { clauses, without }: Matrix,
  { bare, of, isShort }: { readonly bare: number; readonly of: number; readonly isShort: boolean },
): string {
  const lines = clauses.map(({ id, binds, kind, text, tests, rules }) => {
    const by =
      tests.length + rules.length === 0 ? 'nothing cites it' : `${tests.length} tests, ${rules.length} rules`;
    return `${id.padEnd(18)} ${binds.padEnd(6)} ${kind.padEnd(8)} ${by.padEnd(20)} ${text}`;
  });
  const named = without.map(({ name, sources }) => `  ${name}  [${sources.join(', ') || 'no source'}]`);
  return [
    ...lines,
    '',
    `${bare} of ${of} clauses are cited by nothing; ${without.length} tests cite none of them${isShort ? ' (--uncovered lists them)' : ':'}`,
    ...(isShort ? [] : named),
    '',
  ].join('\n');
}
