import type { Table } from '../../fixtures/index.ts';
import type { Entry } from './catalogue.ts';
import { BUGS_TABLE, CATALOGUE, hasBug } from './catalogue.ts';

const HEAD = `# Known bugs

Every entry of the bug catalogue: which driver profiles have it, what a test looks at, where it is shown, and what came of
it with seed 1. A test passes when a profile shows what it has and does not show what it has not; \`tables.html\` of each
run has what that run saw. This page is made of a run's summary:

    ./h1-hil run known-bugs --seed 1 --report /tmp/known-bugs
    node --import tsx suites/known-bugs/write-page.ts /tmp/known-bugs/summary.json
`;

/** What a run came to, by entry. */
export type Verdicts = ReadonlyMap<string, string>;

const NOT_RUN = 'not run';

const profilesOf = ({ has }: Entry): string =>
  has === 'every' ? 'every one' : has.length === 0 ? 'none' : has.join(', ');

function whereOf({ where }: Entry): string {
  switch (where.kind) {
    case 'shown':
      return '`suites/known-bugs`';
    case 'kernel':
      return `\`suites/kernel-driver\` on rig ${where.rig}`;
    case 'waits':
      return `waits for rig ${where.rig}: ${where.capability}`;
    case 'no-observable':
      return `nowhere: ${where.why}`;
  }
}

/** `pass: shown by 2, absent in 1`, or which profiles differ from the catalogue. */
export function verdictsOf(tables: readonly Table[]): Verdicts {
  const table = tables.find(({ title }) => title === BUGS_TABLE);
  const verdicts = new Map<string, string>();
  for (const { name, cells } of table?.rows ?? []) {
    const entry = CATALOGUE.find(({ id }) => id === name);
    if (entry === undefined) continue;
    const seen = Object.entries(cells);
    const wrong = seen.filter(
      ([profile, { text }]) => text !== (hasBug(entry, profile) ? 'shown' : 'absent'),
    );
    const count = (what: string): number => seen.filter(([, { text }]) => text === what).length;
    verdicts.set(
      name,
      wrong.length > 0
        ? `FAIL: ${wrong.map(([profile, { text }]) => `${text} in ${profile}`).join(', ')}`
        : `pass: shown by ${count('shown')}, absent in ${count('absent')}`,
    );
  }
  return verdicts;
}

/** The verdicts that a page has. */
export function verdictsOfPage(page: string): Verdicts {
  const rows = page.matchAll(/^\| ([KL]-\d\d) \|.*\| ([^|]*) \|$/gm);
  return new Map([...rows].map(([, id, verdict]) => [id!, verdict!]));
}

/** The page as Markdown. */
export function renderPage(verdicts: Verdicts): string {
  const shown = CATALOGUE.filter(({ where }) => where.kind === 'shown').length;
  const rows = CATALOGUE.map((entry) => {
    const verdict = entry.where.kind === 'shown' ? (verdicts.get(entry.id) ?? NOT_RUN) : '-';
    return `| ${entry.id} | ${entry.title} | ${profilesOf(entry)} | ${entry.observable} | ${whereOf(entry)} | ${verdict} |`;
  });
  return `${HEAD}
${CATALOGUE.length} entries, ${shown} of them shown on the simulated board.

<!-- prettier-ignore -->
| entry | what | profiles that have it | observable | where | last verdict |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
