import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { Difference } from '../../../src/sim/tpm/differences.ts';
import { DIFFERENCES, SWTPM_DIFFERENCES } from '../../../src/sim/tpm/differences.ts';

/** The rows as Prettier writes them. */
function table(differences: readonly Difference[]): string {
  const rows = [
    ['command', 'the chip', 'here'],
    ...differences.map(({ where, chip, here }) => [where, chip, here]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}

const page = readFileSync(new URL('../../../docs/simulated-chip.md', import.meta.url), 'utf8');

for (const [title, differences] of [
  ['The built-in TPM', DIFFERENCES],
  ['swtpm', SWTPM_DIFFERENCES],
] as const)
  test(`docs/simulated-chip.md tells what differs from the chip's library: ${title}`, () => {
    expect(page).toContain(`### ${title}\n\n${table(differences)}\n`);
  });
