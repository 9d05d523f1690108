import jStat from 'jstat';

/** How often something was seen in a number of plays. */
export interface Rate {
  readonly count: number;
  readonly of: number;
}

/** The exact (Clopper-Pearson) interval of a failure rate. */
export function rateInterval(
  failures: number,
  runs: number,
  confidence: number,
): { readonly from: number; readonly to: number } {
  const tail = (1 - confidence) / 2;
  return {
    from: failures === 0 ? 0 : jStat.beta.inv(tail, failures, runs - failures + 1),
    to: failures === runs ? 1 : jStat.beta.inv(1 - tail, failures + 1, runs - failures),
  };
}

/** The failure rate lies below this with the confidence that is given: the exact (Clopper-Pearson) bound with one side. */
export const rateBound = (failures: number, runs: number, confidence: number): number =>
  failures === runs ? 1 : jStat.beta.inv(confidence, failures + 1, runs - failures);

/**
 * Fisher's exact test, one-sided: the probability of a difference at least as large, in the same direction, when both
 * rates are truly the same. 1 when the rates that were seen are equal. [FISHER]
 */
export function chanceOfDifference(one: Rate, other: Rate): number {
  const [high, low] = one.count * other.of >= other.count * one.of ? [one, other] : [other, one];
  if (high.count * low.of === low.count * high.of) return 1;
  const all = high.count + low.count;
  const total = logChoices(high.of + low.of, all);
  let chance = 0;
  for (let count = high.count; count <= Math.min(all, high.of); count++)
    chance += Math.exp(logChoices(high.of, count) + logChoices(low.of, all - count) - total);
  return Math.min(1, chance);
}

const logChoices = (of: number, chosen: number): number =>
  jStat.gammaln(of + 1) - jStat.gammaln(chosen + 1) - jStat.gammaln(of - chosen + 1);
