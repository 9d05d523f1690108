import type { Command } from 'commander';
import type { Axis, DriverSweep, Procedure, RowEdge } from '../../procedure/index.ts';
import {
  drawSweep,
  driverRow,
  parseAxis,
  showSweep,
  Stages,
  shotOn,
  sweep,
} from '../../procedure/index.ts';
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
      'text within the failure that counts; without it any failure of the host, and a frame that the chip lost',
    )
    .option(
      '--repeats <number>',
      'shots at each point that a grid would take; a quarter of them is the limit',
      '10',
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

A margin is the distance of the own number, that of the driver or of the procedure, from the edge: from there on failures
cease. It is negative where a shot fails, at times or always.

Exit codes: 0 no margin is negative, 1 one is, 2 usage, 3 lab failure (no verdict), 4 the shots do not tell.`,
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
  process.exitCode = exitCodeOf(sweeps.flatMap(({ rows }) => rows));
}

function exitCodeOf(rows: readonly RowEdge[]): number {
  if (rows.some(({ verdict }) => verdict === 'negative')) return EXIT.failure;
  const isKnown = rows.every(({ verdict, isSharp }) =>
    verdict === undefined ? isSharp : verdict === 'positive',
  );
  return isKnown ? EXIT.pass : EXIT.inconclusive;
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
