import { closeSync, openSync, writeSync } from 'node:fs';
import { ArchiveWriter } from './archive-writer.ts';
import { LogicExportWriter, LogicWriter } from './logic-writers.ts';
import type { Sink } from './samples.ts';
import { CHANNELS, SAMPLE_NS } from './samples.ts';
import type { Frame } from './traffic.ts';
import { traffic } from './traffic.ts';

const [CLK, MOSI, MISO, CS, READY] = [1, 2, 4, 8, 16];

/** As the captures of real boards have it: 10 samples a clock of 1 MHz. [CHIP 8] */
const SAMPLES_PER_CLOCK = 10;
const PER_US = 1000 / SAMPLE_NS;

/** Files of the same capture, one a format; those that are named are written. */
export interface CaptureFiles {
  readonly session: string;
  readonly vcd: string;
  readonly csv: string;
  /** A session with samples of two bytes. */
  readonly wideSession?: string;
  readonly dsview?: string;
  readonly logic?: string;
  /** A folder. */
  readonly logicExport?: string;
}

/** Writes `frames` frames in each format, and answers how many samples they take. */
export function writeCaptures(frames: number, files: CaptureFiles): number {
  const { wideSession, dsview, logic, logicExport } = files;
  const sinks: readonly Sink[] = [
    new SessionWriter(files.session),
    new VcdWriter(files.vcd),
    new CsvWriter(files.csv),
    ...(wideSession === undefined ? [] : [new SessionWriter(wideSession, 2)]),
    ...(dsview === undefined ? [] : [new DsviewWriter(dsview)]),
    ...(logic === undefined ? [] : [new LogicWriter(logic)]),
    ...(logicExport === undefined ? [] : [new LogicExportWriter(logicExport)]),
  ];
  let samples = 0;
  const put = (levels: number, count: number): void => {
    samples += count;
    for (const sink of sinks) sink.put(levels, count);
  };
  put(CS | READY, 10 * PER_US);
  let count = 0;
  for (const frame of traffic()) {
    if (count++ === frames) break;
    putFrame(frame, put);
  }
  for (const sink of sinks) sink.close();
  return samples;
}

/** Mode 0: data stand before the rising edge. The pulse comes 40 us behind CS and is 9 us wide. [CHIP 3] [CHIP 8] */
function putFrame({ sent, received }: Frame, put: Sink['put']): void {
  const half = SAMPLES_PER_CLOCK / 2;
  put(READY, 4 * PER_US);
  sent.forEach((out, i) => {
    for (let bit = 7; bit >= 0; bit--) {
      const data = (((out >> bit) & 1) === 1 ? MOSI : 0) | (((received[i]! >> bit) & 1) === 1 ? MISO : 0);
      put(READY | data, half);
      put(READY | data | CLK, half);
    }
  });
  put(READY, 4 * PER_US);
  put(CS | READY, 40 * PER_US);
  put(CS, 9 * PER_US);
  put(CS | READY, 20 * PER_US);
}

/** A sigrok session of version 2: a zip archive with the samples in pieces of 4 MiB, as sigrok itself writes it. */
class SessionWriter implements Sink {
  readonly #archive: ArchiveWriter;
  readonly #piece = new Uint8Array(4 << 20);
  readonly #unit: number;
  #filled = 0;
  #pieces = 0;

  /** Samples of `unit` bytes, the channels in the last one. */
  constructor(path: string, unit = 1) {
    this.#unit = unit;
    this.#archive = new ArchiveWriter(path);
    this.#archive.add('version', Buffer.from('2'));
    const lines = [
      '[global]',
      'sigrok version=0.5.2',
      '',
      '[device 1]',
      'capturefile=logic-1',
      `total probes=${8 * unit}`,
      `samplerate=${1000 / SAMPLE_NS} MHz`,
      'total analog=0',
      ...CHANNELS.map((name, i) => `probe${8 * (unit - 1) + i + 1}=${name}`),
      `unitsize=${unit}`,
      '',
    ];
    this.#archive.add('metadata', Buffer.from(lines.join('\n')));
  }

