import { driverRow } from '../driver-row.ts';
import type { Act, DriverChoice, Procedure } from '../schema.ts';
import { UsageError } from '../../units/index.ts';

/** A number that is swept: where it stands, and the values it takes, in nanoseconds or in hertz. */
export interface Axis {
  /** As it was named, such as `driver.wake.settle`. */
  readonly path: string;
  readonly place: Place;
  readonly values: readonly number[];
  readonly step: number;
  /** The unit in which values are shown, and its size in nanoseconds or hertz. */
  readonly unit: string;
  readonly scale: number;
}

type Place =
  | { readonly kind: 'driver'; readonly part: string }
  | { readonly kind: 'chip'; readonly field: ChipField }
  | { readonly kind: 'rig' }
  | { readonly kind: 'act'; readonly which: string };

/** Numbers of the chip that a rig file pins, without their unit, and the time after which the chip falls asleep. */
const CHIP_FIELDS = [
  'headerLatency',
  'pulseDelay',
  'pulseWidth',
  'taskLatency',
  'commandTime',
  'wakeLatency',
  'resetTime',
  'bootTime',
  'sleepAfter',
] as const;
type ChipField = (typeof CHIP_FIELDS)[number];

const TIMES: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const RATES: Readonly<Record<string, number>> = { Hz: 1, kHz: 1e3, MHz: 1e6 };
const MAX_POINTS = 1000;
const WRITTEN =
  /^([\w.-]+)=(\d+(?:\.\d+)?)([a-zA-Z]*)\.\.(\d+(?:\.\d+)?)([a-zA-Z]*):(\d+(?:\.\d+)?)([a-zA-Z]+)$/;

/**
 * Reads an axis such as `driver.wake.settle=50us..300us:5us`; a number without a unit has that of the step.
 * @throws UsageError saying what an axis is made of
 */
