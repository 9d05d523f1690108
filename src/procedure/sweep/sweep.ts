import type { DriverChoice, Procedure } from '../schema.ts';
import type { Axis } from './axis.ts';
import { ownValue, withValue } from './axis.ts';
import type { Edge } from './edge.ts';
import { findEdge } from './edge.ts';

/** One shot: plays the procedure and answers whether it fails. */
export type Shot = (procedure: Procedure) => Promise<boolean>;

/** The edge of one row of points; `across` is the value of the second axis. */
export interface RowEdge extends Edge {
  readonly across?: number;
  /** The edge lies between these two values; an infinite one lies outside of the axis. */
  readonly from: number;
  readonly to: number;
  /** The marginal band: between these two values a shot fails at times. Missing when no such point was seen. */
  readonly band?: { readonly from: number; readonly to: number };
  /** Distance of the own number from the edge, above 0 on the side where failures have ceased. */
  readonly margin?: { readonly least: number; readonly most: number };
  /** Whether the own number lies beyond the edge. Missing when the procedure has no own number on the axis. */
  readonly verdict?: 'positive' | 'negative' | 'unsure';
}

/** What a sweep tells of one driver. */
export interface DriverSweep {
  readonly driver: DriverChoice;
  /** The number that driver or procedure have themselves on the first axis. */
  readonly own?: number;
  readonly rows: readonly RowEdge[];
  /** Shots that were taken, and those that a grid takes with `repeats` at each point. */
  readonly shots: number;
  readonly gridShots: number;
}

/** One row takes at most this share of the shots of a grid, which has `repeats` at each point. */
const SHARE = 4;

/**
 * Finds the edge on the first axis for each value of the second one. The edge of a row is expected near that of the row
 * before. Each shot has a seed of its own, so that chance in the chip differs from shot to shot.
 */
export async function sweep(
  procedure: Procedure,
  [axis, second]: readonly [Axis, Axis?],
  { shot, repeats }: { readonly shot: Shot; readonly repeats: number },
): Promise<DriverSweep> {
  const own = ownValue(procedure, axis);
  const points = axis.values.length;
  const ownPoint = own === undefined ? undefined : Math.round((own - axis.values[0]!) / axis.step);
  const most = Math.ceil((points * repeats) / SHARE) - 1;
  let shots = 0;
  let near: Edge | undefined;
  const rows: RowEdge[] = [];
  for (const across of second?.values ?? [undefined]) {
    const base =
      across === undefined || second === undefined ? procedure : withValue(procedure, second, across);
    const fails = (point: number): Promise<boolean> => {
      const seed = (procedure.seed + Math.imul(shots++, 0x9e3779b1)) & 0x7fffffff;
      return shot({ ...withValue(base, axis, axis.values[point]!), seed });
    };
    const edge = await findEdge(points, fails, { most, near, own: ownPoint });
    near = edge;
    rows.push({ ...rowEdge(edge, axis.values, own), ...(across !== undefined && { across }) });
  }
  return {
    driver: procedure.driver,
    ...(own !== undefined && { own }),
    rows,
    shots,
    gridShots: points * rows.length * repeats,
  };
}

/**
 * The edge as values of the axis, and how far the own number is from it.
 * @param own the number that has to lie beyond the edge; none without
 */
export function rowEdge(edge: Edge, values: readonly number[], own: number | undefined): RowEdge {
  const from = values[edge.least - 1] ?? -Infinity;
  const to = values[edge.most] ?? Infinity;
  const band = edge.isFound ? bandOf(edge, values) : undefined;
  const row = { ...edge, from, to, ...(band && { band }) };
  if (own === undefined) return row;
  if (!edge.isFound) {
    const isSwept = own >= values[0]! && own <= values.at(-1)!;
    return { ...row, verdict: isSwept ? (edge.most > 0 ? 'negative' : 'positive') : 'unsure' };
  }
  const [least, most] = edge.lowFails ? [own - to, own - from] : [from - own, to - own];
  return { ...row, margin: { least, most }, verdict: verdictOf(least, most) };
}

/** The ends of the interval are points that were judged: at 0 the own number is such a point. */
function verdictOf(least: number, most: number): NonNullable<RowEdge['verdict']> {
  if (least >= 0) return 'positive';
  return most <= 0 ? 'negative' : 'unsure';
}

/** From the last point that fails as often as the end of the row to the edge, when there are points between them. */
function bandOf({ least, most, lowFails, always }: Edge, values: readonly number[]): RowEdge['band'] {
  const points = values.length;
  if (always >= (lowFails ? least : points - most)) return undefined;
  return lowFails
    ? { from: values[always - 1]!, to: values[most]! }
    : { from: values[least - 1]!, to: values[points - always]! };
}
