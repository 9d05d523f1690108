import type { Entry } from './catalogue.ts';
import { CATALOGUE } from './catalogue.ts';

const HEAD = `# Known bugs

Every entry of the bug catalogue: which driver profiles have it, what a test looks at, and where it is shown. A test passes
when a profile shows what it has and does not show what it has not; the last verdicts are in the report of the last run
(\`./h1-hil run known-bugs\`). This page is made by \`node --import tsx suites/known-bugs/write-page.ts\`.
`;

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

/** The page as Markdown. */
export function renderPage(): string {
  const shown = CATALOGUE.filter(({ where }) => where.kind === 'shown').length;
  const rows = CATALOGUE.map(
    (entry) =>
      `| ${entry.id} | ${entry.title} | ${profilesOf(entry)} | ${entry.observable} | ${whereOf(entry)} |`,
  );
  return `${HEAD}
${CATALOGUE.length} entries, ${shown} of them shown on the simulated board.

<!-- prettier-ignore -->
| entry | what | profiles that have it | observable | where |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
