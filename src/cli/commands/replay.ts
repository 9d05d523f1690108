import { basename } from 'node:path';
import type { Command } from 'commander';
import type { ReplayReport } from '../../procedure/index.ts';
import { CapturedAnswers, compareReplay, hostSideOf, replayOn } from '../../procedure/index.ts';
import type { Rig } from '../../rig/index.ts';
import { firmwareOf, loadRig, openRig } from '../../rig/index.ts';
import { openByContent, renderJsonLines } from '../../trace/index.ts';
import { showDuration, UsageError } from '../../units/index.ts';
import type { Duration } from '../../units/index.ts';
import type { CaptureFileOptions } from '../capture-file.ts';
import { addCaptureOptions, captureOptions, checkCaptureFile } from '../capture-file.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { writeOut } from '../procedure-file.ts';
import { withLease } from '../with-rig.ts';

interface ReplayOptions extends CaptureFileOptions {
  readonly rig: string;
  readonly fast?: true;
  readonly seed: string;
  readonly trace?: string;
  readonly json?: true;
}

/** `h1-hil replay`: puts the host's side of a capture on a board, and compares what the chip answers. */
export function addReplay(program: Command): void {
  const replay = program
    .command('replay')
    .description("put the host's side of a capture on a board, and compare what the chip answers")
    .argument('<capture>', 'any capture that h1-hil decode reads')
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .option('--fast', 'as fast as the chip allows; at the captured times without')
    .option('-s, --seed <number>', 'seed of a simulated chip', '1')
    .option('--trace <file>', 'write the trace of the replay as JSON Lines, for h1-hil decode')
    .option('--json', 'as JSON');
  addCaptureOptions(replay)
    .addHelpText(
      'after',
      `
Examples:
  h1-hil replay examples/healthy.vcd
  h1-hil replay examples/healthy.vcd --rig examples/my-rig.yaml --fast
  h1-hil replay boot.sal --rig raspberry-pi --trace replayed.jsonl

Exit codes: 0 the chip answers as the captured one, 1 something differs, 2 usage, 3 lab failure (no verdict).`,
    )
    .action(async (file: string, options: ReplayOptions) => {
      const rig = loadRig(options.rig);
      const replayed = await withLease(rig, `replay on ${options.rig}`, () => replayFile(file, rig, options));
      if (options.json === true) printJson(replayed);
      else process.stdout.write(show(file, replayed));
      process.exitCode = replayed.differences.length === 0 ? EXIT.pass : EXIT.failure;
    });
}

interface FileReport extends ReplayReport {
  readonly rig: string;
  readonly events: number;
  /** Ready pulses were compared. */
  readonly hasReady: boolean;
  /** Commands that captured answers were given to; undefined where the chip has its own library. */
  readonly stoodIn?: number;
}

async function replayFile(file: string, rig: Rig, options: ReplayOptions): Promise<FileReport> {
  checkCaptureFile(file);
  const seed = seedOf(options.seed);
  const { capture } = openByContent(file, captureOptions(options));
  const side = hostSideOf(capture, file);
  const answers = rig.board.kind === 'sim' ? new CapturedAnswers(side.commands) : undefined;
  const { board } = await openRig(rig, seed, answers === undefined ? {} : { instead: answers.instead });
  try {
    if (board.kernel !== undefined)
      throw new UsageError(
        `The kernel of rig ${rig.name} has the chip to itself, so no captured frames can be put on its bus. Name a rig whose driver is ours.`,
      );
    const replayed = await replayOn(board, side, {
      fast: options.fast === true,
      onStart: () => answers?.begin(),
    });
    if (options.trace !== undefined) writeOut(options.trace, renderJsonLines(replayed.trace));
    const about = { board, capture, firmware: firmwareOf(rig.board), stoodIn: answers?.given };
    return {
      rig: rig.name,
      events: side.events.length,
      hasReady: board.ready !== undefined,
      ...(answers && { stoodIn: answers.given.length }),
      ...compareReplay(side, replayed, about),
    };
  } finally {
    await board.close();
  }
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) return seed;
  throw new UsageError(`A seed is a whole number from 0 to 4294967295, and ${text} is not one.`);
}

/** Maximum number of differences of one class that are printed. */
const TOLD = 5;

function show(file: string, report: FileReport): string {
  const { frames, same, own, repeats, lateNs, differences, rig, events, stoodIn, hasReady } = report;
  const classes = [...new Set(differences.map((one) => one.class))];
  const lines = classes.flatMap((name) => {
    const all = differences.filter((one) => one.class === name);
    return [
      `${name}: ${all.length}`,
      ...all
        .slice(0, TOLD)
        .map(({ frame, says }) => `  ${frame === undefined ? '' : `frame ${frame}: `}${says}`),
      ...(all.length > TOLD ? [`  and ${all.length - TOLD} more`] : []),
    ];
  });
  return [
    `Capture ${basename(file)}: ${frames} frames with data, ${events - frames} other events of the host`,
    `Rig     ${rig}`,
    ...(stoodIn === undefined
      ? []
      : [`Library the captured answers stood in for the simulated TPM library in ${stoodIn} commands`]),
    ...(own === 0 ? [] : [`Own     ${own} answers hold what each chip has for itself`]),
    ...(hasReady ? [] : ['Pulses  not compared: the rig has no INT_AP_L']),
    `Times   ${repeats} polls more than captured; the end came ${showDuration(lateNs as Duration)} later`,
    ...lines,
    `Answers ${same} of ${frames} the same`,
    `Verdict ${differences.length === 0 ? 'the chip answers as the captured one' : `it differs: ${classes.join(', ')}`}\n`,
  ].join('\n');
}
