import { showDuration } from '../units/index.ts';
import { DIFFERENCE_CLASSES } from './align.ts';
import type { Comparison } from './compare.ts';
import type { Parity } from './compare-all.ts';

/** One operation, and below it what differs. */
export function showComparison({ journal, operation, acts, timeNs, differences }: Comparison): string {
  const verdict = differences.length === 0 ? 'same' : `${differences.length} differences`;
  const head =
    `${journal.padEnd(15)} ${operation.padEnd(38)} ${acts.ours}/${acts.theirs} acts  ` +
    `${showDuration(timeNs.ours)}/${showDuration(timeNs.theirs)}  ${verdict}\n`;
  return head + differences.map(({ class: kind, what }) => `    ${kind}: ${what}\n`).join('');
}

/** What was compared, what was left out, and how many differences of each class there are. */
export function showParity({ profile, kernel, compared, leftOut, comparisons }: Parity): string {
  const acts = comparisons.reduce((sum, comparison) => sum + comparison.acts.theirs, 0);
  const counts = DIFFERENCE_CLASSES.map((kind) => {
    const found = comparisons.flatMap(({ differences }) => differences).filter((one) => one.class === kind);
    return `${found.length} ${kind}`;
  });
  return `
Compared ${profile} on the simulated board with the driver of Linux ${kernel}: ${comparisons.length} operations, ${acts} acts of the kernel.
Looked at ${compared}.
Left out ${leftOut.join('; ')}.
${counts.join(', ')}
`;
}
