import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { BitOrder, CaptureFormat, CaptureOptions, Net } from '../trace/index.ts';
import { BIT_ORDERS, CAPTURE_FORMATS, NETS, printable } from '../trace/index.ts';
import { UsageError } from '../units/index.ts';

/** Options that say how a capture is to be read, as they were typed. */
export interface CaptureFileOptions {
  readonly format?: CaptureFormat;
  readonly channel?: readonly string[];
  readonly mode?: '0' | '1' | '2' | '3';
  readonly bitOrder?: BitOrder;
  readonly invert?: readonly string[];
  readonly timeUnit?: string;
  readonly sampleRate?: string;
  readonly sampleBytes?: '1' | '2' | '4';
  readonly rawChannels?: string;
}

/** Adds the options to a command. */
export const addCaptureOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--format <format>', 'of the file; by its contents without').choices(CAPTURE_FORMATS),
    )
    .option('--channel <net=name...>', `which channel is which net: ${Object.keys(NETS).join(', ')}`)
    .addOption(new Option('--mode <mode>', 'SPI mode').choices(['0', '1', '2', '3']))
    .addOption(new Option('--bit-order <order>', 'of each byte; msb-first without').choices(BIT_ORDERS))
    .option('--invert <net...>', 'nets that were recorded upside down')
    .option('--time-unit <unit>', 'of the times of a CSV that does not say it: s, ms, us, ns, ps')
    .option('--sample-rate <hz>', 'of raw samples, or of a CSV or sigrok session that states none')
    .addOption(new Option('--sample-bytes <count>', 'of one raw sample').choices(['1', '2', '4']))
    .option(
      '--raw-channels <names>',
      'of a file that names none: raw samples, bit 0 first, or digital_N.bin; with commas',
    );

/** @throws UsageError when the file cannot be read. */
export function checkCaptureFile(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new UsageError(`The capture ${file} cannot be read: it is not there, or not yours.`, { cause });
  }
  if (!statSync(file).isFile() && !isSaleaeFolder(file))
    throw new UsageError(`The capture ${file} is not a file.`);
}

/** Logic 2 exports a folder with one file for each channel. */
const isSaleaeFolder = (path: string): boolean =>
  statSync(path).isDirectory() && readdirSync(path).some((name) => /^digital_\d{1,2}\.bin$/.test(name));

/** Turns the typed options into those of the capture reader. @throws UsageError for an option with a wrong value. */
export function captureOptions(options: CaptureFileOptions): CaptureOptions {
  return {
    ...(options.format !== undefined && { format: options.format }),
    ...(options.channel !== undefined && { channels: channelMap(options.channel) }),
    ...(options.mode !== undefined && { mode: Number(options.mode) as 0 | 1 | 2 | 3 }),
    ...(options.bitOrder !== undefined && { bitOrder: options.bitOrder }),
    ...(options.invert !== undefined && { invert: options.invert.flatMap(netsOf) }),
    ...(options.timeUnit !== undefined && { timeUnit: options.timeUnit }),
    ...rawLayout(options),
  };
}

function netsOf(words: string): Net[] {
  return words.split(',').map((net) => {
    if (!(net in NETS))
      throw new UsageError(
        `--invert takes nets of ${Object.keys(NETS).join(', ')}, and "${printable(net)}" is not one.`,
      );
    return net as Net;
  });
}

function channelMap(pairs: readonly string[]): NonNullable<CaptureOptions['channels']> {
  const map: { [net in Net]?: string } = {};
  for (const pair of pairs) {
    const [net, name] = pair.split(/=(.*)/s);
    if (net === undefined || name === undefined || !(net in NETS))
      throw new UsageError(
        `--channel takes net=name with one of the nets ${Object.keys(NETS).join(', ')}, and "${pair}" is not one.`,
      );
    map[net as Net] = name;
  }
  return map;
}

function rawLayout({
  sampleRate,
  sampleBytes,
  rawChannels,
  format,
}: CaptureFileOptions): Pick<CaptureOptions, 'raw' | 'names' | 'sampleRateHz'> {
  if (sampleRate === undefined && rawChannels === undefined) return {};
  const sampleRateHz = Number(sampleRate);
  const isRate = sampleRateHz > 0 && sampleRateHz < Infinity;
  if ((sampleRate !== undefined && !isRate) || (format === 'raw' && (!isRate || rawChannels === undefined)))
    throw new UsageError('Raw samples need both --sample-rate, above zero, and --raw-channels.');
  const names = rawChannels?.split(',');
  if (!isRate || names === undefined)
    return { ...(names !== undefined && { names }), ...(isRate && { sampleRateHz }) };
  return {
    names,
    sampleRateHz,
    raw: {
      sampleRateHz,
      channels: names,
      ...(sampleBytes !== undefined && { sampleBytes: Number(sampleBytes) as 1 | 2 | 4 }),
    },
  };
}
