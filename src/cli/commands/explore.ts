import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Bounds, Found, Minimised, Procedure } from '../../procedure/index.ts';
import {
  explore,
  FoundSoFar,
  judge,
  minimise,
  procedureAt,
  procedures,
  showCoverage,
  showProcedure,
  Stages,
} from '../../procedure/index.ts';
import { showSeconds, Terminal } from '../../report/terminal.ts';
import { positiveCount } from '../count.ts';
import type { BoundsOptions } from '../explore-bounds.ts';
import { checkedBounds } from '../explore-bounds.ts';
import { EXIT } from '../exit-code.ts';
import { BUNDLE, writeProcedure } from '../procedure-file.ts';
import { checkedSeed } from '../run-request.ts';
import { bundleOf, showMinimised } from './repro/minimise.ts';

interface ExploreOptions extends BoundsOptions {
  readonly procedures: string;
  readonly minutes?: string;
  readonly jobs?: string;
  readonly seed: string;
  readonly keepGoing?: true;
  readonly minimise: boolean;
  readonly out: string;
  readonly json?: true;
}

/** Maximum number of plays to make one procedure shorter. */
const PLAYS = 400;

/** `h1-hil explore`: plays random procedures until something breaks. */
export function addExplore(program: Command): void {
  program
    .command('explore')
    .description('play random procedures on the simulated board until a rule, a driver or a promise breaks')
    .option('-d, --driver <name...>', 'drivers to draw from', ['recommended'])
    .option('--firmware <version...>', 'Cr50 versions to draw from', ['0.5.4'])
    .option('--acts <least-most>', 'acts of a procedure', '5-25')
    .option('--weights <act=number...>', 'how often an act is drawn, as command=10 frame=1; 0 for never')
    .option('--faults <which>', 'none; tolerated, those that a driver has to live with; any', 'tolerated')
    .option('--planted <id>', 'plant this bug, as h1-hil score names it')
    .option('-n, --procedures <number>', 'procedures at most', '1000')
    .option('--minutes <number>', 'minutes at most')
    .option('-j, --jobs <number>', 'processes at the same time; one a core without it')
    .option('-s, --seed <number>', 'seed of the procedures', '1')
    .option('-k, --keep-going', 'go on after the first failure, and tell each one once')
    .option('--no-minimise', 'leave what was found as long as it is')
    .option('-o, --out <folder>', 'where failing procedures and their bundles go', 'reports/out/explore')
    .option('--json', 'as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil explore                                   the driver recommended, 1000 procedures
  h1-hil explore -d linux-6.1 --keep-going         every failure of a driver, each once
  h1-hil explore --faults none --minutes 10 -n 1000000
  h1-hil explore --acts 40-400 --weights together=5 suspend=5
  h1-hil explore --planted "recommended: never wakes the chip"

Exit codes: 0 nothing was found, 1 something was, 2 usage, 3 lab failure (no verdict).`,
    )
    .action(exploreAndTell);
}

async function exploreAndTell(options: ExploreOptions): Promise<void> {
  const bounds = checkedBounds(options);
  const seed = checkedSeed(options.seed);
  const terminal = new Terminal(process.stderr);
  const began = performance.now();
  const found = await exploreFor(bounds, seed, options, terminal);
  const tookMs = Math.round(performance.now() - began);
  const kept = await keepAll(found.failures, { bounds, seed, options });
  if (options.json === true) {
    const { played, coverage } = found;
    process.stdout.write(
      `${JSON.stringify({ seed, played, tookMs, coverage, failures: kept.map(({ kept: one }) => one) }, undefined, 2)}\n`,
    );
  } else {
    for (const { page } of kept) process.stdout.write(`${page}\n`);
    process.stdout.write(
      `Reached  ${showCoverage(found.coverage)}\n${found.failures.length} failures in ${found.played} procedures, ${showSeconds(tookMs)}, ${(found.played / Math.max(0.001, tookMs / 1000)).toFixed(0)} a second, seed ${seed}\n`,
    );
  }
  process.exitCode = found.failures.length === 0 ? EXIT.pass : EXIT.failure;
}

async function exploreFor(
  bounds: Bounds,
  seed: number,
  { procedures: most, minutes, jobs, keepGoing }: ExploreOptions,
  terminal: Terminal,
): Promise<FoundSoFar> {
  const found = new FoundSoFar();
  const limitMs = minutes === undefined ? Infinity : positiveCount(minutes) * 60_000;
  const began = performance.now();
  await explore({
    bounds,
    seed,
    most: positiveCount(most),
    jobs: jobs === undefined ? availableParallelism() : positiveCount(jobs),
    tell: (result) => {
      found.add(result);
      const tookMs = performance.now() - began;
      terminal.live(
        `${found.played} procedures, ${((1000 * found.played) / Math.max(1, tookMs)).toFixed(0)} a second, ${found.failures.length} failures; ${found.coverage.steps.length} pairs of acts, ${found.coverage.rules.length} rules`,
      );
      return tookMs < limitMs && (keepGoing === true || found.failures.length === 0);
    },
  });
  return found;
}

/** A failure, and the procedure in a file that shows it. */
interface Kept {
  readonly kept: Found & { readonly file: string; readonly bundle: string; readonly procedure: Procedure };
  readonly page: string;
}

interface Source {
  readonly bounds: Bounds;
  readonly seed: number;
  readonly options: ExploreOptions;
}

/** Makes each failing procedure shorter and writes it to a file of its own, with its bundle. */
async function keepAll(failures: readonly Found[], { bounds, seed, options }: Source): Promise<Kept[]> {
  const all = procedures(bounds);
  const stages = new Stages();
  const kept: Kept[] = [];
  try {
    for (const failure of failures) {
      const long = procedureAt(all, seed, failure.number);
      const short = await minimise(long, async (one) => judge(await stages.play(one)), {
        signature: failure.signature,
        plays: options.minimise ? PLAYS : 1,
      });
      kept.push(await keep(failure, { long, short, folder: options.out }));
    }
  } finally {
    await stages.close();
  }
  return kept;
}

async function keep(
  failure: Found,
  {
    long,
    short,
    folder,
  }: { readonly long: Procedure; readonly short: Minimised | undefined; readonly folder: string },
): Promise<Kept> {
  const procedure: Procedure = { ...(short?.procedure ?? long), fails: failure.signature };
  const name = join(
    folder,
    `${failure.number}-${failure.signature.replace(/[^\w-]+/g, '-').replace(/-+$/, '')}`,
  );
  const [file, bundle] = [`${name}.json`, `${name}${BUNDLE}`];
  writeProcedure(file, procedure);
  await bundleOf(bundle, procedure);
  const page = [
    showProcedure(procedure, short && [short.finding]),
    ...(short === undefined ? [] : [showMinimised(long, short)]),
    `Shown by ${failure.procedures} procedures. Again: h1-hil repro run ${file}\nBundle: ${bundle}\n`,
  ].join('\n');
  return { kept: { ...failure, file, bundle, procedure }, page };
}
