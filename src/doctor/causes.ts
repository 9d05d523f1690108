import type { Check } from './check.ts';
import { notLooked } from './check.ts';

/** Checks that are also wrong when another one is: each pair names the cause first, then what follows from it. */
const FOLLOWS: readonly (readonly [cause: string, ...consequences: string[]])[] = [
  ['current', 'identity', 'CS at the chip', 'interrupt switch'],
  ['CS at the chip', 'identity', 'CS hold', 'interrupt switch'],
  ['identity', 'interrupt switch'],
  ['interrupt switch', 'INT_AP_L'],
];

/** Keeps each cause once. A check that is wrong only because of another one becomes one that was not examined. */
export function causesOnce(checks: readonly Check[]): Check[] {
  const wrongOnes = new Set(checks.filter(({ verdict }) => verdict === 'wrong').map(({ name }) => name));
  for (const [cause, ...consequences] of FOLLOWS)
    if (wrongOnes.has(cause)) for (const name of consequences) wrongOnes.delete(name);
  return checks.map((check) =>
    check.verdict === 'wrong' && !wrongOnes.has(check.name)
      ? notLooked(check.name, `it cannot be right before ${causeOf(check.name, wrongOnes)} is`)
      : check,
  );
}

const causeOf = (name: string, wrongOnes: ReadonlySet<string>): string =>
  FOLLOWS.find(([cause, ...consequences]) => wrongOnes.has(cause) && consequences.includes(name))?.[0] ?? '';
