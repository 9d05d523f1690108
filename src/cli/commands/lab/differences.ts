import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PROFILES } from '../../../driver/index.ts';
import { KernelDriver } from '../../../kernel/index.ts';
import type { Played } from '../../../parity/index.ts';
import { JOURNALS, play } from '../../../parity/index.ts';
import { loadRig } from '../../../rig/index.ts';
import { readSummary } from '../../../report/summary.ts';
import type { Table } from '../../../report/tables.ts';
import { UsageError } from '../../../units/index.ts';
import { runStep } from '../../child.ts';
import type { KernelSeen } from '../../kernel-page.ts';
import { renderKernels } from '../../kernel-page.ts';
import { listKnownBugs } from '../../known-bugs.ts';
import { checkedSeed } from '../../run-request.ts';
import { openUsableRig } from '../../usable-rig.ts';

const RIGS = ['virtual-lab', 'virtual-lab-6.12', 'virtual-lab-7.2'];

interface DifferencesOptions {
  readonly seed: string;
  readonly out?: string;
  readonly laboratory: boolean;
}

/** `h1-hil lab differences`: what differs between the kernels of several rigs, as a page. */
export function addDifferences(lab: Command): void {
  lab
    .command('differences')
    .argument('[rig...]', `rigs whose kernel drives the chip; ${RIGS.join(', ')} without one`)
    .description('say what differs between kernels: frames, times, log, fall-back laboratory, known bugs')
    .option('-s, --seed <number>', 'seed of the chip', '1')
    .option('-o, --out <file>', 'write the page there; else it is printed')
    .option('--no-laboratory', 'leave out the fall-back laboratory, which takes some minutes for each kernel')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil lab differences --out docs/kernels.md
  h1-hil lab differences virtual-lab-6.12 virtual-lab-rt --no-laboratory

Progress goes to stderr.
Exit codes: 0 done, 2 usage, or something is missing that the sentence names; 3 lab failure (no verdict).`,
    )
    .action(async (named: string[], options: DifferencesOptions) => {
      const rigs = named.length > 0 ? named : RIGS;
      const seed = checkedSeed(options.seed);
      const kernels: KernelSeen[] = [];
      for (const rig of rigs) kernels.push(await seeKernel(rig, seed, options.laboratory));
      const words = [...named, ...(options.laboratory ? [] : ['--no-laboratory'])];
      const command = ['h1-hil lab differences', ...words, `--seed ${seed}`].join(' ');
      const page = renderKernels(kernels, await listKnownBugs(), command);
      if (options.out === undefined) process.stdout.write(page);
      else writeFileSync(options.out, page);
    });
}

/** @throws UsageError for a rig without a kernel whose driver has a profile */
async function seeKernel(rigName: string, seed: number, withLaboratory: boolean): Promise<KernelSeen> {
  const rig = await openUsableRig(loadRig(rigName), seed);
  const { board } = rig;
  try {
    if (board.kernel === undefined)
      throw new UsageError(`Rig ${rigName} has no kernel that drives the chip; ${RIGS[0]!} has one.`);
    const { version, profileName } = await KernelDriver.open(board.kernel, board.clock);
    const profile = PROFILES.get(profileName);
    if (profile === undefined)
      throw new UsageError(
        `The kernel of rig ${rigName} is ${version}, and there is no profile ${profileName}.`,
      );
    const played = new Map<string, readonly Played[]>();
    for (const journal of JOURNALS) {
      process.stderr.write(`Linux ${version}: ${journal.name}\n`);
      await rig.renew(seed);
      played.set(journal.name, await play(board, profile, journal));
    }
    const description = board.kernel.description ?? 'unknown';
    await board.close();
    const laboratory = withLaboratory ? await laboratoryOf(rigName, seed) : undefined;
    return { rig: rigName, version, profile: profileName, description, played, laboratory };
  } finally {
    await board.close();
  }
}

/** The table of the fall-back laboratory on a rig; undefined when nothing was measured. */
async function laboratoryOf(rig: string, seed: number): Promise<Table | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-laboratory-'));
  const words = ['--rig', rig, '--seed', String(seed), '--report', folder, '--history', 'none'];
  try {
    await runStep(['src/cli/start.js', 'run', 'irq-fallback', '--grep', 'laboratory', ...words], {
      stdio: ['ignore', process.stderr, 'inherit'],
    });
    return readSummary(folder)?.tables.find(({ title }) => title.startsWith('INT_AP_L'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
