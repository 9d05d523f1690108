import type { Command } from 'commander';
import { fetchKernel, labKernels, prepareGuest } from '../../../boards/virtual-lab/index.ts';
import type { RunComparison } from '../../../report/wires.ts';
import { compareWires } from '../../../report/wires.ts';
import { didYouMean, LabFailure, UsageError } from '../../../units/index.ts';
import { EXIT } from '../../exit-code.ts';
import { addDifferences } from './differences.ts';

/** Longer lines are cut around the place where they part. */
const MAX_SHOWN = 160;

const kernelNames = (): string[] => labKernels().map(({ name }) => name);

/** `h1-hil lab`: what only the virtual lab has. */
export function addLab(program: Command): void {
  const lab = program
    .command('lab')
    .description('the virtual lab: fetch kernels for it, compare them, and compare two of its runs');
  addPrepare(lab);
  addDifferences(lab);
  lab
    .command('compare')
    .argument('<one>', 'folder of a run')
    .argument('<other>', 'folder of another run')
    .description('say the first line in which two runs on a kernel differ')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil run --rig virtual-lab --seed 7 --report one
  h1-hil run --rig virtual-lab --seed 7 --report other
  h1-hil lab compare one other

Exit codes: 0 no difference, 1 a difference, 2 usage.`,
    )
    .action(async (one: string, other: string) => {
      const comparison = await compareWires(one, other);
      process.stdout.write(show(comparison));
      process.exitCode = comparison.difference === undefined ? EXIT.pass : EXIT.failure;
    });
}

function addPrepare(lab: Command): void {
  lab
    .command('prepare')
    .argument('[kernel...]', 'kernels of the list below; without one that of the installed headers')
    .description("fetch a kernel's Debian packages, and build the guest that boots it")
    .option('--from <place>', 'a folder with the packages, or the address of a Debian archive')
    .option('--renew', 'look for a newer release of a kernel that is there')
    .addHelpText(
      'after',
      () => `
Kernels: ${kernelNames().join(', ')}.
Packages come from the suites that apt knows on this machine. Of another suite the index is asked of the place that apt has
Debian from; apt's own lists stay as they are, and nothing is installed. What was fetched is kept, and not fetched again.

Examples:
  h1-hil lab prepare
  h1-hil lab prepare 6.12 7.2
  h1-hil lab prepare 6.12-rt --from ~/packages
  h1-hil run --rig virtual-lab-6.12 sleep-wake

Exit codes: 0 prepared, 2 usage, or something is missing that the sentence names.`,
    )
    .action(async (kernels: string[], options: PrepareOptions) => {
      await prepareAll(kernels, options);
    });
}

interface PrepareOptions {
  readonly from?: string;
  readonly renew?: true;
}

/** @throws UsageError for a kernel that is not in the list, and for what this machine lacks */
async function prepareAll(kernels: readonly string[], { from, renew }: PrepareOptions): Promise<void> {
  for (const kernel of kernels)
    if (!kernelNames().includes(kernel))
      throw new UsageError(
        `There is no kernel ${kernel}${didYouMean(kernel, kernelNames())} Known kernels: ${kernelNames().join(', ')}.`,
      );
  if (kernels.length === 0 && (from !== undefined || renew === true))
    throw new UsageError(
      `--from and --renew are for a kernel that is fetched; name one of ${kernelNames().join(', ')}.`,
    );
  const tell = (said: string): void => {
    process.stderr.write(said);
  };
  try {
    for (const kernel of kernels) {
      const release = await fetchKernel(
        kernel,
        { ...(from !== undefined && { from }), renew: renew === true },
        tell,
      );
      tell(`kernel ${kernel}: building the guest of ${release}\n`);
      process.stdout.write(`${kernel}  ${release}  ${await prepareGuest(kernel)}\n`);
    }
    if (kernels.length === 0) process.stdout.write(`${await prepareGuest(undefined, tell)}\n`);
  } catch (failure) {
    if (failure instanceof LabFailure) throw new UsageError(failure.message, { cause: failure });
    throw failure;
  }
}

function show({ tests, lines, difference }: RunComparison): string {
  if (difference === undefined) return `${tests} tests, ${lines} lines: no difference\n`;
  const { test, line, one, other } = difference;
  const [a, b] = cut(one ?? '(nothing)', other ?? '(nothing)');
  const where = line === 0 ? 'other tests were run' : `line ${line}`;
  return `${test}\n${where}, after ${tests} tests and ${lines} lines without a difference\n  - ${a}\n  + ${b}\n`;
}

/** Both lines from a little before the place where they part. */
function cut(one: string, other: string): [string, string] {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const from = Math.max(0, same - MAX_SHOWN / 2);
  const part = (line: string): string =>
    `${from > 0 ? '…' : ''}${line.slice(from, from + MAX_SHOWN)}${line.length > from + MAX_SHOWN ? '…' : ''}`;
  return [part(one), part(other)];
}
