import type { Profile } from '../driver/index.ts';
import { PROFILES } from '../driver/index.ts';
import { UsageError } from '../units/index.ts';
import type { DriverChoice } from './schema.ts';

type Leaf = number | string | boolean | null | unknown[];
/**
 * Values that differ from a profile, by their path, such as `ready.timeout`. Times are in nanoseconds; null takes a
 * part away.
 */
export type Changes = Readonly<Record<string, Leaf>>;

const isPart = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value of a profile by its path. */
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

/** The kinds of value that the profiles have at each path. A change may put no other kind there. */
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

/** The paths of whole parts, such as `wake`. A change may take a part away. */
const PARTS: ReadonlySet<string> = new Set(
  [...KINDS.keys()].flatMap((path) => {
    const names = path.split('.');
    return names.slice(1).map((_, depth) => names.slice(0, depth + 1).join('.'));
  }),
);

/** The changes that make `other` of `base`. Name and summary are left out. */
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

/**
 * The profile that a procedure names, with the changes of the procedure. @throws UsageError for a name or path that
 * no profile has.
 */
export function driverRow({ row: name, changes = {} }: DriverChoice): Profile {
  const base = PROFILES.get(name);
  if (base === undefined)
    throw new UsageError(`There is no driver ${name}. Known drivers: ${[...PROFILES.keys()].join(', ')}.`);
  return Object.keys(changes).length === 0 ? base : changed(base, changes);
}

/** A copy of a profile with changes. @throws UsageError for a path or a kind of value that no profile has. */
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

/** Removes each part that has nothing left in it. */
function prune(part: Readonly<Record<string, unknown>>): void {
  for (const [name, inner] of Object.entries(part)) {
    if (!isPart(inner)) continue;
    prune(inner);
    if (Object.keys(inner).length === 0) Reflect.deleteProperty(part, name);
  }
}