export function parseAxis(text: string): Axis {
  const [, path, from, fromUnit, to, toUnit, step, unit] = WRITTEN.exec(text) ?? [];
  if (path === undefined || unit === undefined)
    throw new UsageError(
      `An axis is written path=from..to:step with a unit, as driver.wake.settle=50..300:5us, and "${text}" is none.`,
    );
  const place = placeOf(path);
  const units = place.kind === 'rig' ? RATES : TIMES;
  const sizeOf = (name: string): number => {
    const size = units[name];
    if (size === undefined || !Object.hasOwn(units, name))
      throw new UsageError(`${path} has one of the units ${Object.keys(units).join(', ')}, and not ${name}.`);
    return size;
  };
  const scale = sizeOf(unit);
  const first = Number(from) * sizeOf(fromUnit === '' ? unit : fromUnit!);
  const last = Number(to) * sizeOf(toUnit === '' ? unit : toUnit!);
  const values = valuesOf(text, { first, last, step: Number(step) * scale });
  return { path, place, values, step: Number(step) * scale, unit, scale };
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** @throws UsageError when the range has fewer than three points, or more than MAX_POINTS */
function valuesOf(text: string, { first, last, step }: Range): number[] {
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  if (!(step > 0 && count >= 3 && count <= MAX_POINTS))
    throw new UsageError(
      `An axis has from 3 to ${MAX_POINTS} points, and ${text} has ${step > 0 ? Math.max(0, count) : 'no step'}.`,
    );
  return Array.from({ length: count }, (_, index) => Math.round(first + index * step));
}

/** @throws UsageError for a path that names no number */
function placeOf(path: string): Place {
  const [, kind, rest = ''] = /^(driver|chip|act|rig)\.(.+)$/.exec(path) ?? [];
  if (kind === 'driver') return { kind, part: rest };
  const field = CHIP_FIELDS.find((one) => one === rest);
  if (kind === 'chip' && field !== undefined) return { kind, field };
  if (path === 'rig.sckHz') return { kind: 'rig' };
  if (kind === 'act') return { kind, which: rest };
  throw new UsageError(
    `There is no number ${path}. Numbers: driver.PATH of src/driver/profile.ts, chip.${CHIP_FIELDS.join(', chip.')}, rig.sckHz, act.NUMBER or act.KIND.`,
  );
}

/** The procedure with another value of the swept number. @throws UsageError when the procedure has no such number */
export function withValue(procedure: Procedure, { place, path }: Axis, value: number): Procedure {
  const { board = { kind: 'sim' as const }, driver } = procedure;
  switch (place.kind) {
    case 'driver': {
      const changes = { ...driver.changes, [leafOf(driver, place.part)]: value };
      return { ...procedure, driver: { ...driver, changes } };
    }
    case 'rig':
      return { ...procedure, board: { ...board, sckHz: value } };
    case 'chip':
      if (place.field === 'sleepAfter')
        return { ...procedure, board: { ...board, faults: sleepingAfter(board.faults, value) } };
      return {
        ...procedure,
        board: { ...board, chip: { ...board.chip, [`${place.field}Us`]: value / 1e3 } },
      };
    case 'act':
      return {
        ...procedure,
        acts: delayed(procedure.acts, { which: place.which, path, forMs: value / 1e6 }),
      };
  }
}

type Faults = NonNullable<NonNullable<Procedure['board']>['faults']>;

const sleepingAfter = (faults: Faults = [], value: number): Faults => [
  ...faults.filter(({ kind }) => kind !== 'chip-sleeps-after'),
  { kind: 'chip-sleeps-after', timeMs: value / 1e6 },
];

type TimedAct = Extract<Act, { readonly forMs: number }>;

const isNamed = (act: Act, index: number, which: string): act is TimedAct =>
  'forMs' in act && (which === act.act || which === `${index + 1}`);

/** Sets the time of the act with a number, counted from 1, or of each act of a kind. */
function delayed(
  acts: readonly Act[],
  { which, path, forMs }: { readonly which: string; readonly path: string; readonly forMs: number },
): Act[] {
  let changes = 0;
  const changed = acts.map((act, index) => {
    if (!isNamed(act, index, which)) return act;
    changes++;
    return { ...act, forMs };
  });
  if (changes === 0)
    throw new UsageError(
      `The procedure has no act with a time for ${path}. h1-hil repro show prints its acts.`,
    );
  return changed;
}

/**
 * The value that the procedure itself has of the swept number: that of its driver, its board or its act. Undefined when it
 * leaves the number to chance.
 */
export function ownValue(
  { driver, board = { kind: 'sim' }, acts }: Procedure,
  { place }: Axis,
): number | undefined {
  switch (place.kind) {
    case 'driver':
      return valueAt(driver, leafOf(driver, place.part)) as number;
    case 'rig':
      return board.sckHz;
    case 'chip':
      return chipValue(board, place.field);
    case 'act': {
      const times = acts
        .filter((act, index) => isNamed(act, index, place.which))
        .map((act) => act.forMs * 1e6);
      return times.every((time) => time === times[0]) ? times[0] : undefined;
    }
  }
}

function chipValue({ chip, faults }: NonNullable<Procedure['board']>, field: ChipField): number | undefined {
  if (field === 'sleepAfter') {
    const fault = faults?.findLast(({ kind }) => kind === 'chip-sleeps-after');
    return fault?.kind === 'chip-sleeps-after' ? fault.timeMs * 1e6 : undefined;
  }
  const time = chip?.[`${field}Us`];
  return time === undefined ? undefined : time * 1e3;
}

const valueAt = (driver: DriverChoice, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (part, name) => (part as Readonly<Record<string, unknown>> | undefined)?.[name],
      driverRow(driver),
    );

/** The path of a number: the part itself, or the only number within it. @throws UsageError */
function leafOf(driver: DriverChoice, path: string): string {
  const value = valueAt(driver, path);
  if (typeof value === 'number') return path;
  const within = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const numbers = within.filter(([, one]) => typeof one === 'number');
  const [only] = numbers;
  if (numbers.length === 1 && only !== undefined) return `${path}.${only[0]}`;
  throw new UsageError(
    numbers.length === 0
      ? `The driver ${driver.row} has no number ${path}. h1-hil profiles --json prints every number.`
      : `${path} of ${driver.row} has several numbers: name one of ${numbers.map(([name]) => `driver.${path}.${name}`).join(', ')}.`,
  );
}
