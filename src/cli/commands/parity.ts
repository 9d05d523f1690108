import type { Command } from 'commander';
import type { Board } from '../../board/index.ts';
import { KernelDriver } from '../../kernel/index.ts';
import { loadRig } from '../../rig/index.ts';
import type { Profile } from '../../driver/index.ts';
import { PROFILES } from '../../driver/index.ts';
import { didYouMean, UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { compareAll, JOURNALS, showComparison, showParity } from '../../parity/index.ts';
import type { Comparison, Journal, Parity } from '../../parity/index.ts';
import { checkedSeed } from '../run-request.ts';
import { openUsableRig } from '../usable-rig.ts';

const NAMES = JOURNALS.map(({ name }) => name);

/** `h1-hil parity`: compares our profile of a kernel's driver with that driver. */
export function addParity(program: Command): void {
  program
    .command('parity')
    .description('compare our profile of the stock Linux driver with that driver, frame by frame')
    .option('-r, --rig <name>', 'rig whose kernel drives the chip', 'virtual-lab')
    .option('-s, --seed <number>', 'seed of the chip', '1')
    .option('-j, --journal <name...>', `only these: ${NAMES.join(', ')}`)
    .option('--json', 'as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil parity
  h1-hil parity --rig virtual-lab-6.12
  h1-hil parity -j healthy stall
  h1-hil parity --json > parity.json

Exit codes: 0 no difference, 1 differences, 2 usage, 3 lab failure (no verdict).`,
    )
    .action(async ({ rig, seed, journal, json }: ParityOptions) => {
      const progress = json === true ? process.stderr : process.stdout;
      const parity = await compareOn(rig, checkedSeed(seed), checkedJournals(journal), (comparison) => {
        progress.write(showComparison(comparison));
      });
      if (json === true) process.stdout.write(`${JSON.stringify(parity, undefined, 2)}\n`);
      else process.stdout.write(showParity(parity));
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
      throw new UsageError(
        `There is no journal ${name}${didYouMean(name, NAMES)} Known journals: ${NAMES.join(', ')}.`,
      );
  return JOURNALS.filter(({ name }) => wanted.includes(name));
}

/** @throws UsageError for a rig without a kernel that can be compared */
async function compareOn(
  rigName: string,
  seed: number,
  journals: readonly Journal[],
  tell: (comparison: Comparison) => void,
): Promise<Parity> {
  const rig = loadRig(rigName);
  const kernelRig = await openUsableRig(rig, seed);
  try {
    const kernel = await comparableKernel(rig.name, kernelRig.board);
    const ownRig = await openUsableRig(loadRig('sim'), seed);
    const renew = async (): Promise<void> => {
      await kernelRig.renew(seed);
      await ownRig.renew(seed);
    };
    return await compareAll(
      { ...kernel, ours: ownRig.board, theirs: kernelRig.board, renew },
      journals,
      tell,
    );
  } finally {
    await kernelRig.board.close();
  }
}

/** The version of the kernel that drives the board, and our profile of its driver. @throws UsageError when there is none */
async function comparableKernel(
  rig: string,
  { kernel, clock }: Board,
): Promise<{ readonly kernel: string; readonly profile: Profile }> {
  if (kernel === undefined)
    throw new UsageError(`Rig ${rig} has no kernel that drives the chip; rig virtual-lab has one.`);
  if (kernel.fillPoolElsewhere === undefined)
    throw new UsageError(
      `The kernel of rig ${rig} cannot be kept from asking the chip for random bytes when it likes, which no profile can foresee; that of rig virtual-lab can.`,
    );
  const { version, profileName } = await KernelDriver.open(kernel, clock);
  const profile = PROFILES.get(profileName);
  if (profile === undefined)
    throw new UsageError(
      `The kernel of rig ${rig} is ${version}, and there is no profile ${profileName} that says what its driver does.`,
    );
  return { kernel: version, profile };
}
