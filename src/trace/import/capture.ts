import type { Duration } from '../../units/index.ts';
import { ns } from '../../units/index.ts';
import type { TraceSink } from '../events.ts';
import type { TraceSource } from '../source.ts';
import { CaptureError } from './capture-error.ts';
import type { ChannelMap } from './channels.ts';
import { assignChannels, NETS } from './channels.ts';
import type { Chunks } from './chunks.ts';
import { chunksOf } from './chunks.ts';
import { CSV_NS_PER_TICK, importCsv } from './csv-import.ts';
import { importTrace } from './trace-import.ts';
import type { SampleSize } from './raw-import.ts';
import { importRaw } from './raw-import.ts';
import { importSaleae } from './saleae-import.ts';
import { importSigrok } from './sigrok-import.ts';
import type { LevelSink, SpiMode } from './spi-decoder.ts';
import { SpiDecoder } from './spi-decoder.ts';
import { importVcd } from './vcd-import.ts';

export const CAPTURE_FORMATS = ['vcd', 'sigrok', 'saleae', 'csv', 'raw', 'trace'] as const;
export type CaptureFormat = (typeof CAPTURE_FORMATS)[number];

/** What a file of bare samples does not say about itself. */
export interface RawLayout {
  readonly sampleRateHz: number;
  /** Bytes of one sample. */
  readonly sampleBytes?: SampleSize;
  /** Names of the channels, bit 0 first. */
  readonly channels: readonly string[];
}

export interface CaptureOptions {
  /** The format; by the file's name when absent. */
  readonly format?: CaptureFormat;
  /** Which channel is which net, where its name does not say so. */
  readonly channels?: ChannelMap;
  readonly mode?: SpiMode;
  /** Needed for raw samples, of no use otherwise. */
  readonly raw?: RawLayout;
}

const FORMAT_OF: Readonly<Record<string, CaptureFormat>> = {
  vcd: 'vcd',
  sr: 'sigrok',
  sal: 'saleae',
  csv: 'csv',
  bin: 'raw',
  raw: 'raw',
  jsonl: 'trace',
};

/** A capture: read from its beginning at every replay, and never held as a whole. */
export class Capture implements TraceSource {
  readonly dropped = 0;
  #resolution = ns(1);
  #channels: readonly string[] = [];
  #watched: ('INT_AP_L' | 'TPM_RST_L')[] = [];

  constructor(
    private readonly format: CaptureFormat,
    private readonly open: () => Chunks,
    private readonly options: CaptureOptions = {},
  ) {}

  /** How far a stamp may be from the edge; known after a replay. */
  get resolution(): Duration {
    return this.#resolution;
  }

  /** Names of the channels of the file; known after a replay. */
  get channels(): readonly string[] {
    return this.#channels;
  }

  /** Lines that have a channel; known after a replay. */
  get watched(): readonly ('INT_AP_L' | 'TPM_RST_L')[] {
    return this.#watched;
  }

  /** @throws CaptureError when the file cannot be read to its end; what came before was told. */
  replay(sink: TraceSink): void {
    const { channels } = this.options;
    const begin = (nsPerTick: number, names: readonly string[], bits: readonly number[]): LevelSink => {
      this.#resolution = ns(Math.max(1, nsPerTick));
      this.#channels = names;
      const hasReset = bits.includes(NETS.reset);
      this.#watched = [
        ...(bits.includes(NETS.ready) ? (['INT_AP_L'] as const) : []),
        ...(hasReset ? (['TPM_RST_L'] as const) : []),
      ];
      return new SpiDecoder(sink, { nsPerTick, mode: this.options.mode, hasReset });
    };
    const chunks = this.open();
    switch (this.format) {
      case 'vcd':
        importVcd(chunks, channels, begin);
        break;
      case 'sigrok':
        importSigrok(chunks, channels, begin);
        break;
      case 'saleae':
        importSaleae(chunks, channels, begin);
        break;
      case 'csv':
        importCsv(chunks, channels, (names, bits) => begin(CSV_NS_PER_TICK, names, bits));
        break;
      case 'raw': {
        const layout = this.#layout();
        const bits = assignChannels('raw samples', layout.channels, channels);
        importRaw(
          chunks,
          layout.sampleBytes ?? 1,
          bits,
          begin(1e9 / layout.sampleRateHz, layout.channels, bits),
        );
        break;
      }
      case 'trace':
        importTrace(chunks, sink);
        break;
    }
  }

  #layout(): RawLayout {
    const { raw } = this.options;
    if (raw === undefined)
      throw new CaptureError(
        'raw samples',
        0,
        'samples say neither their rate nor their channels: state both.',
      );
    if (!(raw.sampleRateHz > 0))
      throw new CaptureError('raw samples', 0, `${raw.sampleRateHz} Hz is no sample rate.`);
    return raw;
  }
}

/** Opens a capture by its file name; nothing is read before the first replay. */
export function openCapture(path: string, options: CaptureOptions = {}): Capture {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = options.format ?? FORMAT_OF[ending];
  if (format === undefined)
    throw new CaptureError(
      path,
      0,
      `no format goes by ".${ending}"; say which of ${CAPTURE_FORMATS.join(', ')} it is.`,
    );
  return new Capture(format, () => chunksOf(path), options);
}
