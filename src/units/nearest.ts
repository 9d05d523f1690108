/** The shortest beginning that tells a name. */
const SHORTEST_BEGINNING = 3;

/**
 * The name with the fewest edits, when there are few enough to be a slip; else the only one that begins with the word, or
 * with which it begins. Case and separators count for nothing.
 */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const name of names) {
    const edits = editsBetween(wanted, plain(name));
    if (best === undefined || edits < best.edits) best = { name, edits };
  }
  if (best !== undefined && best.edits <= Math.max(1, wanted.length / 3)) return best.name;
  const alike = [...names].filter((name) => beginAlike(wanted, plain(name)));
  return alike.length === 1 ? alike[0] : undefined;
}

const beginAlike = (one: string, other: string): boolean =>
  Math.min(one.length, other.length) >= SHORTEST_BEGINNING &&
  (one.startsWith(other) || other.startsWith(one));

/** The end of a sentence about a name that is unknown: `; did you mean sim?`, or a full stop when no name is near. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const near = nearest(word, names);
  return near === undefined ? '.' : `; did you mean ${near}?`;
}

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Letters to add, to take away, to change, and neighbours to swap. */
function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, changed, isSwapped ? before[j - 2]! + 1 : Infinity));
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
