import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { COMPLETE_STACKS } from '../../driver/index.ts';
import { BUGS_TABLE } from '../../report/known-bug.ts';
import type { RunSummary } from '../../report/summary.ts';
import { readSummary } from '../../report/summary.ts';
import { UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import type { ListedBug } from '../known-bugs.ts';
import { listKnownBugs } from '../known-bugs.ts';
import { candidates } from '../symptom.ts';
import { PAGE_SEED, renderPage, showDrivers, showWhere, verdictsOf } from '../known-bugs-page.ts';
import { ROOT } from '../root.ts';

const PAGE = join(ROOT, 'docs', 'known-bugs.md');

interface BugsOptions {
  readonly json?: true;
  readonly write?: string;
  readonly check?: string;
  readonly symptom?: string;
}

/** `h1-hil bugs`: the catalogue of known bugs. */
export function addBugs(program: Command): void {
  program
    .command('bugs')
    .description('list the known bugs: which driver has each, and where it is shown')
    .option('--json', 'as JSON')
    .option('--write <folder>', 'write docs/known-bugs.md with the verdicts of the run in this folder')
    .option('--check <folder>', 'compare docs/known-bugs.md with the run in this folder')
    .option(
      '--symptom <text>',
      'only those that fit what was seen, the likeliest first: words, an error number',
    )
    .addHelpText(
      'after',
      `
Examples:
  h1-hil bugs
  h1-hil bugs --symptom "-110 resume"
  h1-hil bugs --json
  h1-hil run known-bugs --seed ${PAGE_SEED} --report /tmp/known-bugs && h1-hil bugs --write /tmp/known-bugs

Exit codes: 0 done, 1 docs/known-bugs.md is not what --check expects, 2 usage.`,
    )
    .action(async (options: BugsOptions) => {
      process.exitCode = await tellBugs(options);
    });
}

async function tellBugs({ json, write, check, symptom }: BugsOptions): Promise<number> {
  const folder = write ?? check;
  if (folder !== undefined && (json === true || (write !== undefined && check !== undefined)))
    throw new UsageError('Give one of --json, --write and --check.');
  const summary = folder === undefined ? undefined : checkedSummary(folder);
  if (folder !== undefined && symptom !== undefined)
    throw new UsageError('--symptom is for the list: leave out --write and --check.');
  const listed = await listKnownBugs();
  const bugs = symptom === undefined ? listed : candidates(listed, symptom);
  if (summary !== undefined) return keepPage(bugs, summary, write !== undefined);
  process.stdout.write(json === true ? `${JSON.stringify(bugs, undefined, 2)}\n` : showBugs(bugs));
  return EXIT.pass;
}

/** @throws UsageError unless the run has verdicts of the page's seed for all complete drivers. */
function checkedSummary(folder: string): RunSummary {
  const run = `h1-hil run known-bugs --seed ${PAGE_SEED} --report ${folder}`;
  const summary = readSummary(folder);
  if (summary === undefined)
    throw new UsageError(`There is no summary of a run in ${folder}. Make one: ${run}`);
  const { seed, tables } = summary;
  if (seed !== PAGE_SEED)
    throw new UsageError(
      `docs/known-bugs.md has the verdicts of seed ${PAGE_SEED}, and the run in ${folder} had seed ${seed}. Run again: ${run}`,
    );
  const columns = tables.find(({ title }) => title === BUGS_TABLE)?.columns ?? [];
  const missing = COMPLETE_STACKS.filter(({ name }) => !columns.includes(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new UsageError(
      `The run in ${folder} tried no known bug with ${missing.join(', ')}. Run again: ${run}`,
    );
  return summary;
}

/** Writes docs/known-bugs.md, or compares it with what would be written. */
function keepPage(bugs: readonly ListedBug[], { tables }: RunSummary, isWritten: boolean): number {
  const page = renderPage(bugs, verdictsOf(bugs, tables));
  if (isWritten) {
    writeFileSync(PAGE, page);
    return EXIT.pass;
  }
  if (readFileSync(PAGE, 'utf8') === page) return EXIT.pass;
  process.stderr.write(
    'docs/known-bugs.md differs from what the suites and this run say. Write it again: h1-hil bugs --write with the same folder\n',
  );
  return EXIT.failure;
}

function showBugs(bugs: readonly ListedBug[]): string {
  const width = Math.max(...bugs.map((bug) => showDrivers(bug).length));
  const lines = bugs.map((bug) => {
    const { id, title, observable } = bug;
    return `${id}  ${showDrivers(bug).padEnd(width)}  ${title}: ${observable} (${showWhere(bug)})\n`;
  });
  return lines.join('');
}
