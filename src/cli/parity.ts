import type { Command } from 'commander';
import { loadRig } from '../rig/index.ts';
import type { Duration } from '../units/index.ts';
import { showDuration } from '../units/index.ts';
import { EXIT } from './exit-code.ts';
import type { Difference } from './parity/align.ts';
import { align } from './parity/align.ts';
import { JOURNALS } from './parity/journal.ts';
import type { Played } from './parity/play.ts';
import { play } from './parity/play.ts';
import { openUsableRig } from './usable-rig.ts';

/** What was compared in one operation, and how it came out. */
interface Comparison {
  readonly journal: string;
  readonly operation: string;
  readonly frames: { readonly ours: number; readonly theirs: number };
  readonly timeNs: { readonly ours: Duration; readonly theirs: Duration };
  readonly differences: readonly Difference[];
}

/** A kernel in an emulator takes its time: its operations may be this much longer or shorter. Ours. */
const BAND_NS = 2e9;

/** `h1-hil parity`: our profile of a kernel's driver against that driver. */
export function addParity(program: Command): void {
  program
    .command('parity')
    .description('compare profile linux-6.1 with the stock Linux driver, frame by frame')
    .option('-r, --rig <name>', 'rig whose kernel drives the chip', 'virtual-lab')
    .option('-s, --seed <number>', 'seed of the chip', '1')
    .option('-j, --journal <name...>', `only these: ${JOURNALS.map(({ name }) => name).join(', ')}`)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 no difference, 1 differences, 2 usage, 3 lab failure (no verdict).',
    )
    .action(async ({ rig, seed, journal, json }: ParityOptions) => {
      const comparisons = await compareAll(rig, Number(seed), journal);
      if (json === true) process.stdout.write(`${JSON.stringify(comparisons, undefined, 2)}\n`);
      else for (const comparison of comparisons) print(comparison);
      const isEqual = comparisons.every(({ differences }) => differences.length === 0);
      process.exitCode = isEqual ? EXIT.pass : EXIT.failure;
    });
}

interface ParityOptions {
  readonly rig: string;
  readonly seed: string;
  readonly journal?: readonly string[];
  readonly json?: true;
}

async function compareAll(
  rigName: string,
  seed: number,
  wanted: readonly string[] | undefined,
): Promise<readonly Comparison[]> {
  const kernelRig = await openUsableRig(loadRig(rigName), seed);
  try {
    const ownRig = await openUsableRig(loadRig('sim'), seed);
    const comparisons: Comparison[] = [];
    for (const journal of JOURNALS) {
      if (wanted !== undefined && !wanted.includes(journal.name)) continue;
      await kernelRig.renew(seed);
      await ownRig.renew(seed);
      const ours = await play(ownRig.board, journal);
      const theirs = await play(kernelRig.board, journal);
      journal.operations.forEach(({ name }, i) => {
        comparisons.push(compare(journal.name, name, ours[i]!, theirs[i]!));
      });
    }
    return comparisons;
  } finally {
    await kernelRig.board.close();
  }
}

function compare(journal: string, operation: string, ours: Played, theirs: Played): Comparison {
  const differences = [...align(ours.acts, theirs.acts)];
  if (Math.abs(ours.time - theirs.time) > BAND_NS)
    differences.push({
      class: 'other time',
      what: `ours ${showDuration(ours.time)}, theirs ${showDuration(theirs.time)}`,
    });
  return {
    journal,
    operation,
    frames: { ours: ours.acts.length, theirs: theirs.acts.length },
    timeNs: { ours: ours.time, theirs: theirs.time },
    differences,
  };
}

function print({ journal, operation, frames, timeNs, differences }: Comparison): void {
  const verdict = differences.length === 0 ? 'same' : `${differences.length} differences`;
  process.stdout.write(
    `${journal.padEnd(15)} ${operation.padEnd(38)} ${frames.ours}/${frames.theirs} acts  ` +
      `${showDuration(timeNs.ours)}/${showDuration(timeNs.theirs)}  ${verdict}\n`,
  );
  for (const { class: kind, what } of differences) process.stdout.write(`    ${kind}: ${what}\n`);
}
