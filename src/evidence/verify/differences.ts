import type { Run } from './model.ts';

/** At most so many differences are told of one file. */
const MOST = 8;

type Path = readonly (string | number)[];

/** Where two values differ, as sentences: `policy.waivers.0.until: "2027-01-01" is there, "2026-12-24" was signed`. */
export function differences(there: unknown, signed: unknown): string[] {
  const found: string[] = [];
  compare(there, signed, [], found, signed);
  return found;
}

function compare(there: unknown, signed: unknown, path: Path, found: string[], root: unknown): void {
  if (found.length >= MOST || JSON.stringify(there) === JSON.stringify(signed)) return;
  if (isNamedList(there) && isNamedList(signed)) {
    const dropped = missing(signed, there, 'is missing');
    const added = missing(there, signed, 'was added');
    const told = dropped.length + added.length > 0 ? [...dropped, ...added] : moved(there, signed);
    found.push(...told.map((what) => `${pathText(path, root)}: ${what}`));
    if (told.length > 0) return;
  }
  if (isObject(there) && isObject(signed)) {
    for (const key of new Set([...Object.keys(signed), ...Object.keys(there)]))
      compare(there[key], signed[key], [...path, Array.isArray(signed) ? Number(key) : key], found, root);
    return;
  }
  found.push(`${pathText(path, root)}: ${show(there)} is there, ${show(signed)} was signed`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const nameOf = (value: unknown): string | undefined => {
  if (!isObject(value)) return undefined;
  const name = value['test'] ?? value['id'] ?? value['requirement'] ?? value['rule'];
  return typeof name === 'string' ? name : undefined;
};

/** A list of which every entry has a name. */
const isNamedList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => nameOf(one) !== undefined);

/** What of `these` has more entries of its name than `those`. */
function missing(these: readonly unknown[], those: readonly unknown[], what: string): string[] {
  const counts = new Map<string, number>();
  for (const one of those) counts.set(nameOf(one)!, (counts.get(nameOf(one)!) ?? 0) + 1);
  return these.flatMap((one) => {
    const name = nameOf(one)!;
    const left = (counts.get(name) ?? 0) - 1;
    counts.set(name, left);
    return left < 0 ? [`"${name}" ${what}`] : [];
  });
}

function moved(there: readonly unknown[], signed: readonly unknown[]): string[] {
  const at = signed.findIndex((one, i) => nameOf(one) !== nameOf(there[i]));
  return at < 0
    ? []
    : [`the order is another one: "${nameOf(there[at])}" stands in the place of "${nameOf(signed[at])}"`];
}

/** The path with the names of what it leads through. */
function pathText(path: Path, root: unknown): string {
  let value = root;
  const words = path.map((step) => {
    value = isObject(value) ? value[step] : undefined;
    const name = nameOf(value);
    return name === undefined ? String(step) : `${step} ("${name}")`;
  });
  return words.join('.') || 'the whole';
}

const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
};

const ENDS: Readonly<Record<string, readonly string[]>> = {
  passed: ['pass'],
  failed: ['fail', 'inconclusive', 'no verdict'],
  skipped: ['skipped'],
  'not run': ['not run'],
};

/** What the journal of a run says otherwise than the evidence. */
export function journalTrouble(text: string, { results, outside }: Run): string[] {
  const found: string[] = [];
  let planned: readonly { readonly path: string }[] = [];
  const ends = new Map<number, string>();
  let alone = 0;
  for (const [at, line] of text.split('\n').entries()) {
    if (line === '') continue;
    try {
      const entry = JSON.parse(line) as {
        kind: string;
        test: number;
        outcome: string;
        tests: typeof planned;
      };
      if (entry.kind === 'plan') planned = entry.tests;
      if (entry.kind === 'outside') alone++;
      if (entry.kind === 'test') ends.set(entry.test, entry.outcome);
    } catch {
      return [`line ${at + 1} cannot be read`];
    }
  }
  if (alone !== outside.length)
    return [`${alone} failures outside of tests are in the journal, and ${outside.length} in the evidence`];
  const wanted = planned.map(({ path }) => ({ test: path }));
  const told = [
    ...missing(wanted, results, 'is missing in the evidence'),
    ...missing(results, wanted, 'is not in the journal'),
  ];
  found.push(...(told.length > 0 ? told : moved(wanted, results)));
  if (found.length > 0) return found.slice(0, MOST);
  for (const [at, { test, outcome }] of results.entries()) {
    const ended = ends.get(at) ?? 'not run';
    if (ENDS[ended]?.includes(outcome) !== true)
      found.push(`"${test}" is ${outcome} in the evidence, and ${ended} in the journal`);
  }
  return found.slice(0, MOST);
}

/** The first line in which two texts differ. */
export function firstLine(there: string, signed: string): string {
  const [now, was] = [there.split('\n'), signed.split('\n')];
  const at = was.findIndex((line, i) => line !== now[i]);
  const line = at < 0 ? was.length : at;
  return `line ${line + 1}: ${show(now[line])} is there, ${show(was[line])} was signed`;
}
