import { Random } from '../../sim/index.ts';
import { shuffled } from '../detection.ts';
import type { Mutant } from './mutant.ts';

/**
 * A sample of mutants: half of the chip, half of the driver, the same for the same seed. When one side has too few, the
 * other one gives more.
 */
export function sampleOf(mutants: readonly Mutant[], size: number, seed: number): readonly Mutant[] {
  const random = new Random(seed);
  const of = (side: Mutant['side']): readonly Mutant[] =>
    shuffled(
      mutants.filter((mutant) => mutant.side === side),
      random,
    );
  const [chip, driver] = [of('chip'), of('driver')];
  const turns = Math.max(chip.length, driver.length);
  return Array.from({ length: turns }, (_, i) => [...chip.slice(i, i + 1), ...driver.slice(i, i + 1)])
    .flat()
    .slice(0, size);
}
