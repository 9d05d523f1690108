import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Duration } from '../../units/index.ts';
import { ns } from '../../units/index.ts';
import type { TracedLine, TraceSink } from '../events.ts';
import type { TraceSource } from '../source.ts';
import type { BitOrder } from './bit-order.ts';
import { leastFirst } from './bit-order.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { fileBytes } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import type { BusLine, ChannelMap, Net } from './channels.ts';
import { assignChannels, BUS_LINES, NETS } from './channels.ts';
import { openCsv } from './csv-import.ts';
import { openDslogic } from './dslogic-import.ts';
import { inverted } from './inverted.ts';
import { importTrace, readTraceHead } from './trace-import.ts';
import type { RawLayout } from './raw-import.ts';
import { openRaw } from './raw-import.ts';
import type { CaptureFormat } from './recognise.ts';
import { KnownToBeOther, recognise } from './recognise.ts';
import { openSaleaeBinary } from './saleae-binary-import.ts';
import { openSaleae } from './saleae-import.ts';
import { openSigrok } from './sigrok-import.ts';
import type { SpiMode } from './spi-decoder.ts';
import { SpiDecoder } from './spi-decoder.ts';
import { openVcd } from './vcd-import.ts';
import type { Waves } from './waves.ts';

/** How a capture is to be read, where it does not say it. */
export interface CaptureOptions {
  /** The format; by the contents of the file when absent. */
  readonly format?: CaptureFormat;
  /** Which channel is which net, where its name does not say so. */
  readonly channels?: ChannelMap;
  /** Nets that were recorded upside down. */
  readonly invert?: readonly Net[];
  readonly mode?: SpiMode;
  /** Most significant bit first without it, as every TPM sends. */
  readonly bitOrder?: BitOrder;
  /** Needed for raw samples, of no use otherwise. */
  readonly raw?: RawLayout;
  /** Names of the channels, in their order, for formats that name none. */
  readonly names?: readonly string[];
  /** Samples a second of a CSV that has no times, or of a session, that states no rate. */
  readonly sampleRateHz?: number;
  /** Unit of the times of a CSV, whatever its header says: s, ms, us, ns or ps. */
  readonly timeUnit?: string;
}

/** A capture whose header was read: read from its beginning at every replay, and never held as a whole. */
export interface Capture extends TraceSource {
  readonly format: CaptureFormat;
  /** How far a stamp may be from the edge; infinite when the file states no rate. */
  readonly resolution: Duration;
  /** Names of the channels of the file. */
  readonly channels: readonly string[];
  /** Lines that have a channel; of our own trace files those that the first line names. */
  readonly watched: readonly TracedLine[];
  /** Lines of the bus itself that were not recorded. */
  readonly missing: readonly BusLine[];
  /** The levels that the frames are made of; undefined for our own trace files, which hold frames. */
  readonly waves: AssignedWaves | undefined;
  /** @throws CaptureError when the file cannot be read to its end; what came before was told. */
  replay(sink: TraceSink): void;
}

/** Levels of a capture, and which channel is which net. */
export interface AssignedWaves {
  readonly waves: Waves;
  /** Bits of a decoder's levels for each channel. */
  readonly bits: readonly number[];
}

/**
 * Opens a capture: reads it as far as its names and its rate. A folder is one that Saleae's Logic 2 exported.
 *
 * @throws CaptureError when it is no capture that can be read.
 */
export function openCapture(from: string | CaptureBytes, options: CaptureOptions = {}): Capture {
  const { format, file, waves } = openLevels(from, options);
  if (waves === undefined)
    return {
      format,
      ...readTraceHead(file),
      channels: [],
      waves: undefined,
      replay: (sink) => {
        importTrace(file.chunks(), sink);
      },
    };
  return new WaveCapture(format, waves, options);
}

/** The levels of a capture, whatever its channels are; none in our own trace files, which hold frames. */
export function openLevels(
  from: string | CaptureBytes,
  options: CaptureOptions,
): { readonly format: CaptureFormat; readonly file: CaptureBytes; readonly waves: Waves | undefined } {
  const file = typeof from === 'string' ? fileBytes(fileOf(from)) : from;
  const format = options.format ?? (options.raw === undefined ? recognise(file) : rawUnlessKnown(file));
  return { format, file, waves: openWaves(format, file, options) };
}

/** When the file itself shows its format, the caller's word that it is bare samples does not count. */
function rawUnlessKnown(file: CaptureBytes): CaptureFormat {
  try {
    return recognise(file);
  } catch (error) {
    if (error instanceof KnownToBeOther) throw error;
    return 'raw';
  }
}

function fileOf(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  const channel = readdirSync(path).find((name) => /^digital_\d{1,2}\.bin$/.test(name));
  if (channel === undefined)
    throw new CaptureError(printable(path), 0, 'the folder has no digital_N.bin of a Saleae export.');
  return join(path, channel);
}

function openWaves(format: CaptureFormat, file: CaptureBytes, options: CaptureOptions): Waves | undefined {
  switch (format) {
    case 'vcd':
      return openVcd(file);
    case 'sigrok':
      return openSigrok(file, options.sampleRateHz);
    case 'saleae':
      return openSaleae(file);
    case 'saleae-binary':
      return openSaleaeBinary(file, options.names ?? options.raw?.channels);
    case 'dslogic':
      return openDslogic(file);
    case 'csv':
      return openCsv(file, options);
    case 'raw':
      if (options.raw === undefined)
        throw new CaptureError(
          'raw samples',
          0,
          'samples say neither their rate nor their channels: state both, with --sample-rate and --raw-channels.',
        );
      return openRaw(file, options.raw);
    case 'trace':
      return undefined;
  }
}

/**
 * Nanoseconds of one sample where no rate is stated. Times then count samples, and no rule about a time is judged.
 */
const NO_RATE_NS = 1000;

class WaveCapture implements Capture {
  readonly dropped = 0;
  readonly resolution: Duration;
  readonly watched: readonly TracedLine[];
  readonly missing: readonly BusLine[];
  readonly waves: AssignedWaves;

  constructor(
    readonly format: CaptureFormat,
    waves: Waves,
    private readonly options: CaptureOptions,
  ) {
    const bits = assignChannels(waves.format, waves.names, options.channels);
    this.waves = { waves, bits };
    const has = (net: number): boolean => bits.some((bit) => (bit & net) !== 0);
    this.watched = [
      ...(has(NETS.ready) ? (['INT_AP_L'] as const) : []),
      ...(has(NETS.reset) ? (['TPM_RST_L'] as const) : []),
    ];
    this.missing = BUS_LINES.filter((line) => !has(NETS[line]));
    const { nsPerTick } = waves;
    this.resolution = Number.isNaN(nsPerTick) ? (Infinity as Duration) : ns(Math.max(1, nsPerTick));
  }

  get channels(): readonly string[] {
    return this.waves.waves.names;
  }

  replay(sink: TraceSink): void {
    const { waves, bits } = this.waves;
    const decoder = new SpiDecoder(this.options.bitOrder === 'lsb-first' ? leastFirst(sink) : sink, {
      nsPerTick: Number.isNaN(waves.nsPerTick) ? NO_RATE_NS : waves.nsPerTick,
      mode: this.options.mode,
      hasReset: this.watched.includes('TPM_RST_L'),
    });
    // What was not recorded has no level that could be upside down.
    const upsideDown = (this.options.invert ?? []).filter((net) =>
      bits.some((bit) => (bit & NETS[net]) !== 0),
    );
    waves.tell(bits, inverted(decoder, upsideDown));
  }
}