  put(levels: number, count: number): void {
    for (let rest = count; rest > 0;) {
      const size = Math.min(rest * this.#unit, this.#piece.length - this.#filled);
      const end = this.#filled + size;
      if (this.#unit === 1) this.#piece.fill(levels, this.#filled, end);
      else for (let at = this.#filled + this.#unit - 1; at < end; at += this.#unit) this.#piece[at] = levels;
      this.#filled = end;
      rest -= size / this.#unit;
      if (this.#filled === this.#piece.length) this.#flush();
    }
  }

  close(): void {
    if (this.#filled > 0) this.#flush();
    this.#archive.close();
  }

  #flush(): void {
    this.#archive.add(`logic-1-${++this.#pieces}`, this.#piece.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/** A DSView capture: each channel in blocks of its own, eight samples a byte. */
class DsviewWriter implements Sink {
  readonly #archive: ArchiveWriter;
  readonly #blocks = CHANNELS.map(() => new Uint8Array(2 << 20));
  #filled = 0;
  #count = 0;
  #samples = 0;

  constructor(path: string) {
    this.#archive = new ArchiveWriter(path);
  }

  put(levels: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.#blocks.forEach((block, channel) => {
        if (((levels >> channel) & 1) === 1) block[this.#filled >> 3]! |= 1 << (this.#filled & 7);
      });
      if (++this.#filled === 8 * this.#blocks[0]!.length) this.#flush();
    }
    this.#samples += count;
  }

  close(): void {
    if (this.#filled > 0) this.#flush();
    const names = CHANNELS.map((name, i) => `probe${i} = ${name}`);
    const rate = `samplerate = ${1000 / SAMPLE_NS} MHz`;
    const header = [
      '[version]',
      'version = 3',
      '[header]',
      `total samples = ${this.#samples}`,
      rate,
      ...names,
    ];
    this.#archive.add('header', Buffer.from(header.join('\n')));
    this.#archive.close();
  }

  #flush(): void {
    this.#blocks.forEach((block, channel) => {
      this.#archive.add(`L-${channel}/${this.#count}`, block.subarray(0, (this.#filled + 7) >> 3));
      block.fill(0);
    });
    this.#count++;
    this.#filled = 0;
  }
}

/** Codes of the channels in a value change dump. */
const CODES = ['!', '"', '#', '$', '%'] as const;
/** With all channels changed, no time step is longer. */
const MAX_STEP = 64;

/** A text in large pieces. */
class TextFile {
  readonly #file: number;
  readonly #text = Buffer.alloc(1 << 20);
  #length = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(text: string): void {
    if (this.#length + MAX_STEP > this.#text.length) this.#flush();
    this.#length += this.#text.write(text, this.#length, 'latin1');
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#text, 0, this.#length);
    this.#length = 0;
  }
}

/** A CSV with a line at each change, as Logic 2 writes it. */
class CsvWriter implements Sink {
  readonly #text: TextFile;
  #time = 0;
  #levels = -1;

  constructor(path: string) {
    this.#text = new TextFile(path);
    this.#text.write(`Time [s],${CHANNELS.join(',')}\n`);
  }

  put(levels: number, count: number): void {
    if (levels !== this.#levels) {
      const bits = CHANNELS.map((_, bit) => (levels >> bit) & 1).join(',');
      this.#text.write(`${(this.#time / 1e9).toFixed(9)},${bits}\n`);
      this.#levels = levels;
    }
    this.#time += count * SAMPLE_NS;
  }

  close(): void {
    this.#text.close();
  }
}

/** A value change dump in nanoseconds, as sigrok and logic analysers write it at this rate. */
class VcdWriter implements Sink {
  readonly #text: TextFile;
  #time = 0;
  #levels = -1;

  constructor(path: string) {
    this.#text = new TextFile(path);
    this.#text.write('$timescale 1 ns $end\n$scope module h1 $end\n');
    CHANNELS.forEach((name, i) => {
      this.#text.write(`$var wire 1 ${CODES[i]!} ${name} $end\n`);
    });
    this.#text.write('$upscope $end\n$enddefinitions $end\n');
  }

  put(levels: number, count: number): void {
    if (levels !== this.#levels) {
      let step = `#${this.#time}\n`;
      for (let bit = 0; bit < CODES.length; bit++)
        if (this.#levels < 0 || (((levels ^ this.#levels) >> bit) & 1) === 1)
          step += `${(levels >> bit) & 1}${CODES[bit]!}\n`;
      this.#text.write(step);
      this.#levels = levels;
    }
    this.#time += count * SAMPLE_NS;
  }

  close(): void {
    this.#text.write(`#${this.#time}\n`);
    this.#text.close();
  }
}
