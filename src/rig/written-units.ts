/**
 * The suffixes of field names, each with the units that a user may write and how many of the suffix's unit each one
 * is.
 */
const SUFFIXES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Us: { ns: 1e-3, us: 1, µs: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6 },
  Ms: { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, min: 60e3, h: 3600e3 },
  Hz: { Hz: 1, kHz: 1e3, MHz: 1e6 },
  Ma: { uA: 1e-3, µA: 1e-3, mA: 1, A: 1e3 },
  Mb: { MB: 1, GB: 1024 },
};
const WRITTEN = /^\s*(\d+(?:\.\d+)?)\s*(µ?[A-Za-z]+)\s*$/;
/** Digits to which a product is rounded, so that 0.3 ms are exactly 300 us. */
const DIGITS = 12;
const DEEPEST = 32;

const suffixOf = (name: string): string | undefined =>
  Object.keys(SUFFIXES).find((suffix) => name.length > suffix.length && name.endsWith(suffix));

/** The field of a kind of object that has `bare` and a suffix, such as timeMs of time. */
export type FieldFinder = (holder: Readonly<Record<string, unknown>>, bare: string) => readonly string[];

/**
 * A value of a rig file in which units are written out: `time: 990ms` becomes `timeMs: 990` where the field is timeMs, and
 * `timeUs: 990000` where it is timeUs. What is no number with a unit of the field's kind stays as it is.
 */
export function withUnits(value: unknown, fieldsOf: FieldFinder, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((part) => withUnits(part, fieldsOf, depth + 1));
  const holder = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(holder).map(([name, part]) => {
      const counted = typeof part === 'string' ? countedAs(name, part, fieldsOf(holder, name)) : undefined;
      return counted ?? [name, withUnits(part, fieldsOf, depth + 1)];
    }),
  );
}

function countedAs(name: string, text: string, fields: readonly string[]): [string, number] | undefined {
  const [, digits, unit = ''] = WRITTEN.exec(text) ?? [];
  if (digits === undefined) return undefined;
  for (const field of [name, ...fields]) {
    const factor = SUFFIXES[suffixOf(field) ?? '']?.[unit];
    if (factor !== undefined) return [field, Number((Number(digits) * factor).toPrecision(DIGITS))];
  }
  return undefined;
}

/** The names that a field with a unit has in a rig file beside its own: time of timeMs. */
export const bareNameOf = (field: string): string | undefined => {
  const suffix = suffixOf(field);
  return suffix === undefined ? undefined : field.slice(0, -suffix.length);
};

/** The units that may be written for a field. */
export const unitsOf = (field: string): readonly string[] =>
  Object.keys(SUFFIXES[suffixOf(field) ?? ''] ?? {});

const EXAMPLES: Readonly<Record<string, string>> = {
  Us: '5us',
  Ms: '5ms',
  Hz: '1MHz',
  Ma: '5mA',
  Mb: '512MB',
};

/** A right value of a field with a unit. */
export const exampleOf = (field: string): string => EXAMPLES[suffixOf(field) ?? ''] ?? '';

/** What may be written for a field, for an editor. */
export const unitPattern = (field: string): string =>
  `^\\s*\\d+(\\.\\d+)?\\s*(${unitsOf(field).join('|')})\\s*$`;
