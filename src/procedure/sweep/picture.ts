import type { Axis } from './axis.ts';
import { showValue } from './table.ts';
import type { DriverSweep, RowEdge } from './sweep.ts';

const WIDTH = 640;
const LEFT = 150;
const LINE = 14;
const COLOURS = { pass: '#7cb987', fail: '#d9705f', band: '#e6a15a', unsure: '#e8cf72', own: '#20262e' };

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/**
 * Draws a sweep as SVG: a bar for each row of each driver, in the colours of pass, marginal band, fail and unsure, with a
 * mark at the own number.
 */
export function drawSweep(sweeps: readonly DriverSweep[], axes: readonly [Axis, Axis?]): string {
  const [axis] = axes;
  const parts: string[] = [];
  let top = 34;
  for (const one of sweeps) {
    parts.push(label(8, top + 10, one.driver.row));
    for (const row of one.rows) {
      parts.push(...barOf(row, axis, top), ...ownMark(one.own, axis, top));
      top += LINE;
    }
    top += 6;
  }
  const ends = [axis.values[0]!, axis.values.at(-1)!].map((value) => showValue(value, axis)).join(' to ');
  const across = axes[1] === undefined ? '' : `; rows from the top: ${axes[1].path}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 10}" height="${top + 24}" font-family="sans-serif" font-size="11">
${label(8, 16, `${axis.path}, ${ends}${across}`)}
${parts.join('\n')}
${label(8, top + 14, 'green: failures have ceased; orange: fails at times; red: fails; yellow: unsure; black mark: own number')}
</svg>
`;
}

const label = (x: number, y: number, text: string): string =>
  `<text x="${x}" y="${y}">${escaped(text)}</text>`;

function barOf(row: RowEdge, { values }: Axis, top: number): string[] {
  const { least, most, lowFails, isFound, always } = row;
  const points = values.length;
  const at = { of: points, top };
  if (!isFound) return [box({ ...at, from: 0, to: points }, most > 0 ? 'fail' : 'pass')];
  const parts = lowFails
    ? [box({ ...at, from: 0, to: always }, 'fail'), box({ ...at, from: always, to: least }, 'band')]
    : [
        box({ ...at, from: most, to: points - always }, 'band'),
        box({ ...at, from: points - always, to: points }, 'fail'),
      ];
  const passing = lowFails ? { from: most, to: points } : { from: 0, to: least };
  // One point on either side of the edge is known; between them nothing is.
  return [
    ...parts,
    box({ ...at, ...passing }, 'pass'),
    box({ ...at, from: least - 0.5, to: most + 0.5 }, 'unsure'),
  ];
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly of: number;
  readonly top: number;
}

const box = ({ from, to, of, top }: Span, kind: keyof typeof COLOURS): string =>
  `<rect class="${kind}" x="${(LEFT + (Math.max(0, from) / of) * WIDTH).toFixed(1)}" y="${top}" width="${(((Math.min(of, to) - Math.max(0, from)) / of) * WIDTH).toFixed(1)}" height="${LINE - 2}" fill="${COLOURS[kind]}"/>`;

function ownMark(own: number | undefined, { values, step }: Axis, top: number): string[] {
  if (own === undefined) return [];
  const index = (own - values[0]!) / step;
  if (index < 0 || index > values.length - 1) return [];
  return [box({ from: index + 0.4, to: index + 0.6, of: values.length, top }, 'own')];
}
