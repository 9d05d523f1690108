import type { Command } from 'commander';
import { KernelStack } from '../../kernel/index.ts';
import { loadRig } from '../../rig/index.ts';
import { linux61 } from '../../driver/index.ts';
import { showDuration, UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { LEFT_OUT, DIFFERENCE_CLASSES, BAND, compare, JOURNALS, play } from '../../parity/index.ts';
import type { Comparison, Journal } from '../../parity/index.ts';
import { checkedSeed } from '../run-request.ts';
import { openUsableRig } from '../usable-rig.ts';

const NAMES = JOURNALS.map(({ name }) => name);

/** Everything that a parity run found, and what it looked at. */
interface Parity {
  readonly profile: string;
  readonly kernel: string;
  readonly compared: string;
  readonly leftOut: readonly string[];
  readonly comparisons: readonly Comparison[];
}

/** `h1-hil parity`: our profile of a kernel's driver against that driver. */
export function addParity(program: Command): void {
  program
    .command('parity')
    .description('compare profile linux-6.1 with the stock Linux driver, frame by frame')
    .option('-r, --rig <name>', 'rig whose kernel drives the chip', 'virtual-lab')
    .option('-s, --seed <number>', 'seed of the chip', '1')
    .option('-j, --journal <name...>', `only these: ${NAMES.join(', ')}`)
    .option('--json', 'as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil parity
  h1-hil parity -j healthy stall
  h1-hil parity --json > parity.json

Exit codes: 0 no difference, 1 differences, 2 usage, 3 lab failure (no verdict).`,
    )
    .action(async ({ rig, seed, journal, json }: ParityOptions) => {
      const progress = json === true ? process.stderr : process.stdout;
      const parity = await compareAll(rig, checkedSeed(seed), checkedJournals(journal), (comparison) => {
        progress.write(show(comparison));
      });
      if (json === true) process.stdout.write(`${JSON.stringify(parity, undefined, 2)}\n`);
      else process.stdout.write(summaryOf(parity));
      const isEqual = parity.comparisons.every(({ differences }) => differences.length === 0);
      process.exitCode = isEqual ? EXIT.pass : EXIT.failure;
    });
}

interface ParityOptions {
  readonly rig: string;
  readonly seed: string;
  readonly journal?: readonly string[];
  readonly json?: true;
}

/** @throws UsageError for a name that no journal has */
function checkedJournals(wanted: readonly string[] = NAMES): readonly Journal[] {
  for (const name of wanted)
    if (!NAMES.includes(name))
      throw new UsageError(`There is no journal ${name}. Known journals: ${NAMES.join(', ')}.`);
  return JOURNALS.filter(({ name }) => wanted.includes(name));
}

async function compareAll(
  rigName: string,
  seed: number,
  journals: readonly Journal[],
  tell: (comparison: Comparison) => void,
): Promise<Parity> {
  const rig = loadRig(rigName);
  const kernelRig = await openUsableRig(rig, seed);
  try {
    const { kernel, clock } = kernelRig.board;
    if (kernel === undefined)
      throw new UsageError(`Rig ${rig.name} has no kernel that drives the chip; rig virtual-lab has one.`);
    if (kernel.fillPoolElsewhere === undefined)
      throw new UsageError(
        `The kernel of rig ${rig.name} cannot be kept from asking the chip for random bytes when it likes, which no profile can foresee; that of rig virtual-lab can.`,
      );
    const { version, profileName } = await KernelStack.open(kernel, clock);
    if (profileName !== linux61.name)
      throw new UsageError(
        `The kernel of rig ${rig.name} is ${version}; profile ${linux61.name} says nothing of it. Give the rig a kernel of that series.`,
      );
    const ownRig = await openUsableRig(loadRig('sim'), seed);
    const comparisons: Comparison[] = [];
    for (const journal of journals) {
      await kernelRig.renew(seed);
      await ownRig.renew(seed);
      const ours = await play(ownRig.board, journal);
      const theirs = await play(kernelRig.board, journal);
      for (const comparison of compare(journal, ours, theirs)) {
        comparisons.push(comparison);
        tell(comparison);
      }
    }
    return {
      profile: linux61.name,
      kernel: version,
      compared: `order, direction, register, size and bytes of every frame, wake pulses, and time within ${showDuration(BAND)}`,
      leftOut: LEFT_OUT,
      comparisons,
    };
  } finally {
    await kernelRig.board.close();
  }
}

function show({ journal, operation, acts, timeNs, differences }: Comparison): string {
  const verdict = differences.length === 0 ? 'same' : `${differences.length} differences`;
  const head =
    `${journal.padEnd(15)} ${operation.padEnd(38)} ${acts.ours}/${acts.theirs} acts  ` +
    `${showDuration(timeNs.ours)}/${showDuration(timeNs.theirs)}  ${verdict}\n`;
  return head + differences.map(({ class: kind, what }) => `    ${kind}: ${what}\n`).join('');
}

function summaryOf({ profile, kernel, compared, leftOut, comparisons }: Parity): string {
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
