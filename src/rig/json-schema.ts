import { z } from 'zod';
import { FAULT_FIELDS, rigSchema } from './schema.ts';
import { bareNameOf, unitPattern } from './written-units.ts';

type JsonSchema = Readonly<Record<string, unknown>>;
const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

const PLAIN_SCHEMA = z.toJSONSchema(rigSchema, { io: 'input' });

/** Every field of every kind of rig, as its file writes it. */
export const FIELD_NAMES: readonly string[] = [...new Set(fieldNamesIn(PLAIN_SCHEMA))];

function fieldNamesIn(schema: unknown): string[] {
  if (!isSchema(schema)) return [];
  const { properties } = schema;
  const own = isSchema(properties) ? Object.keys(properties) : [];
  return [...own, ...Object.values(schema).flatMap(fieldNamesIn)];
}

/** The fields with a unit whose name without it is `bare`: those of the fault's kind, or of any object. */
export function fieldsWithUnit(holder: Readonly<Record<string, unknown>>, bare: string): readonly string[] {
  const names = FAULT_FIELDS.get(String(holder['kind'])) ?? FIELD_NAMES;
  return names.filter((name) => bareNameOf(name) === bare);
}

/** The schema that `rigs/schema.json` publishes for editors: a field with a unit in its name may be written with the unit in its value. */
export const rigJsonSchema = (): unknown => withBareNames({ title: 'h1-hil rig', ...PLAIN_SCHEMA });

function withBareNames(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withBareNames);
  if (!isSchema(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, withBareNames(part)]));
  const { properties, required } = inner;
  if (!isSchema(properties)) return inner;
  const fields = Object.keys(properties).flatMap((field) => {
    const bare = bareNameOf(field);
    return bare === undefined || bare in properties ? [] : [{ field, bare }];
  });
  if (fields.length === 0) return inner;
  const needed = Array.isArray(required) ? required.map(String) : [];
  const either = fields.filter(({ field }) => needed.includes(field));
  const written = fields.map(
    ({ field, bare }) => [bare, { type: 'string', pattern: unitPattern(field) }] as const,
  );
  return {
    ...inner,
    properties: { ...properties, ...Object.fromEntries(written) },
    required: needed.filter((name) => !either.some(({ field }) => field === name)),
    ...(either.length > 0 && {
      allOf: either.map(({ field, bare }) => ({ anyOf: [{ required: [field] }, { required: [bare] }] })),
    }),
  };
}
