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
  /** The edge lies between these two values with the certainty CERTAINTY; an infinite one lies outside of the axis. */
  readonly from: number;
  readonly to: number;
  /** False when every point has the same outcome. */
  readonly isFound: boolean;
  /** Distance of the driver's own number from the edge, above 0 on the side that passes. */
  readonly margin?: { readonly least: number; readonly most: number };
}

/** What a sweep tells of one driver. */
export interface DriverSweep {
  readonly driver: DriverChoice;
  /** The driver's own number on the first axis. */
  readonly own?: number;
  readonly rows: readonly RowEdge[];
  /** Shots that were taken, and points of the whole grid. */
  readonly shots: number;
  readonly points: number;
}

/** The most shots of one row, as a share of the shots that its points take with `repeats` at each. */
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
  const own = ownValue(procedure.driver, axis);
  const points = axis.values.length;
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
    const edge = await findEdge(points, fails, { most, ...(near !== undefined && { near }) });
    near = edge;
    rows.push({ ...rowOf(edge, axis, own), ...(across !== undefined && { across }) });
  }
  return {
    driver: procedure.driver,
    ...(own !== undefined && { own }),
    rows,
    shots,
    points: points * rows.length,
  };
}

function rowOf(edge: Edge, { values }: Axis, own: number | undefined): RowEdge {
  const from = values[edge.least - 1] ?? -Infinity;
  const to = values[edge.most] ?? Infinity;
  const isFound = edge.below > 0 && edge.below < values.length;
  const row = { ...edge, from, to, isFound };
  if (own === undefined || !isFound) return row;
  const [least, most] = edge.lowFails ? [own - to, own - from] : [from - own, to - own];
  return { ...row, margin: { least, most } };
}
