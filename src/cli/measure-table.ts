import type { Measure, Measured, Rule, RuleReport } from '../trace/index.ts';
import { showLimit, showMeasured } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { between, inMs } from '../units/index.ts';
import { measureAsJson } from './rule-verdicts.ts';

const COLUMNS = ['count', 'least', 'median', 'most', 'limit', 'margin', 'worst at ms'] as const;

/** Shows what was measured, with a line for each rule and for each kind of time. */
export function showMeasures(
  rules: readonly Rule[],
  { counts }: RuleReport,
  kinds: ReadonlyMap<Measured, Measure>,
): string {
  const rows = [
    ...rules.flatMap((rule) => {
      const measure = counts.get(rule.id)?.measure;
      if (measure === undefined || measure.count === 0) return [];
      const unit = rule.unit === 'count' ? '' : ` ${rule.unit}`;
      return [
        rowOf(rule.id, measure, showLimit(rule.limit, rule.unit), (value) => `${rounded(value)}${unit}`),
      ];
    }),
    ...[...kinds].flatMap(([kind, measure]) =>
      measure.count === 0 ? [] : [rowOf(kind, measure, '-', (value) => showMeasured(kind, value))],
    ),
  ];
  return table([['', ...COLUMNS], ...rows]);
}

const rounded = (value: number): number => Number(value.toFixed(3));

const rowOf = (
  name: string,
  measure: Measure,
  limit: string,
  show: (value: number) => string,
): readonly string[] => [
  name,
  String(measure.count),
  show(measure.least),
  show(measure.median),
  show(measure.most),
  limit,
  Number.isFinite(measure.margin) ? show(measure.margin) : '-',
  inMs(between(0 as Instant, measure.worstAt)).toFixed(4),
];

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Shows the same as JSON. Rules have their own units; kinds of time have nanoseconds, and wait bytes a count. */
export const renderMeasures = (
  rules: readonly Rule[],
  { counts }: RuleReport,
  kinds: ReadonlyMap<Measured, Measure>,
): string =>
  `${JSON.stringify(
    {
      rules: Object.fromEntries(
        rules.flatMap(({ id, limit, unit }) => {
          const measure = counts.get(id)?.measure;
          return measure === undefined || measure.count === 0
            ? []
            : [[id, { unit, limit, ...measureAsJson(measure) }]];
        }),
      ),
      kinds: Object.fromEntries([...kinds].map(([kind, measure]) => [kind, measureAsJson(measure)])),
    },
    undefined,
    2,
  )}\n`;
