import type { Command } from 'commander';
import type { Minimised, Procedure } from '../../../procedure/index.ts';
import { minimise, showProcedure, Stages } from '../../../procedure/index.ts';
import { UsageError } from '../../../units/index.ts';
import { positiveCount } from '../../count.ts';
import { EXIT } from '../../exit-code.ts';
import { checkChangeable, checkPlayable, findingsOf, playedOnce } from '../../played-once.ts';
import { isBundle, readProcedure, writeBundle, writeProcedure } from '../../procedure-file.ts';

interface MinimiseOptions {
  readonly failure?: string;
  readonly plays: string;
  readonly output?: string;
  readonly json?: true;
}

/** `h1-hil repro minimise`: makes a procedure shorter that shows a failure. */
export function addReproMinimise(repro: Command): void {
  repro
    .command('minimise')
    .description(
      'leave out acts and round times for as long as the same failure stays, on the simulated board',
    )
    .argument('<file>', 'a procedure that fails, or its bundle')
    .option(
      '--failure <text>',
      'the failure that has to stay, as repro run --json names it; the first one without it',
    )
    .option('--plays <number>', 'plays at most', '400')
    .option('-o, --output <file>', 'where the short procedure goes; a bundle when it ends in .h1repro')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil repro minimise found.json -o short.json
  h1-hil repro minimise found.json -o short.h1repro
  h1-hil repro minimise found.json --failure "rule wake-after-idle (host)" --plays 1000

Exit codes: 0 it is as short as it gets, 2 usage or the procedure does not fail, 4 the plays were used up first.`,
    )
    .action(async (file: string, options: MinimiseOptions) => {
      const { procedure } = readProcedure(file);
      checkPlayable(procedure, file, undefined);
      if (options.failure === undefined) checkChangeable(procedure, file);
      const least = await shortest(
        procedure,
        options.failure ?? procedure.fails,
        positiveCount(options.plays),
      );
      if (least === undefined)
        throw new UsageError(
          `${file} does not show ${options.failure ?? procedure.fails ?? 'any failure'}. Play it with h1-hil repro run to see what it shows.`,
        );
      const kept: Procedure = { ...least.procedure, fails: least.signature };
      if (options.output !== undefined) await writeShort(options.output, kept);
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ ...least, procedure: kept, from: procedure.acts.length, to: kept.acts.length }, undefined, 2)}\n`
          : `${showProcedure(kept, [least.finding])}\n${showMinimised(procedure, least)}\n`,
      );
      process.exitCode = least.isLeast ? EXIT.pass : EXIT.inconclusive;
    });
}

async function writeShort(file: string, procedure: Procedure): Promise<void> {
  if (!isBundle(file)) writeProcedure(file, procedure);
  else await bundleOf(file, procedure);
}

/** Plays a procedure once more on its simulated board, and writes the bundle. */
export async function bundleOf(file: string, procedure: Procedure, stages = new Stages()): Promise<void> {
  try {
    writeBundle(file, procedure, { shown: await playedOnce(stages, procedure) });
  } finally {
    await stages.close();
  }
}

async function shortest(
  procedure: Procedure,
  signature: string | undefined,
  plays: number,
): Promise<Minimised | undefined> {
  const stages = new Stages();
  try {
    return await minimise(procedure, (one) => findingsOf(stages, one), { signature, plays });
  } finally {
    await stages.close();
  }
}

/** `From 400 acts to 3 in 96 plays. Each of them was left out alone, and the failure went.` */
export const showMinimised = (
  before: Procedure,
  { procedure, plays, signature, isLeast }: Minimised,
): string =>
  `${signature}: from ${before.acts.length} acts to ${procedure.acts.length} in ${plays} plays. ${
    isLeast
      ? 'Each of them was left out alone, and the failure went.'
      : 'The plays were used up before each of them was left out alone: more --plays may make it shorter.'
  }`;
