import type { Check } from './check.ts';
import { notLooked } from './check.ts';

/** What is wrong as well when a check is, and says less: the check that names the cause comes first. */
const FOLLOWS: readonly (readonly [cause: string, ...consequences: string[]])[] = [
  ['current', 'identity', 'CS at the chip', 'interrupt switch'],
  ['CS at the chip', 'identity', 'CS hold', 'interrupt switch'],
  ['identity', 'interrupt switch'],
  ['interrupt switch', 'INT_AP_L'],
];

/** Each cause once: a check that is wrong only since another one is was not looked at. */
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
