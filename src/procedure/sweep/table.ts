import type { Axis } from './axis.ts';
import type { DriverSweep, RowEdge } from './sweep.ts';

/** A value of an axis in its unit: `150 us`. */
export const showValue = (value: number, { unit, scale }: Axis): string =>
  Number.isFinite(value) ? `${Number((value / scale).toFixed(6))} ${unit}` : value < 0 ? 'below' : 'above';

/** The rows of a sweep as a table of text: edge, interval, own number and margin of each driver. */
export function showSweep(sweeps: readonly DriverSweep[], [axis, second]: readonly [Axis, Axis?]): string {
  const head = [
    'driver',
    ...(second === undefined ? [] : [second.path]),
    'fails',
    'edge between',
    'own',
    'margin',
  ];
  const body = sweeps.flatMap(({ driver, own, rows }) =>
    rows.map((row) => [
      driver.row,
      ...(second === undefined || row.across === undefined ? [] : [showValue(row.across, second)]),
      ...outcomeOf(row, axis),
      own === undefined ? '-' : showValue(own, axis),
      marginOf(row, axis),
    ]),
  );
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((line) => line[column]!.length)));
  const lines = [head, ...body].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const [shots, points] = [sum(sweeps.map((one) => one.shots)), sum(sweeps.map((one) => one.points))];
  return `${lines.join('\n')}\n${axis.path}: ${shots} shots for ${points} points\n`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

function outcomeOf({ isFound, lowFails, below, from, to }: RowEdge, axis: Axis): [string, string] {
  if (!isFound) return [below > 0 === lowFails ? 'everywhere' : 'nowhere', '-'];
  return [lowFails ? 'below' : 'above', `${showValue(from, axis)} and ${showValue(to, axis)}`];
}

function marginOf({ margin }: RowEdge, axis: Axis): string {
  return margin === undefined ? '-' : `${showValue(margin.least, axis)} to ${showValue(margin.most, axis)}`;
}
