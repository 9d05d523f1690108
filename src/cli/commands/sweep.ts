import type { Command } from 'commander';
import type { Axis, DriverSweep, Procedure, Shot } from '../../procedure/index.ts';
import {
  drawSweep,
  driverRow,
  judge,
  parseAxis,
  showSweep,
  signatureOf,
  Stages,
  sweep,
} from '../../procedure/index.ts';
import { simBoardSchema } from '../../rig/index.ts';
import { UsageError } from '../../units/index.ts';
import { positiveCount } from '../count.ts';
import { EXIT } from '../exit-code.ts';
import { readProcedure, writeOut } from '../procedure-file.ts';

interface SweepOptions {
  readonly axis: readonly string[];
  readonly driver?: readonly string[];
  readonly failure?: string;
  readonly repeats: string;
  readonly picture?: string;
  readonly json?: true;
}

/** `h1-hil sweep`: finds the edge between pass and fail on one number or two. */
export function addSweep(program: Command): void {
  program
    .command('sweep')
    .description(
      'find where a procedure begins to fail on one number or two, and how far each driver is from it',
    )
    .argument('<file>', 'the procedure')
    .requiredOption('-a, --axis <axis...>', 'path=from..to:step with a unit; the second one gives the rows')
    .option('-d, --driver <name...>', "drivers to play it with; the procedure's own without it")
    .option(
      '--failure <text>',
      'text within the failure that counts; without it any failure of the host counts',
    )
    .option(
      '--repeats <number>',
      'shots at each point that a grid would take; a quarter of them is the limit',
      '4',
    )
    .option('--picture <file>', 'write the picture, as SVG')
    .option('--json', 'as JSON, with times in nanoseconds')
    .addHelpText(
      'after',
      `
Numbers: driver.PATH of h1-hil profiles --json, chip.wakeLatency, chip.pulseWidth, chip.sleepAfter and what else a rig
file pins of the chip, rig.sckHz, act.NUMBER or act.KIND for the time of an act.

Examples:
  h1-hil sweep examples/procedures/wake.json --axis driver.wake.settle=50..600:10us -d recommended coreboot
  h1-hil sweep examples/procedures/wake.json --axis chip.wakeLatency=50..900:5us --picture wake.svg
  h1-hil sweep examples/procedures/wake.json --axis driver.wake.settle=50..300:5us chip.wakeLatency=60..200:10us

Exit codes: 0 each edge lies between two neighbours or there is none, 2 usage, 3 lab failure (no verdict), 4 an edge is
not known that well.`,
    )
    .action(sweepAndTell);
}

async function sweepAndTell(file: string, options: SweepOptions): Promise<void> {
  const axes = checkedAxes(options.axis);
  const repeats = positiveCount(options.repeats);
  const { procedure } = readProcedure(file);
  const choices = options.driver?.map((row) => ({ row })) ?? [procedure.driver];
  choices.forEach(driverRow);
  const sweeps: DriverSweep[] = [];
  for (const driver of choices)
    sweeps.push(await swept({ ...procedure, driver }, axes, { repeats, options }));
  if (options.picture !== undefined) writeOut(options.picture, drawSweep(sweeps, axes));
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ axes: axes.map((axis) => axis?.path), sweeps }, undefined, 2)}\n`
      : showSweep(sweeps, axes),
  );
  process.exitCode = sweeps.every(({ rows }) => rows.every(({ isSharp }) => isSharp))
    ? EXIT.pass
    : EXIT.inconclusive;
}

/** @throws UsageError */
function checkedAxes(texts: readonly string[]): readonly [Axis, Axis?] {
  const [first, second, ...more] = texts.map(parseAxis);
  if (first === undefined || more.length > 0)
    throw new UsageError(`A sweep has one axis or two, and ${texts.length} are named.`);
  if (second?.path === first.path)
    throw new UsageError(`${first.path} is named for both axes: name two numbers.`);
  return second === undefined ? [first] : [first, second];
}

async function swept(
  procedure: Procedure,
  axes: readonly [Axis, Axis?],
  { repeats, options }: { readonly repeats: number; readonly options: SweepOptions },
): Promise<DriverSweep> {
  const stages = new Stages();
  try {
    return await sweep(procedure, axes, { shot: shotOn(stages, options.failure), repeats });
  } finally {
    await stages.close();
  }
}

/** A rule that the chip breaks does not count unless it is named: the chip is what is changed. */
function shotOn(stages: Stages, failure: string | undefined): Shot {
  return async (procedure) => {
    checkBoard(procedure);
    const findings = judge(await stages.play(procedure));
    return findings.some((finding) =>
      failure === undefined
        ? finding.kind !== 'rule' || finding.place !== 'chip'
        : signatureOf(finding).includes(failure),
    );
  };
}

/** @throws UsageError when no board can have the value of an axis */
function checkBoard({ board = { kind: 'sim' } }: Procedure): void {
  const checked = simBoardSchema.safeParse(board);
  if (checked.success) return;
  throw new UsageError(
    `A value of the axis cannot be: ${checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
  );
}
