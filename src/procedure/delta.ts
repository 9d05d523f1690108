/**
 * Leaves out as much of a list as it can while `holds` stays true of what is left: halves first, then quarters, and so
 * on, until no single item can go. Delta debugging, after Zeller and Hildebrandt (2002).
 * @param holds is true of `items` themselves
 */
export async function leastOf<T>(
  items: readonly T[],
  holds: (rest: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1;) {
    const before = kept.length;
    kept = await withoutChunks(kept, size, holds);
    if (size === 1 && kept.length === before) break;
    if (kept.length < before) size = Math.min(size, Math.max(1, Math.ceil(kept.length / 2)));
    else size = Math.floor(size / 2);
  }
  return kept;
}

/** One pass from the end to the beginning: each chunk goes when it can. */
async function withoutChunks<T>(
  items: readonly T[],
  size: number,
  holds: (rest: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let end = kept.length; end > 0; end -= size) {
    const start = Math.max(0, end - size);
    const rest = [...kept.slice(0, start), ...kept.slice(end)];
    if (rest.length < kept.length && (await holds(rest))) kept = rest;
  }
  return kept;
}
