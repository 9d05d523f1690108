import { z } from 'zod';

type JsonSchema = Readonly<Record<string, unknown>>;
type Path = readonly PropertyKey[];
const isTable = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The names of the fields that a schema has at a place of a value, in its order; none where no table is wanted. Of several
 * kinds of table, those whose constant fields, such as `kind`, are what the value says.
 */
export function fieldsAt(schema: z.ZodType, value: unknown, path: Path): readonly string[] {
  return [...new Set(namesIn(partAt([jsonOf(schema)], value, path)))];
}

const known = new WeakMap<z.ZodType, JsonSchema>();

function jsonOf(schema: z.ZodType): JsonSchema {
  const made = known.get(schema) ?? z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  known.set(schema, made);
  return made;
}

function partAt(parts: readonly JsonSchema[], value: unknown, [key, ...rest]: Path): readonly JsonSchema[] {
  const kinds = parts.flatMap((part) => kindsOf(part, value));
  if (key === undefined) return kinds;
  const inner = kinds.flatMap((kind) => innerOf(kind, key)).filter(isTable);
  return partAt(inner, isTable(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined, rest);
}

/** The kinds of a union that the value can be. */
function kindsOf(schema: JsonSchema, value: unknown): readonly JsonSchema[] {
  const choices = [schema['anyOf'], schema['oneOf'], schema['allOf']].filter(Array.isArray).flat();
  if (choices.length === 0) return [schema];
  return choices
    .filter(isTable)
    .filter((choice) => agrees(choice, value))
    .flatMap((choice) => kindsOf(choice, value));
}

function agrees({ properties }: JsonSchema, value: unknown): boolean {
  if (!isTable(properties) || !isTable(value)) return true;
  return Object.entries(properties).every(([name, part]) => {
    const wanted = isTable(part) ? part['const'] : undefined;
    return wanted === undefined || value[name] === undefined || value[name] === wanted;
  });
}

const innerOf = (
  { properties, items, additionalProperties }: JsonSchema,
  key: PropertyKey,
): readonly unknown[] =>
  typeof key === 'number'
    ? [items]
    : isTable(properties) && String(key) in properties
      ? [properties[String(key)]]
      : [additionalProperties];

const namesIn = (parts: readonly JsonSchema[]): string[] =>
  parts.flatMap(({ properties }) => (isTable(properties) ? Object.keys(properties) : []));
