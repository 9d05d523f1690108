import type { Comparison, MovedMeasure } from '../history/index.ts';
import { showMoment } from '../history/index.ts';
import { printableLines } from '../units/index.ts';
import { EXIT } from './exit-code.ts';

type Compared = Comparison['before'];

/** What of two runs differs, as lines for a person. */
export function showComparison(comparison: Comparison): string {
  const { before, after, facts, tests, cells, measures, same } = comparison;
  const row = (name: string, text: string): string => `${name.padEnd(8)} ${text}`;
  const lines = [
    row('before', headOf(before)),
    row('after', headOf(after)),
    ...facts.map(({ name, before: old, after: now }) =>
      row('differs', `${name}: ${old || '-'} -> ${now || '-'}`),
    ),
    ...tests.flatMap(({ test, before: old, after: now, direction, says, again }) => [
      row(direction, `${test.suite} · ${test.profile} · ${test.title}: ${old} -> ${now}`),
      ...(says === null ? [] : [row('', `  ${says}`)]),
      ...(again === null ? [] : [row('', `  again: ${again}`)]),
    ]),
    ...cells.map(({ table, row: name, profile, before: old, after: now, direction }) =>
      row(direction, `table ${table} · ${name} · ${profile}: ${old ?? '-'} -> ${now ?? '-'}`),
    ),
    ...measures.map((one) => row(one.direction, showMoved(one))),
    row('same', `${same} tests`),
    row('verdict', verdictOf(comparison)),
  ];
  return `${lines.map(printableLines).join('\n')}\n`;
}

const headOf = ({ run, started, rig, chip, commit, seed, verdict }: Compared): string =>
  `${run.slice(0, 8)}  ${showMoment(started)}  rig ${rig} (${chip}), commit ${commit}, seed ${seed}: ${verdict}`;

function showMoved(one: MovedMeasure): string {
  const { name, unit, before, after, change, tests, chance, marginBefore, marginAfter } = one;
  const share = `${change >= 0 ? '+' : ''}${(100 * change).toFixed(1)} %`;
  const margins =
    marginBefore === null || marginAfter === null
      ? ''
      : `; margin ${number(marginBefore)} -> ${number(marginAfter)} ${unit}`;
  return `${name}: ${number(before)} -> ${number(after)} ${unit} (${share} in ${tests} tests, by chance ${chance.toExponential(0)})${margins}`;
}

const number = (value: number): string => String(Number(value.toPrecision(4)));

function verdictOf({ isWorse, hasLost, tests, cells, measures }: Comparison): string {
  const count = (direction: string): number =>
    [...tests, ...cells, ...measures].filter((one) => one.direction === direction).length;
  if (isWorse)
    return `regression: ${count('worse')} got worse${hasLost ? `, ${count('lost')} not shown any more` : ''}`;
  if (hasLost) return `inconclusive: ${count('lost')} that the run before had shown are not shown any more`;
  return 'no regression';
}

/** A regression is a failure; what is not shown any more decides nothing. */
export const exitOf = ({ isWorse, hasLost }: Comparison): number =>
  isWorse ? EXIT.failure : hasLost ? EXIT.inconclusive : EXIT.pass;
