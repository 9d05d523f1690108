import type { Capture, Rule, RuleReport } from '../trace/index.ts';
import { judgeTrace, RULES, showLimit, showViolation } from '../trace/index.ts';
import { UsageError } from '../units/index.ts';

/** The rules of these ids; all of them without. @throws UsageError */
export function findRules(ids: readonly string[]): readonly Rule[] {
  if (ids.length === 0) return RULES;
  return ids.map((id) => {
    const rule = RULES.find((candidate) => candidate.id === id);
    if (rule === undefined)
      throw new UsageError(`There is no rule ${id}. h1-hil rules lists ${RULES.length} of them.`);
    return rule;
  });
}

/** Judges a capture with what it says itself of its resolution and its lines. */
export function judgeCapture(capture: Capture, rules: readonly Rule[]): RuleReport {
  // Once for the header of the file: a rule finer than the samples has to be refused before it judges.
  capture.replay(NO_LISTENER);
  return judgeTrace(capture, rules, { resolution: capture.resolution, watched: capture.watched });
}

const ignore = (): void => undefined;
const NO_LISTENER = {
  frame: ignore,
  select: ignore,
  edge: ignore,
  power: ignore,
  log: ignore,
  mark: ignore,
  failure: ignore,
};

/** A line a rule, then the violations that were kept. */
export function showVerdicts(rules: readonly Rule[], { counts, refusals, violations }: RuleReport): string {
  const lines = rules.map((rule) => {
    const refusal = refusals.find((candidate) => candidate.rule.id === rule.id);
    const { occasions = 0, violations: broken = 0 } = counts.get(rule.id) ?? {};
    const verdict =
      refusal !== undefined
        ? `not judged: ${refusal.reason}`
        : broken > 0
          ? `BROKEN ${broken} of ${occasions} times`
          : occasions > 0
            ? `kept ${occasions} times`
            : 'no occasion';
    return `${rule.id.padEnd(26)} ${showLimit(rule.limit, rule.unit).padEnd(18)} ${verdict}`;
  });
  return [...lines, ...(violations.length > 0 ? ['', ...violations.map(showViolation)] : []), ''].join('\n');
}

/** The same as JSON. */
export function renderVerdicts({ counts, refusals, violations }: RuleReport): string {
  const verdicts = {
    counts: Object.fromEntries(counts),
    refusals: refusals.map(({ rule, reason }) => ({ rule: rule.id, reason })),
    violations: violations.map(({ rule, at, seen, allowed }) => ({ rule: rule.id, atNs: at, seen, allowed })),
  };
  return `${JSON.stringify(verdicts, undefined, 2)}\n`;
}
