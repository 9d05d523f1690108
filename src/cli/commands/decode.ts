import type { Command } from 'commander';
import { renderText, writeJsonLines } from '../../trace/index.ts';
import { UsageError } from '../../units/index.ts';
import type { CaptureFileOptions } from '../capture-file.ts';
import { addCaptureOptions, openCaptureFile } from '../capture-file.ts';
import { EXIT } from '../exit-code.ts';
import { findRules, judgeCapture, renderVerdicts, showVerdicts } from '../rule-verdicts.ts';
import { EXPORT_HELP, exportTrace } from '../trace-export.ts';

interface DecodeOptions extends CaptureFileOptions {
  readonly commands?: true;
  readonly json?: true;
  readonly rules?: true | readonly string[];
  readonly export?: string;
  readonly sck: string;
  readonly from: string;
  readonly to?: string;
}

/** `h1-hil decode`: a capture of anybody's logic analyser, from samples to commands and verdicts. */
export function addDecode(program: Command): void {
  const decode = program
    .command('decode')
    .description('read a capture of the bus: frames, registers, TPM commands, verdicts')
    .argument('<file>', 'VCD, sigrok .sr, Saleae .sal or .csv, raw samples, or our own trace file')
    .option('--commands', 'only the TPM commands')
    .option('--json', 'as JSON Lines: events, and the accesses and commands that they make')
    .option('--rules [id...]', 'judge by the rules, all of them without an id')
    .option('--export <file>', `write in the format of the ending: ${EXPORT_HELP}`)
    .option('--sck <hz>', 'clock rate of the bus, for the bits of a VCD', '1000000')
    .option('--from <ms>', 'begin of a picture, as the text counts time', '0')
    .option('--to <ms>', 'end of a picture; without it as much as fits');
  addCaptureOptions(decode)
    .addHelpText(
      'after',
      `
Examples:
  h1-hil decode boot.sal                            every frame, register and command
  h1-hil decode boot.vcd --commands                 the commands with their latencies
  h1-hil decode boot.sr --rules                     a verdict for each rule; exit code 1 when one is broken
  h1-hil decode boot.csv --export boot.pcapng       for Wireshark
  h1-hil decode boot.sal --export frame.svg --from 474.8 --to 475
  h1-hil decode boot.sal --rules --export breach.svg     a picture of the first breach
  h1-hil decode dump.bin --sample-rate 10e6 --raw-channels cs,clk,mosi,miso,ready`,
    )
    .action((file: string, options: DecodeOptions) => {
      process.exitCode = decodeFile(file, options);
    });
}

function decodeFile(file: string, options: DecodeOptions): number {
  const capture = openCaptureFile(file, options);
  const rules =
    options.rules === undefined ? undefined : findRules(options.rules === true ? [] : options.rules);
  const report = rules && judgeCapture(capture, rules);
  if (options.export !== undefined) {
    exportTrace(capture, options.export, {
      sckHz: positive('--sck', options.sck),
      fromMs: notNegative('--from', options.from),
      ...(options.to !== undefined && { toMs: notNegative('--to', options.to) }),
      ...(report && { violations: report.violations }),
    });
    process.stderr.write(`Written: ${options.export}\n`);
  }
  if (rules && report) {
    print(options.json === true ? renderVerdicts(report) : showVerdicts(rules, report));
    return report.violations.length > 0 ? EXIT.failure : EXIT.pass;
  }
  if (options.export !== undefined) return EXIT.pass;
  if (options.json === true) writeJsonLines(capture, print, { decoded: true });
  else print(renderText(capture, { commandsOnly: options.commands === true }));
  return EXIT.pass;
}

const print = (text: string): void => {
  process.stdout.write(text);
};

function notNegative(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0))
    throw new UsageError(`${option} takes a number from 0 on, and "${text}" is none.`);
  return value;
}

function positive(option: string, text: string): number {
  const value = notNegative(option, text);
  if (value === 0) throw new UsageError(`${option} has to be above 0.`);
  return value;
}
