import { BUGS_TABLE, ABSENT, hasBug, SHOWN } from '../report/known-bug.ts';
import type { KnownBug } from '../report/known-bug.ts';
import type { Table } from '../report/tables.ts';
import type { ListedBug } from './known-bugs.ts';

/** The seed of the run whose verdicts are on the page. */
export const PAGE_SEED = 1;

const HEAD = `# Known bugs

Every entry of the bug catalogue: which driver profiles have it, what a test looks at, where it is shown, and what came of
it with seed ${PAGE_SEED}. A test passes when a profile shows what it has and does not show what it has not; \`tables.html\` of each
run has what that run saw. This page is made of the objects in the suites and of a run:

    ./h1-hil run known-bugs --seed ${PAGE_SEED} --report /tmp/known-bugs
    ./h1-hil bugs --write /tmp/known-bugs
`;

/** The verdict of a run on each bug, by the bug's id. */
export type Verdicts = ReadonlyMap<string, string>;

/** The verdict on a bug that the run did not try, and on one that the simulated board cannot show. */
const NOT_RUN = 'not run';
const NONE = '-';

/** The drivers that have the bug: names of profiles, `every one`, or `none`. */
export const showDrivers = ({ has }: KnownBug): string =>
  has === 'every' ? 'every one' : has.length === 0 ? 'none' : has.join(', ');

/** Where the bug is shown. For Markdown, `code` is the mark that stands around the folder. */
export function showWhere({ where, folder }: ListedBug, code = ''): string {
  switch (where.kind) {
    case 'simulated':
      return `${code}${folder}${code}`;
    case 'kernel':
      return `${code}${folder}${code} on rig ${where.rig}`;
    case 'waits':
      return `waits for rig ${where.rig}: ${where.capability}`;
    case 'nowhere':
      return `nowhere: ${where.why}`;
  }
}

/** `pass: shown by 2, absent in 1`, or which profiles differ from what the bug says. */
export function verdictsOf(bugs: readonly KnownBug[], tables: readonly Table[]): Verdicts {
  const rows = tables.find(({ title }) => title === BUGS_TABLE)?.rows ?? [];
  return new Map(
    bugs.flatMap((bug) => {
      const row = rows.find(({ name }) => name === bug.id);
      return row === undefined ? [] : [[bug.id, verdictOf(bug, row.cells)] as const];
    }),
  );
}

function verdictOf(bug: KnownBug, cells: Table['rows'][number]['cells']): string {
  const seen = Object.entries(cells).map(([profile, { text }]) => ({ profile, text }));
  const wrong = seen.filter(({ profile, text }) => text !== (hasBug(bug, profile) ? SHOWN : ABSENT));
  if (wrong.length > 0)
    return `FAIL: ${wrong.map(({ profile, text }) => `${text} in ${profile}`).join(', ')}`;
  const count = (what: string): number => seen.filter(({ text }) => text === what).length;
  return `pass: shown by ${count(SHOWN)}, absent in ${count(ABSENT)}`;
}

/** Reads the verdicts from the text of a page. */
export function verdictsOfPage(page: string): Verdicts {
  const rows = page.matchAll(/^\| ([KL]-\d\d) \|.*\| ([^|]*) \|$/gm);
  return new Map([...rows].map(([, id, verdict]) => [id!, verdict!]));
}

/** The page as Markdown. */
export function renderPage(bugs: readonly ListedBug[], verdicts: Verdicts): string {
  const rows = bugs.map((bug) => {
    const verdict = bug.where.kind === 'simulated' ? (verdicts.get(bug.id) ?? NOT_RUN) : NONE;
    const cells = [bug.id, bug.title, showDrivers(bug), bug.observable, showWhere(bug, '`'), verdict];
    return `| ${cells.join(' | ')} |`;
  });
  const shown = bugs.filter(({ where }) => where.kind === 'simulated').length;
  return `${HEAD}
${bugs.length} entries, ${shown} of them shown on the simulated board.

<!-- prettier-ignore -->
| entry | what | profiles that have it | observable | where | last verdict |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
