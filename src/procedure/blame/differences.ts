import type { Changes } from '../driver-row.ts';
import { differences, driverRow } from '../driver-row.ts';
import type { DriverChoice, Procedure } from '../schema.ts';

/** Driver and board of a procedure: the data in which two sides may differ. */
export type Side = Pick<Procedure, 'driver' | 'board'>;

/** One number or part that two sides have differently. */
export interface Difference {
  /** Its name, such as `driver.wake.pulse` or `board.chip.wakeLatencyUs`. */
  readonly path: string;
  /** What the two sides have; undefined where a side does not have it. */
  readonly one: unknown;
  readonly other: unknown;
  /** Gives a side what `one` has there, or what `other` has. */
  readonly toOne: (side: Side) => Side;
  readonly toOther: (side: Side) => Side;
}

type Part = Readonly<Record<string, unknown>>;

/** Every difference of two sides. A part that only one of them has is one difference, and so is a part of another kind. */
export function differencesOf(one: Side, other: Side): Difference[] {
  return [
    ...ofDrivers(one.driver, other.driver),
    ...ofHosts(one.driver, other.driver),
    ...ofBoards(one, other),
  ];
}

function ofDrivers(one: DriverChoice, other: DriverChoice): Difference[] {
  const [rowOne, rowOther] = [driverRow(one), driverRow(other)];
  const [toOne, toOther] = [differences(rowOther, rowOne), differences(rowOne, rowOther)];
  const paths = new Set(Object.keys(toOne).map((leaf) => wholeOf(leaf, partOf(rowOne), partOf(rowOther))));
  return [...paths].map((path) => ({
    path: `driver.${path}`,
    one: valueAt(partOf(rowOne), path),
    other: valueAt(partOf(rowOther), path),
    toOne: changing(within(toOne, path)),
    toOther: changing(within(toOther, path)),
  }));
}

const partOf = (value: object): Part => ({ ...value });

/** The shortest path to a leaf at which one side has no part, or one of another kind. The leaf itself when there is none. */
function wholeOf(leaf: string, one: Part, other: Part): string {
  const names = leaf.split('.');
  for (let depth = 1; depth < names.length; depth++) {
    const path = names.slice(0, depth).join('.');
    const [a, b] = [valueAt(one, path), valueAt(other, path)];
    if (!isPart(a) || !isPart(b) || a.kind !== b.kind) return path;
  }
  return leaf;
}

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const valueAt = (part: Part, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (isPart(value) ? value[name] : undefined), part);

const within = (changes: Changes, path: string): Changes =>
  Object.fromEntries(
    Object.entries(changes).filter(([leaf]) => leaf === path || leaf.startsWith(`${path}.`)),
  );

const changing =
  (changes: Changes) =>
  (side: Side): Side => ({
    ...side,
    driver: { ...side.driver, changes: { ...side.driver.changes, ...changes } },
  });

/** What a driver is told of its host. */
function ofHosts(one: DriverChoice, other: DriverChoice): Difference[] {
  return (['hasInterrupt', 'hz'] as const)
    .filter((name) => one[name] !== other[name])
    .map((name) => {
      const give = (choice: DriverChoice) => (side: Side) => ({
        ...side,
        driver: {
          ...without(side.driver, name),
          ...(choice[name] !== undefined && { [name]: choice[name] }),
        },
      });
      return {
        path: `driver.${name}`,
        one: one[name],
        other: other[name],
        toOne: give(one),
        toOther: give(other),
      };
    });
}

const without = (choice: DriverChoice, name: 'hasInterrupt' | 'hz'): DriverChoice => {
  const copy = { ...choice };
  Reflect.deleteProperty(copy, name);
  return copy;
};

type Board = NonNullable<Procedure['board']>;

function ofBoards(one: Side, other: Side): Difference[] {
  const [leavesOne, leavesOther] = [leavesOf(one.board ?? SIM), leavesOf(other.board ?? SIM)];
  const paths = new Set([...leavesOne.keys(), ...leavesOther.keys()]);
  return [...paths]
    .filter((path) => JSON.stringify(leavesOne.get(path)) !== JSON.stringify(leavesOther.get(path)))
    .map((path) => {
      const give = (leaves: ReadonlyMap<string, unknown>) => (side: Side) => ({
        ...side,
        board: boardWith(side.board ?? SIM, path, leaves.get(path)),
      });
      return {
        path: `board.${path}`,
        one: leavesOne.get(path),
        other: leavesOther.get(path),
        toOne: give(leavesOne),
        toOther: give(leavesOther),
      };
    });
}

const SIM: Board = { kind: 'sim' };
/** Parts of a board whose numbers are told apart. */
const OPEN = ['chip', 'host', 'has'] as const;

/** Every number of a board by its path. Each fault is one, by its kind and how many of that kind come before it. */
function leavesOf(board: Board): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  for (const [name, value] of Object.entries(board))
    if (name !== 'faults' && !OPEN.some((open) => open === name)) leaves.set(name, value);
  for (const open of OPEN)
    for (const [name, value] of Object.entries(board[open] ?? {})) leaves.set(`${open}.${name}`, value);
  for (const fault of board.faults ?? []) {
    let number = 1;
    while (leaves.has(`faults.${fault.kind}.${number}`)) number++;
    leaves.set(`faults.${fault.kind}.${number}`, fault);
  }
  return leaves;
}

function boardWith(board: Board, path: string, value: unknown): Board {
  const leaves = leavesOf(board);
  if (value === undefined) leaves.delete(path);
  else leaves.set(path, value);
  const made: Record<string, unknown> = {};
  for (const [leaf, one] of leaves) {
    const [name = '', inner = ''] = leaf.split('.');
    if (name === 'faults') made[name] = [...((made[name] as unknown[] | undefined) ?? []), one];
    else if (leaf.includes('.')) made[name] = { ...(made[name] as Part | undefined), [inner]: one };
    else made[name] = one;
  }
  return made as Board;
}
