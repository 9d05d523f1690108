import type { Morning, State } from '../../src/history/index.ts';
import { STATES } from '../../src/history/index.ts';
import { printableLines } from '../../src/units/index.ts';
import type { Group } from './words.ts';
import {
  counted,
  groupsOf,
  MEANING,
  movedTexts,
  reasonsOf,
  sentenceOf,
  showNight,
  showRate,
} from './words.ts';

/** Maximum number of failures that are told of each state: a chat has little room. */
const MAX_TOLD = 10;
const MAX_ROWS = 10;

const MARK = { pass: '✅', fail: '❌', inconclusive: '❔', 'no verdict': '⚠️', interrupted: '⚠️' } as const;

/** The night as Markdown: for a chat, a pull request, or `$GITHUB_STEP_SUMMARY`. */
export function morningMarkdown(morning: Morning): string {
  const { night, verdict, because } = morning;
  const lines = [
    `## ${MARK[verdict]} ${verdict}: night to ${showNight(night)}`,
    '',
    `${sentenceOf(morning)}. ${counted(morning.passed, 'result')} passed, ${morning.failed} failed, ${morning.skipped} skipped, ${morning.notRun} not run.`,
    ...(because.length === 0 ? [] : ['', ...because.map((reason) => `- ${plain(reason)}`)]),
    ...STATES.flatMap((state) => stateLines(morning, state)),
    ...movedLines(morning),
    ...unrunLines(morning),
  ];
  return `${lines.join('\n')}\n`;
}

/** Text that Markdown shows as it stands. */
const plain = (text: string): string =>
  printableLines(text)
    .replace(/\n/g, ' ')
    .replace(/[\\`*_{}[\]<>|#~]/g, '\\$&');

/** A command as code, with a fence that is longer than any in it. */
function code(text: string): string {
  const one = printableLines(text).replace(/\n/g, ' ');
  const longest = Math.max(0, ...Array.from(one.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${one}${fence}` : `${fence} ${one} ${fence}`;
}

function stateLines({ items }: Morning, state: State): string[] {
  const groups = groupsOf(items).filter((one) => one.state === state);
  if (groups.length === 0) return [];
  const rest = groups.length - MAX_TOLD;
  return [
    ...['', `### ${MEANING[state].title}: ${groups.length}`, ''],
    ...groups.slice(0, MAX_TOLD).flatMap(groupLines),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
  ];
}

function groupLines({ first, items }: Group): string[] {
  const { signature, says, why, again, issue } = first;
  const drivers = [...new Set(items.map(({ test }) => test.profile))].join(', ');
  const rigs = [...new Set(items.flatMap((one) => one.rigs))].join(', ');
  return [
    `- **${plain(signature.place)}** (${plain(drivers)}; rig ${plain(rigs)}; ${signature.fault})${issue === undefined ? '' : ` known as ${plain(issue.id)}, ${plain(issue.owner)}`}`,
    `  ${plain(says)}`,
    `  ${plain(why)}; ${showRate(first.rate)}`,
    ...(again === null ? [] : [`  ${code(again)}`]),
  ];
}

function movedLines({ moved }: Morning): string[] {
  if (moved.length === 0) return [];
  const rows = moved.slice(0, MAX_ROWS).map((one) => {
    const { before, after, change, margin } = movedTexts(one);
    return `| ${one.direction} | ${plain(one.name)} | ${plain(one.rig)} | ${before} | ${after} | ${change} | ${margin} |`;
  });
  return [
    ...['', '### Margins and times that moved', ''],
    '| | rule or time | rig | before | now | change | worst margin |',
    ...['| --- | --- | --- | --- | --- | --- | --- |', ...rows],
  ];
}

function unrunLines({ unrun }: Morning): string[] {
  if (unrun.length === 0) return [];
  const reasons = reasonsOf(unrun);
  const rows = reasons
    .slice(0, MAX_ROWS)
    .map(
      ({ rigs, outcome, reason, tests }) =>
        `- ${tests} ${tests === '1' ? 'test' : 'tests'} ${outcome} on ${rigs.map(plain).join(', ')}: ${plain(reason)}`,
    );
  const rest = reasons.length - MAX_ROWS;
  return ['', '### Not run', '', ...rows, ...(rest > 0 ? [`- and ${rest} more reasons`] : [])];
}
