import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { UsageError } from '../../units/index.ts';
import type { CaptureFileOptions } from '../capture-file.ts';
import { addCaptureOptions, captureOptions, checkCaptureFile } from '../capture-file.ts';
import { decodeCapture } from '../decode-capture.ts';
import { findRules } from '../rule-verdicts.ts';
import type { ExportOptions } from '../trace-export.ts';
import { EXPORT_HELP } from '../trace-export.ts';

interface DecodeOptions extends CaptureFileOptions {
  readonly commands?: true;
  readonly json?: true;
  readonly rules?: true | readonly string[];
  readonly measure?: true;
  readonly fix?: true;
  readonly export?: string;
  readonly sck: string;
  readonly from: string;
  readonly to?: string;
}

/** `h1-hil decode`: reads a capture of any logic analyser, and shows frames, commands and verdicts. */
export function addDecode(program: Command): void {
  const decode = program
    .command('decode')
    .description('read a capture of the bus: frames, registers, TPM commands, verdicts')
    .argument(
      '[file]',
      'VCD, sigrok .sr, Saleae .sal, DSView .dsl, CSV, a folder of digital_N.bin, raw samples, or our own trace file',
    )
    .option('--commands', 'only the TPM commands')
    .option('--json', 'as JSON Lines: events, and the accesses and commands that they make')
    .option('--rules [id...]', 'judge by the rules, all of them without an id')
    .option(
      '--measure',
      'least, median and most of each rule and kind of time, its limit, margin and worst moment',
    )
    .option('--fix', 'mend what is clearly wrong with the set-up: CS, SPI mode, channels')
    .option('--export <file>', `write in the format of the ending: ${EXPORT_HELP}`)
    .option('--sck <hz>', 'clock rate of the bus, for the bits of a VCD', '1000000')
    .option(
      '--from <time>',
      'begin of a picture, on the clock of the trace: 474.8 ms as in the text, or 1.2s',
      '0',
    )
    .option('--to <time>', 'end of a picture; without it as much as fits');
  addCaptureOptions(decode)
    .addHelpText(
      'after',
      `
Examples:
  h1-hil decode boot.sal                            every frame, register and command
  h1-hil decode boot.vcd --commands                 the commands with their latencies
  h1-hil decode boot.sr --rules                     a verdict for each rule; exit code 1 when one is broken
  h1-hil decode boot.csv --export boot.pcapng       for Wireshark
  h1-hil decode boot.sal --export boot.html         a page to zoom and point at
  h1-hil decode boot.sal --measure                  times and their margins
  h1-hil decode boot.csv --invert cs --channel mosi=D1
  h1-hil decode boot.sal --export frame.svg --from 474.8ms --to 475ms
  h1-hil decode boot.sal --rules --export breach.svg     a picture of the first breach
  h1-hil decode dump.bin --sample-rate 10e6 --raw-channels cs,clk,mosi,miso,ready`,
    )
    .action((file: string | undefined, options: DecodeOptions) => {
      process.exitCode = decodeFile(...fileAndOptions(file, options));
    });
}

/** The option `--rules` takes every word after it, so the last of its words may be the file. @throws UsageError */
function fileAndOptions(file: string | undefined, options: DecodeOptions): [string, DecodeOptions] {
  if (file !== undefined) return [file, options];
  const words = options.rules === true ? [] : (options.rules ?? []);
  const last = words.at(-1);
  if (last === undefined || !existsSync(last))
    throw new UsageError('decode takes the file of a capture: h1-hil decode FILE, then options.');
  const rules = words.slice(0, -1);
  return [last, { ...options, rules: rules.length === 0 ? true : rules }];
}

function decodeFile(file: string, options: DecodeOptions): number {
  const rules =
    options.rules === undefined ? undefined : findRules(options.rules === true ? [] : options.rules);
  checkCaptureFile(file);
  return decodeCapture({
    file,
    capture: captureOptions(options),
    isJson: options.json === true,
    commandsOnly: options.commands === true,
    rules,
    measured: options.measure === true ? (rules ?? findRules([])) : undefined,
    exportTo:
      options.export === undefined ? undefined : { file: options.export, options: exportOptions(options) },
    fixes: options.fix === true,
  });
}

const exportOptions = ({
  sck,
  from,
  to,
}: DecodeOptions): Omit<ExportOptions, 'isJudged' | 'title' | 'head'> => ({
  sckHz: positive('--sck', sck),
  fromMs: momentMs('--from', from),
  ...(to !== undefined && { toMs: momentMs('--to', to) }),
});

const MS_PER = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3 } as const;

/** Reads a moment with a unit; without a unit it is in milliseconds. */
function momentMs(option: string, text: string): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d*)?|\.\d+)\s?(ns|us|ms|s)?$/.exec(text.trim()) ?? [];
  if (number === undefined)
    throw new UsageError(
      `${option} takes a time from 0 on, such as 474.8, 474.8ms, 350us or 1.2s, and "${text.slice(0, 40)}" is none.`,
    );
  return Number(number) * MS_PER[unit as keyof typeof MS_PER];
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new UsageError(`${option} takes a number above 0, and "${text.slice(0, 40)}" is none.`);
}
