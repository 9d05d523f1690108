import type { Act } from './accesses.ts';

/** How two traces may differ at one place. */
export const DIFFERENCE_CLASSES = ['missing', 'extra', 'out of order', 'other bytes', 'other time'] as const;

/** How two drivers differ in one place. */
export interface Difference {
  readonly class: (typeof DIFFERENCE_CLASSES)[number];
  readonly what: string;
}

/** Places where `ours` and `theirs` differ; missing is what only `theirs` has. */
export function align(ours: readonly Act[], theirs: readonly Act[]): readonly Difference[] {
  const { onlyOurs, onlyTheirs, bytes } = compare(ours, theirs);
  const moved = new Set<number>();
  const differences: Difference[] = [...bytes];
  for (const extra of onlyOurs) {
    const at = onlyTheirs.findIndex((missing, i) => !moved.has(i) && missing.shape === extra.shape);
    if (at >= 0) moved.add(at);
    differences.push({ class: at >= 0 ? 'out of order' : 'extra', what: show(extra) });
  }
  onlyTheirs.forEach((missing, i) => {
    if (!moved.has(i)) differences.push({ class: 'missing', what: show(missing) });
  });
  return differences;
}

const show = ({ shape, bytes }: Act): string => (bytes === '' ? shape : `${shape} ${bytes}`);

/** Longest common sequence of shapes; bytes are compared where shapes agree. */
function compare(
  ours: readonly Act[],
  theirs: readonly Act[],
): { onlyOurs: Act[]; onlyTheirs: Act[]; bytes: Difference[] } {
  const width = theirs.length + 1;
  const lengths = new Uint32Array((ours.length + 1) * width);
  for (let i = ours.length - 1; i >= 0; i--)
    for (let j = theirs.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        ours[i]!.shape === theirs[j]!.shape
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  const onlyOurs: Act[] = [];
  const onlyTheirs: Act[] = [];
  const bytes: Difference[] = [];
  let [i, j] = [0, 0];
  while (i < ours.length && j < theirs.length) {
    const [a, b] = [ours[i]!, theirs[j]!];
    if (a.shape === b.shape) {
      if (a.bytes !== b.bytes)
        bytes.push({ class: 'other bytes', what: `${a.shape}: ours ${a.bytes}, theirs ${b.bytes}` });
      i++;
      j++;
    } else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) onlyOurs.push(ours[i++]!);
    else onlyTheirs.push(theirs[j++]!);
  }
  onlyOurs.push(...ours.slice(i));
  onlyTheirs.push(...theirs.slice(j));
  return { onlyOurs, onlyTheirs, bytes };
}
