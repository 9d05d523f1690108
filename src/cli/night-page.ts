import type { NightState, Plan, Task } from '../lab/index.ts';
import { spanMs } from '../lab/index.ts';
import { showMoment } from '../history/index.ts';
import { showSeconds } from '../report/terminal.ts';
import { showRows } from './show-rows.ts';

/** What of a task no run has shown yet. */
const UNKNOWN = '?';

/** The plan as it would run now. */
export function showPlan(tasks: readonly Task[], { budget }: Plan): string {
  const rows = tasks.map(({ job, fits, last, expectedMs, rank }, at) => [
    ...[String(at + 1), job.name, fits.join(' or ')],
    last === undefined ? 'never' : showMoment(last),
    expectedMs === undefined ? `${UNKNOWN}, ${job.limit} at most` : showSeconds(expectedMs),
    rank.toFixed(1),
  ]);
  const knownMs = tasks.reduce((sum, { expectedMs = 0 }) => sum + expectedMs, 0);
  const without = tasks.filter(({ expectedMs }) => expectedMs === undefined).length;
  return `${showRows(['', 'job', 'rig', 'last run', 'takes', 'urgency'], rows)}\nBudget ${budget}. By the last runs ${showSeconds(knownMs)} one after the other${without === 0 ? '' : `; ${without} tasks never ran, so nobody knows how long they take`}${knownMs > spanMs(budget) ? '. Not all of it may fit' : ''}.\n`;
}

/** What became of each task, as Markdown. */
export function nightMarkdown({ tasks, began, ended, seed }: NightState): string {
  const rows = tasks.map(({ id, state, attempts, because = '' }) => {
    const runs = attempts.map(({ rig, verdict = 'interrupted', says = '' }) => `${rig}: ${verdict}. ${says}`);
    return `| ${[id, state, [...runs, because].filter((one) => one !== '').join('; ')].map(cell).join(' | ')} |`;
  });
  const took = ended === undefined ? '' : `, ${showSeconds(ended - began)}`;
  return [
    '',
    `### Jobs: ${tasks.length}, seed ${seed}${took}`,
    '',
    '| job | state | what was seen |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replace(/[\\`*_{}[\]<>|#~]/g, '\\$&').replace(/\s+/g, ' ');
