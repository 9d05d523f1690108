import type { Axis } from './axis.ts';
import type { DriverSweep, RowEdge } from './sweep.ts';
import { BOUND, CONFIDENCE } from './tallies.ts';

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
    'band',
    'own',
    'margin',
    'verdict',
  ];
  const body = sweeps.flatMap(({ driver, own, rows }) =>
    rows.map((row) => [
      driver.row,
      ...(second === undefined || row.across === undefined ? [] : [showValue(row.across, second)]),
      ...outcomeOf(row, axis),
      bandOf(row, axis),
      own === undefined ? '-' : showValue(own, axis),
      marginOf(row, axis),
      row.verdict ?? '-',
    ]),
  );
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((line) => line[column]!.length)));
  const lines = [head, ...body].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const [shots, grid] = [sum(sweeps.map((one) => one.shots)), sum(sweeps.map((one) => one.gridShots))];
  return `${lines.join('\n')}\n${axis.path}: ${shots} shots, where a grid takes ${grid}. \
From the edge on, failures exceed those at the far end by less than ${BOUND * 100} %, with ${CONFIDENCE * 100} % confidence.\n`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

function outcomeOf({ isFound, lowFails, most, from, to }: RowEdge, axis: Axis): [string, string] {
  if (!isFound) return [most > 0 ? 'everywhere' : 'nowhere', '-'];
  return [lowFails ? 'below' : 'above', `${showValue(from, axis)} and ${showValue(to, axis)}`];
}

const bandOf = ({ band }: RowEdge, axis: Axis): string =>
  band === undefined ? '-' : `${showValue(band.from, axis)} to ${showValue(band.to, axis)}`;

function marginOf({ margin }: RowEdge, axis: Axis): string {
  return margin === undefined ? '-' : `${showValue(margin.least, axis)} to ${showValue(margin.most, axis)}`;
}
