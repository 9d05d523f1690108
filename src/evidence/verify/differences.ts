/** Where two values differ, as sentences: `policy waivers "CHIP 4.4" until: "2027-01-01" is there, "2026-12-24" was signed`. */
export function differences(there: unknown, signed: unknown, at = ''): string[] {
  if (JSON.stringify(there) === JSON.stringify(signed)) return [];
  if (isObject(there) && isObject(signed)) {
    const [now, was] = [entriesOf(there), entriesOf(signed)];
    const told = [
      ...[...was.keys()].filter((name) => !now.has(name)).map((name) => `${at}: ${name} is missing`),
      ...[...now.keys()].filter((name) => !was.has(name)).map((name) => `${at}: ${name} was added`),
    ];
    const inside = [...was]
      .filter(([name]) => now.has(name))
      .flatMap(([name, value]) => differences(now.get(name), value, pathOf(at, name)));
    const [names, before] = [[...now.keys()], [...was.keys()]];
    const place = before.findIndex((name, i) => name !== names[i]);
    const moved = `${at}: the order is another one: ${names[place]} stands in the place of ${before[place]}`;
    const all = [...told, ...inside, ...(told.length === 0 && place >= 0 ? [moved] : [])];
    // Two entries of one name hide each other.
    return all.length > 0 ? all : [`${at}: it is not what was signed`];
  }
  if (typeof there === 'string' && typeof signed === 'string' && `${there}${signed}`.includes('\n'))
    return differences(there.split('\n'), signed.split('\n'), at);
  return [`${at}: ${show(there)} is there, ${show(signed)} was signed`];
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 160);

/** Names of what everything stands in say nothing. */
const pathOf = (at: string, name: string): string =>
  ['predicate', 'h1hil_qualification', 'evidence'].includes(name) ? at : `${at} ${name}`.trim();

/** The entries of a list by their names, else by their places from 1. */
function entriesOf(value: object): Map<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const nameOf = (one: unknown, at: number): string => {
    const { name, id } = (one ?? {}) as { name?: unknown; id?: unknown };
    return typeof one === 'string' && one.includes(' › ')
      ? JSON.stringify(one)
      : typeof (name ?? id) === 'string'
        ? JSON.stringify(name ?? id)
        : String(at + 1);
  };
  return new Map((value as unknown[]).map((one, at) => [nameOf(one, at), one]));
}
