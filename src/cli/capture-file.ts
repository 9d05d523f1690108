import { accessSync, constants, statSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Capture, CaptureFormat, CaptureOptions, Net } from '../trace/index.ts';
import { CAPTURE_FORMATS, NETS, openCapture } from '../trace/index.ts';
import { UsageError } from '../units/index.ts';

/** Options that say how a capture is to be read, as they were typed. */
export interface CaptureFileOptions {
  readonly format?: CaptureFormat;
  readonly channel?: readonly string[];
  readonly mode?: '0' | '1' | '2' | '3';
  readonly sampleRate?: string;
  readonly sampleBytes?: '1' | '2' | '4';
  readonly rawChannels?: string;
}

/** Adds the options to a command. */
export const addCaptureOptions = (command: Command): Command =>
  command
    .addOption(new Option('--format <format>', 'of the file; by its ending without').choices(CAPTURE_FORMATS))
    .option('--channel <net=name...>', `which channel is which net: ${Object.keys(NETS).join(', ')}`)
    .addOption(new Option('--mode <mode>', 'SPI mode').choices(['0', '1', '2', '3']))
    .option('--sample-rate <hz>', 'of raw samples')
    .addOption(new Option('--sample-bytes <count>', 'of one raw sample').choices(['1', '2', '4']))
    .option('--raw-channels <names>', 'of raw samples, bit 0 first, with commas');

/** @throws UsageError when the file cannot be read, or when an option is wrong. */
export function openCaptureFile(file: string, options: CaptureFileOptions): Capture {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new UsageError(`The capture ${file} cannot be read: it is not there, or not yours.`, { cause });
  }
  if (!statSync(file).isFile()) throw new UsageError(`The capture ${file} is not a file.`);
  return openCapture(file, {
    ...(options.format !== undefined && { format: options.format }),
    ...(options.channel !== undefined && { channels: channelMap(options.channel) }),
    ...(options.mode !== undefined && { mode: Number(options.mode) as 0 | 1 | 2 | 3 }),
    ...rawLayout(options),
  });
}

function channelMap(pairs: readonly string[]): NonNullable<CaptureOptions['channels']> {
  const map: { [net in Net]?: string } = {};
  for (const pair of pairs) {
    const [net, name] = pair.split(/=(.*)/s);
    if (net === undefined || name === undefined || !(net in NETS))
      throw new UsageError(
        `--channel takes net=name with one of the nets ${Object.keys(NETS).join(', ')}, and "${pair}" is none.`,
      );
    map[net as Net] = name;
  }
  return map;
}

function rawLayout({
  sampleRate,
  sampleBytes,
  rawChannels,
}: CaptureFileOptions): Pick<CaptureOptions, 'raw'> {
  if (sampleRate === undefined && rawChannels === undefined) return {};
  const sampleRateHz = Number(sampleRate);
  if (!(sampleRateHz > 0) || rawChannels === undefined)
    throw new UsageError('Raw samples need both --sample-rate, above zero, and --raw-channels.');
  return {
    raw: {
      sampleRateHz,
      channels: rawChannels.split(','),
      ...(sampleBytes !== undefined && { sampleBytes: Number(sampleBytes) as 1 | 2 | 4 }),
    },
  };
}
