import type { Fault } from '../../board/index.ts';
import { FAULT_FIELDS } from '../../rig/index.ts';
import type { WrittenFault } from '../schema.ts';

/** How many units of the board's own scale one unit of a field has, by the suffix of its name. */
const SCALE = { Us: 1e3, Ms: 1e6, Hz: 1 } as const;
const SUFFIXES = Object.keys(SCALE) as (keyof typeof SCALE)[];
const MOMENTARY: Readonly<Record<string, readonly string[]>> = {
  'ready-glitch': [],
  'brown-out': ['widthUs'],
  'bus-held': ['timeMs'],
  'cs-glitch': ['widthUs'],
};

/** A fault as a procedure has it: `by` of the board becomes `byMs`. */
export function writtenFault(fault: Fault): WrittenFault {
  const fields = MOMENTARY[fault.kind] ?? FAULT_FIELDS.get(fault.kind) ?? [];
  return Object.fromEntries(
    Object.entries(fault)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => written(name, value, fields)),
  ) as unknown as WrittenFault;
}

function written(name: string, value: unknown, fields: readonly string[]): [string, unknown] {
  for (const suffix of SUFFIXES)
    if (typeof value === 'number' && fields.includes(name + suffix))
      return [name + suffix, value / SCALE[suffix]];
  return [name, value];
}
