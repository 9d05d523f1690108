/** Where two values differ: `policy waivers "CHIP 4.4" until: "2027-01-01" is there, "2026-12-24" was signed`. */
export function differences(there: unknown, signed: unknown, at = ''): string[] {
  if (JSON.stringify(there) === JSON.stringify(signed)) return [];
  if (typeof there === 'string' && typeof signed === 'string' && `${there}${signed}`.includes('\n'))
    return differences(linesOf(there), linesOf(signed), `${at} line`);
  if (!isObject(there) || !isObject(signed))
    return [`${at}: ${show(there)} is there, ${show(signed)} was signed`];
  const [now, was] = [entriesOf(there), entriesOf(signed)];
  const [names, before] = [[...now.keys()], [...was.keys()]];
  const told = [
    ...before.filter((name) => !now.has(name)).map((name) => `${at}: ${name} is missing`),
    ...names.filter((name) => !was.has(name)).map((name) => `${at}: ${name} was added`),
  ];
  const moved = before.findIndex((name, place) => name !== names[place]);
  if (told.length === 0 && moved >= 0)
    told.push(`${at}: the order is another one: ${names[moved]} stands in the place of ${before[moved]}`);
  const both = before.filter((name) => now.has(name));
  return [...told, ...both.flatMap((name) => differences(now.get(name), was.get(name), pathOf(at, name)))];
}

/** Lines by their numbers. */
const linesOf = (text: string): object =>
  Object.fromEntries(text.split('\n').map((line, at) => [at + 1, line]));
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const show = (value: unknown): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 160);

/** What everything stands in says nothing. */
const pathOf = (at: string, name: string): string =>
  ['predicate', 'h1hil_qualification', 'evidence'].includes(name) ? at : `${at} ${name}`.trim();

/** The entries of a list by their names, and those without one by their places from 1. A name that comes again has a number. */
function entriesOf(value: object): Map<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const entries = new Map<string, unknown>();
  for (const [at, one] of (value as unknown[]).entries()) {
    const { name, id }: { name?: unknown; id?: unknown } = isObject(one) ? one : {};
    const named = typeof one === 'string' ? one : (name ?? id);
    const key = named === undefined ? String(at + 1) : show(named);
    let number = 1;
    while (entries.has(number === 1 ? key : `${key} (${number})`)) number++;
    entries.set(number === 1 ? key : `${key} (${number})`, one);
  }
  return entries;
}
