import type { Profile } from '../driver/index.ts';
import { PROFILES } from '../driver/index.ts';
import { UsageError } from '../units/index.ts';
import type { DriverChoice } from './schema.ts';

type Leaf = number | string | boolean | null | unknown[];
/** Numbers of a driver by their path, as `ready.timeout`; null where a part is not there. */
export type Changes = Readonly<Record<string, Leaf>>;

const isPart = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every number and habit of a driver by its path. */
function leavesOf(value: Readonly<Record<string, unknown>>, prefix = ''): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    if (!isPart(inner)) leaves.set(prefix + name, inner as Leaf);
    else for (const [path, leaf] of leavesOf(inner, `${prefix}${name}.`)) leaves.set(path, leaf);
  }
  return leaves;
}

const row = (profile: Profile): Readonly<Record<string, unknown>> => ({ ...profile });

/** Kinds of value that any row has at a path: what a change may put there. */
const KINDS: ReadonlyMap<string, ReadonlySet<string>> = (() => {
  const kinds = new Map<string, Set<string>>();
  for (const profile of PROFILES.values())
    for (const [path, leaf] of leavesOf(row(profile)))
      kinds.set(path, (kinds.get(path) ?? new Set()).add(kindOf(leaf)));
  return kinds;
})();

function kindOf(leaf: Leaf): string {
  return Array.isArray(leaf) ? 'list' : typeof leaf;
}

/** Paths of whole parts, as `wake`, which a change may take away. */
const PARTS: ReadonlySet<string> = new Set(
  [...KINDS.keys()].flatMap((path) => {
    const names = path.split('.');
    return names.slice(1).map((_, depth) => names.slice(0, depth + 1).join('.'));
  }),
);

/** What differs between two rows: put into `base`, it makes `other`. Names and summaries do not count. */
export function differences(base: Profile, other: Profile): Changes {
  const [from, to] = [leavesOf(row(base)), leavesOf(row(other))];
  const changes: Record<string, Leaf> = {};
  for (const path of new Set([...from.keys(), ...to.keys()])) {
    if (path === 'name' || path === 'summary') continue;
    const [before, after] = [from.get(path), to.get(path)];
    if (JSON.stringify(before) !== JSON.stringify(after)) changes[path] = after ?? null;
  }
  return changes;
}

/** The row that a procedure names, with its changes. @throws UsageError for a name or path that no row has. */
export function driverRow({ row: name, changes = {} }: DriverChoice): Profile {
  const base = PROFILES.get(name);
  if (base === undefined)
    throw new UsageError(`There is no driver ${name}. Known drivers: ${[...PROFILES.keys()].join(', ')}.`);
  return changed(base, changes);
}

/** A row with other numbers. @throws UsageError for a path or a kind of value that no row has. */
export function changed(base: Profile, changes: Changes): Profile {
  const copy = structuredClone(base) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    checkChange(path, value);
    put(copy, path.split('.'), value);
  }
  prune(copy);
  return copy as unknown as Profile;
}

function checkChange(path: string, value: Leaf): void {
  const kinds = KINDS.get(path);
  if (kinds === undefined && !(value === null && PARTS.has(path)))
    throw new UsageError(
      `No driver has ${path}. A path is made of names of src/driver/profile.ts, as ready.timeout.`,
    );
  if (value !== null && kinds?.has(kindOf(value)) !== true)
    throw new UsageError(
      `${path} of a driver is a ${[...(kinds ?? [])].join(' or ')}, and not ${JSON.stringify(value)}.`,
    );
}

function put(into: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: Leaf): void {
  if (rest.length === 0) {
    if (value === null) Reflect.deleteProperty(into, name);
    else into[name] = value;
    return;
  }
  if (!isPart(into[name])) {
    if (value === null) return;
    into[name] = {};
  }
  put(into[name] as Record<string, unknown>, rest, value);
}

/** A part of which nothing is left is not there. */
function prune(part: Readonly<Record<string, unknown>>): void {
  for (const [name, inner] of Object.entries(part)) {
    if (!isPart(inner)) continue;
    prune(inner);
    if (Object.keys(inner).length === 0) Reflect.deleteProperty(part, name);
  }
}
