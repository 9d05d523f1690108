import { createHash } from 'node:crypto';
import type { Figure, Fingerprint } from '../history/index.ts';

/** Makes a fingerprint. The same facts in any order give the same hash. */
export function fingerprintOf(
  facts: Readonly<Record<string, string>>,
  figures: Readonly<Record<string, Figure>>,
): Fingerprint {
  const lines = Object.entries(facts)
    .map(([name, value]) => JSON.stringify([name, value]))
    .sort();
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
  return { hash, facts, figures };
}

/** What of a rig is not as it was, a sentence each. */
export function driftSince(before: Fingerprint, now: Fingerprint): string[] {
  const names = [...new Set([...Object.keys(before.facts), ...Object.keys(now.facts)])].sort();
  const changed = names
    .filter((name) => before.facts[name] !== now.facts[name])
    .map((name) => `${name} was ${before.facts[name] ?? 'not there'}, and is ${now.facts[name] ?? 'gone'}`);
  const moved = Object.entries(now.figures).flatMap(([name, { value, unit, tolerance }]) => {
    const then = before.figures[name];
    if (then === undefined || Math.abs(value - then.value) <= tolerance) return [];
    return `${name} was ${shown(then.value)} ${unit}, and is ${shown(value)} ${unit}: ${shown(tolerance)} ${unit} are usual`;
  });
  return [...changed, ...moved];
}

const shown = (value: number): string => String(Number(value.toPrecision(4)));
