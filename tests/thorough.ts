import { Random } from '../src/sim/index.ts';

/** Whether everything is tried, which takes an hour: `H1_HIL_THOROUGH=1`. Without it, a part is tried. */
export const IS_THOROUGH = process.env['H1_HIL_THOROUGH'] === '1';

/** The seed that chooses the part, and makes what is random: `H1_HIL_TEST_SEED`, 14 without. */
export const TEST_SEED = Number(process.env['H1_HIL_TEST_SEED'] ?? 14);

/** The number of attempts, in a thorough run and otherwise. */
export const attempts = (all: number, part: number): number => (IS_THOROUGH ? all : part);

/** All cases in a thorough run, otherwise `count` of them that the seed chooses. */
export function someOf<T>(cases: readonly T[], count: number): readonly T[] {
  if (IS_THOROUGH) return cases;
  const random = new Random(TEST_SEED).fork('cases');
  return cases
    .map((one) => ({ one, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ one }) => one);
}
