import type { Finding, Measure, Rule, RuleReport } from '../trace/index.ts';
import { RULES, showLimit, showViolation } from '../trace/index.ts';
import { didYouMean, UsageError } from '../units/index.ts';
import { EXIT } from './exit-code.ts';

/** The rules with these ids; every rule when there are no ids. @throws UsageError for an unknown id. */
export function findRules(ids: readonly string[]): readonly Rule[] {
  if (ids.length === 0) return RULES;
  return ids.map((id) => {
    const rule = RULES.find((candidate) => candidate.id === id);
    if (rule === undefined)
      throw new UsageError(
        `There is no rule ${id}${didYouMean(
          id,
          RULES.map((rule) => rule.id),
        )} h1-hil rules lists ${RULES.length} of them.`,
      );
    return rule;
  });
}

/** The report without its verdicts. A capture with a wrong set-up proves no breach. */
export const notJudged = (rules: readonly Rule[], report: RuleReport): RuleReport => ({
  ...report,
  violations: [],
  counts: new Map(),
  refusals: rules.map((rule) => ({ rule, reason: 'The capture is not set up right, as said above.' })),
});

const isJudged = ({ counts }: RuleReport): boolean =>
  [...counts.values()].some(({ occasions }) => occasions > 0);

/** A breach gives a failure. A report in which nothing was judged gives no pass. */
export const exitCodeOfReport = (report: RuleReport): number =>
  report.violations.length > 0 ? EXIT.failure : isJudged(report) ? EXIT.pass : EXIT.inconclusive;

/** Shows a line for each rule, a line for all rules, then the breaches that were kept. */
export function showVerdicts(rules: readonly Rule[], report: RuleReport): string {
  const { violations, chip } = report;
  const limits = limitColumn(rules);
  const lines = rules.map((rule, i) => `${rule.id.padEnd(26)} ${limits[i]!} ${verdictOf(rule, report)}`);
  const other = chip.isForeign ? [`The chip is no H1: ${chip.describe()}.`] : [];
  return [...other, ...lines, '', summaryOf(rules, report), ...violations.map(showViolation), ''].join('\n');
}

/** The limit of each rule, all of one width. */
export function limitColumn(rules: readonly Rule[]): string[] {
  const limits = rules.map(({ limit, unit }) => showLimit(limit, unit));
  const width = Math.max(18, ...limits.map(({ length }) => length));
  return limits.map((limit) => limit.padEnd(width));
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

function verdictOf(rule: Rule, { counts, refusals }: RuleReport): string {
  const refusal = refusals.find((candidate) => candidate.rule.id === rule.id);
  if (refusal !== undefined) return `not judged: ${refusal.reason}`;
  const { occasions = 0, violations = 0, unseen = 0 } = counts.get(rule.id) ?? {};
  const rest =
    unseen > 0 ? `; ${unseen} frames not judged: the level of ${rule.needs} is not known then` : '';
  if (violations > 0) return `BROKEN ${violations} of ${occasions} times${rest}`;
  return occasions > 0 ? `kept ${times(occasions)}${rest}` : `no occasion${rest}`;
}

function summaryOf(rules: readonly Rule[], { counts, refusals }: RuleReport): string {
  const all = [...counts.values()];
  const broken = all.filter(({ violations }) => violations > 0).length;
  const kept = all.filter(({ violations, occasions }) => violations === 0 && occasions > 0).length;
  const nothing = broken + kept === 0 ? ' Nothing was judged: this is no pass.' : '';
  return `${broken} of ${rules.length} rules broken, ${kept} kept, ${refusals.length} not judged, ${rules.length - broken - kept - refusals.length} without an occasion.${nothing}`;
}

/** Shows the same as JSON. */
export function renderVerdicts(report: RuleReport, findings: readonly Finding[]): string {
  const { counts, refusals, violations, chip } = report;
  const verdicts = {
    setup: findings.map(({ text, option }) => ({ text, option })),
    chip: Number.isNaN(chip.vendor) ? null : chip.describe(),
    counts: Object.fromEntries(
      [...counts].map(([id, { measure, ...count }]) => [id, { ...count, measure: measureAsJson(measure) }]),
    ),
    refusals: refusals.map(({ rule, reason }) => ({ rule: rule.id, reason })),
    violations: violations.map(({ rule, at, seen, allowed }) => ({ rule: rule.id, atNs: at, seen, allowed })),
  };
  return `${JSON.stringify(verdicts, undefined, 2)}\n`;
}

/** What was measured, as numbers; null when nothing was measured. */
export function measureAsJson(measure: Measure): object | null {
  const { count, least, median, most, margin, worstAt } = measure;
  if (count === 0) return null;
  return { count, least, median, most, margin: Number.isFinite(margin) ? margin : null, worstAtNs: worstAt };
}
