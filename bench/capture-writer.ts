import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import type { Frame } from './traffic.ts';
import { traffic } from './traffic.ts';

/** Channels of a sample, bit 0 first. */
const CHANNELS = ['CLK', 'MOSI', 'MISO', 'CS_L', 'INT_AP_L'] as const;
const [CLK, MOSI, MISO, CS, READY] = [1, 2, 4, 8, 16];

/** As the captures of real boards have it: 10 samples a clock of 1 MHz. [CHIP 8] */
const SAMPLE_NS = 100;
const SAMPLES_PER_CLOCK = 10;
const PER_US = 1000 / SAMPLE_NS;

/** Where samples go. */
interface Sink {
  /** The same levels for `count` samples. */
  put(levels: number, count: number): void;
  close(): void;
}

/** Writes `frames` frames as a sigrok session, a value change dump and a CSV, and answers how many samples they take. */
export function writeCaptures(
  frames: number,
  files: { readonly session: string; readonly vcd: string; readonly csv: string },
): number {
  const sinks = [new SessionWriter(files.session), new VcdWriter(files.vcd), new CsvWriter(files.csv)];
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

const le16 = (value: number): number[] => [value & 0xff, value >> 8];
const le32 = (value: number): number[] => [...le16(value & 0xffff), ...le16(value >>> 16)];

/** A sigrok session of version 2: a zip archive with the samples in pieces of 4 MiB, as sigrok itself writes it. */
class SessionWriter implements Sink {
  readonly #file: number;
  readonly #piece = new Uint8Array(4 << 20);
  readonly #directory: Buffer[] = [];
  #filled = 0;
  #pieces = 0;
  #offset = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    this.#add('version', Buffer.from('2'));
    const lines = [
      '[global]',
      'sigrok version=0.5.2',
      '',
      '[device 1]',
      'capturefile=logic-1',
      `total probes=${CHANNELS.length}`,
      `samplerate=${1000 / SAMPLE_NS} MHz`,
      'total analog=0',
      ...CHANNELS.map((name, i) => `probe${i + 1}=${name}`),
      'unitsize=1',
      '',
    ];
    this.#add('metadata', Buffer.from(lines.join('\n')));
  }

  put(levels: number, count: number): void {
    for (let rest = count; rest > 0;) {
      const size = Math.min(rest, this.#piece.length - this.#filled);
      this.#piece.fill(levels, this.#filled, this.#filled + size);
      this.#filled += size;
      rest -= size;
      if (this.#filled === this.#piece.length) this.#flush();
    }
  }

  close(): void {
    if (this.#filled > 0) this.#flush();
    const directory = Buffer.concat(this.#directory);
    const count = le16(this.#directory.length);
    writeSync(this.#file, directory);
    writeSync(
      this.#file,
      Uint8Array.of(
        ...[0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count],
        ...[...le32(directory.length), ...le32(this.#offset), 0, 0],
      ),
    );
    closeSync(this.#file);
  }

  #flush(): void {
    this.#add(`logic-1-${++this.#pieces}`, this.#piece.subarray(0, this.#filled));
    this.#filled = 0;
  }

  /** [APPNOTE 4.3.7] [APPNOTE 4.3.12] */
  #add(name: string, bytes: Uint8Array): void {
    const packed = deflateRawSync(bytes);
    const common = [
      ...[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0],
      ...le32(crc32(bytes)),
      ...[...le32(packed.length), ...le32(bytes.length), ...le16(name.length), 0, 0],
    ];
    const local = Buffer.from([0x50, 0x4b, 3, 4, ...common, ...Buffer.from(name)]);
    const place = [...Array<number>(10).fill(0), ...le32(this.#offset)];
    this.#directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0, ...common, ...place, ...Buffer.from(name)]));
    writeSync(this.#file, local);
    writeSync(this.#file, packed);
    this.#offset += local.length + packed.length;
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
