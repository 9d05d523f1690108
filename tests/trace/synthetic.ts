import { zipSync } from 'fflate';
import type { SpiMode } from '../../src/trace/index.ts';

/** What one CS assertion of a made capture carries; without bytes it is a wake pulse. */
export interface MadeFrame {
  readonly mosi: readonly number[];
  readonly miso: readonly number[];
  /** Clocks after the last whole byte. */
  readonly spareClocks?: number;
}

/** A read: header, `stall` wait bytes of which the last says ready, then the data. [CHIP 1.2] [CHIP 1.3] */
export function readFrame(register: number, data: readonly number[], stall = 2, bit6 = 0): MadeFrame {
  const header = [0x80 | bit6 | (data.length - 1), 0xd4, register >> 8, register & 0xff];
  const waits = Array.from({ length: stall }, (_, i) => (i === stall - 1 ? 1 : 0));
  return {
    mosi: [...header, ...waits.map(() => 0), ...data.map(() => 0)],
    miso: [0, 0, 0, stall === 0 ? 1 : 0, ...waits, ...data],
  };
}

export function writeFrame(register: number, data: readonly number[], stall = 2, bit6 = 0): MadeFrame {
  const header = [bit6 | (data.length - 1), 0xd4, register >> 8, register & 0xff];
  const waits = Array.from({ length: stall }, (_, i) => (i === stall - 1 ? 1 : 0));
  return {
    mosi: [...header, ...waits.map(() => 0), ...data],
    miso: [0, 0, 0, stall === 0 ? 1 : 0, ...waits, ...data.map(() => 1)],
  };
}

/** A host that sends a command of 12 bytes and reads a response of 10. [CHIP 1.2] [CHIP 2] */
export const COMMAND: readonly MadeFrame[] = [
  writeFrame(0x0000, [0x02]),
  readFrame(0x0000, [0xa0]),
  writeFrame(0x0018, [0x40]),
  readFrame(0x0018, [0xc0, 0x3f, 0x00, 0x04]),
  writeFrame(0x0024, [0x80, 0x01, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x7b, 0x00]),
  readFrame(0x0018, [0x88, 0x3f, 0x00, 0x04]),
  writeFrame(0x0024, [0x08]),
  readFrame(0x0018, [0x80, 0x3f, 0x00, 0x04]),
  writeFrame(0x0018, [0x20]),
  readFrame(0x0018, [0x90, 0x0a, 0x00, 0x04]),
  readFrame(0x0024, [0x80, 0x01, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x01, 0x01]),
  writeFrame(0x0018, [0x40]),
];

/** Channels of a made capture, bit 0 first. */
export const CHANNELS = ['CLK', 'MOSI', 'MISO', 'CS_L', 'INT_AP_L'];
const [CLK, MOSI, MISO, CS, READY] = [1, 2, 4, 8, 16];

export interface MadeOptions {
  readonly mode?: SpiMode;
  /** Samples of one clock; data change with the clock's other edge. */
  readonly samplesPerClock?: number;
  /** Samples of an idle bus between two frames. */
  readonly gap?: number;
  /** Samples of a ready pulse; a quarter of the gap without. */
  readonly pulse?: number;
}

/** Samples of the frames with a ready pulse behind each, one byte a sample. */
export function makeSamples(frames: readonly MadeFrame[], options: MadeOptions = {}): Uint8Array {
  const { mode = 0, samplesPerClock = 8, gap = 40, pulse = Math.max(1, gap >> 2) } = options;
  const first = Math.floor(samplesPerClock / 2);
  const second = samplesPerClock - first;
  const idleClock = mode >= 2 ? CLK : 0;
  const activeClock = CLK - idleClock;
  const samples: number[] = [];
  const put = (levels: number, count: number): void => {
    for (let i = 0; i < count; i++) samples.push(levels);
  };
  const idle = CS | READY | idleClock;
  put(idle, gap);
  for (const { mosi, miso, spareClocks = 0 } of frames) {
    put(READY | idleClock, samplesPerClock);
    const bits = [...mosi.keys()].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ({ byte, bit })));
    for (let i = 0; i < spareClocks; i++) bits.push({ byte: -1, bit: 0 });
    for (const { byte, bit } of bits) {
      const data =
        byte < 0
          ? 0
          : (((mosi[byte]! >> bit) & 1) === 1 ? MOSI : 0) | (((miso[byte]! >> bit) & 1) === 1 ? MISO : 0);
      // With phase 0 the leading edge samples, so data stand before it; with phase 1 the trailing one does.
      if ((mode & 1) === 0) {
        put(READY | idleClock | data, first);
        put(READY | activeClock | data, second);
      } else {
        put(READY | activeClock | data, first);
        put(READY | idleClock | data, second);
      }
    }
    put(READY | idleClock, samplesPerClock);
    put(idle, gap);
    if (bits.length === 0) continue;
    put(idle & ~READY, pulse);
    put(idle, gap);
  }
  return Uint8Array.from(samples);
}

/** The samples at which something changes, with their levels. */
function* changes(samples: Uint8Array): Generator<[at: number, levels: number, before: number]> {
  for (let i = 0; i < samples.length; i++)
    if (i === 0 || samples[i] !== samples[i - 1]) yield [i, samples[i]!, i === 0 ? -1 : samples[i - 1]!];
}

export function toVcd(samples: Uint8Array, rateHz: number, names = CHANNELS): string {
  const ids = ['!', '"', '#', '$', '%', '&'];
  const period = 1e9 / rateHz;
  const lines = [
    '$timescale 1 ns $end',
    '$scope module top $end',
    ...names.map((name, i) => `$var wire 1 ${ids[i]!} ${name} $end`),
    '$upscope $end',
    '$enddefinitions $end',
  ];
  for (const [at, levels, before] of changes(samples)) {
    lines.push(`#${Math.round(at * period)}`);
    names.forEach((_, i) => {
      if (before < 0 || ((levels ^ before) >> i) & 1) lines.push(`${(levels >> i) & 1}${ids[i]!}`);
    });
  }
  return [...lines, `#${Math.round(samples.length * period)}`, ''].join('\n');
}

export function toCsv(samples: Uint8Array, rateHz: number, names = CHANNELS): string {
  const lines = [`Time [s],${names.join(',')}`];
  for (const [at, levels] of changes(samples))
    lines.push(`${(at / rateHz).toFixed(9)},${names.map((_, i) => (levels >> i) & 1).join(',')}`);
  return `${lines.join('\n')}\n`;
}

/** A sigrok session of version 2, its samples in pieces. */
export function toSigrok(samples: Uint8Array, rateHz: number, piece = 4096, names = CHANNELS): Uint8Array {
  const metadata = [
    '[global]',
    'sigrok version=0.5.2',
    '',
    '[device 1]',
    'capturefile=logic-1',
    `total probes=${names.length}`,
    `samplerate=${rateHz / 1e6} MHz`,
    'total analog=0',
    ...names.map((name, i) => `probe${i + 1}=${name}`),
    'unitsize=1',
    '',
  ].join('\n');
  const entries: Record<string, Uint8Array> = { version: Buffer.from('2'), metadata: Buffer.from(metadata) };
  for (let i = 0, part = 1; i < samples.length; i += piece, part++)
    entries[`logic-1-${part}`] = samples.subarray(i, i + piece);
  // Without a time of its own the same samples make the same file.
  return zipSync(entries, { mtime: '2020-01-01T00:00:00' });
}

/** A Saleae capture whose channels have chunks of `most` runs, with an index of as many entries as runs. */
export function toSaleae(samples: Uint8Array, rateHz: number, names = CHANNELS, most = Infinity): Uint8Array {
  const rows = names.map((name, index) => ({ index, type: 'Digital', name }));
  const entries: Record<string, Uint8Array> = {};
  names.forEach((_, bit) => (entries[`digital-${bit}.bin`] = saleaeChannel(samples, bit, rateHz, most)));
  entries['meta.json'] = Buffer.from(JSON.stringify({ version: 8, data: { rowsSettings: rows } }));
  return zipSync(entries);
}

function saleaeChannel(samples: Uint8Array, bit: number, rateHz: number, most = Infinity): Uint8Array {
  const runs: number[] = [];
  const level = (i: number): number => (samples[i]! >> bit) & 1;
  for (let i = 0, from = 0; i < samples.length; i++)
    if (i + 1 === samples.length || level(i + 1) !== level(i)) {
      runs.push(i + 1 - from);
      from = i + 1;
    }
  const size = Math.min(most, runs.length);
  const chunks: Uint8Array[] = [];
  for (let at = 0, from = 0; at < runs.length; at += size) {
    const part = runs.slice(at, at + size);
    chunks.push(saleaeChunk(part, from, level(from), rateHz));
    from += part.reduce((sum, run) => sum + run, 0);
  }
  const head = Buffer.alloc(0x43);
  head.write('<SALEAE>', 'latin1');
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(100, 12);
  head.writeUInt32LE(1, 16);
  head.writeBigUInt64LE(BigInt(chunks.length), 0x3b);
  return Buffer.concat([head, ...chunks]);
}

function saleaeChunk(runs: readonly number[], start: number, level: number, rateHz: number): Uint8Array {
  const data = runs.flatMap((run) => {
    let rest = run - 1;
    if (rest < 0x40) return [rest];
    const bytes = [rest & 0x7f];
    for (rest >>= 7; rest >= 0x40; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
    return [0x40 | rest, ...bytes];
  });
  const length = runs.reduce((sum, run) => sum + run, 0);
  const index = Buffer.alloc(8 + 20 * runs.length);
  index.writeBigUInt64LE(BigInt(runs.length));
  runs.forEach((_, i) => index.writeUInt32LE(level ^ (i & 1), 8 + 20 * i + 16));
  const header = Buffer.alloc(48);
  [start, start + length, length, rateHz, 1, data.length].forEach((value, i) => {
    header.writeBigUInt64LE(BigInt(value), 8 * i);
  });
  return Buffer.concat([header, Buffer.from(data), index]);
}

/** A Saleae capture as Logic 2 writes it since 2023: rows of several types, a channel within its row. */
export function toNewSaleae(samples: Uint8Array, rateHz: number, names = CHANNELS): Uint8Array {
  const rows = [
    { type: 'analyzer', name: 'SPI', id: 'a' },
    ...names.map((name, deviceChannel) => ({
      type: 'channel',
      name,
      channel: { category: 'legacy', type: 'Digital', deviceChannel },
    })),
  ];
  const entries: Record<string, Uint8Array> = {};
  names.forEach((_, bit) => (entries[`digital-${bit}.bin`] = saleaeChannel(samples, bit, rateHz)));
  entries['meta.json'] = Buffer.from(JSON.stringify({ version: 16, data: { rowsSettings: rows } }));
  return zipSync(entries);
}

/** One channel of a Saleae binary export, of version 0 or 1, as its maker documents it. */
export function toSaleaeBinary(samples: Uint8Array, rateHz: number, bit: number, version: 0 | 1): Uint8Array {
  const level = (i: number): number => (samples[i]! >> bit) & 1;
  const times: number[] = [];
  for (let i = 1; i < samples.length; i++) if (level(i) !== level(i - 1)) times.push(i / rateHz);
  const head = version === 0 ? 44 : 60;
  const file = Buffer.alloc(head + 8 * times.length);
  file.write('<SALEAE>', 'latin1');
  file.writeInt32LE(version, 8);
  let at = 16;
  if (version === 1) {
    file.writeBigUInt64LE(1n, at);
    at += 8;
  }
  file.writeUInt32LE(level(0), at);
  at += 4;
  if (version === 1) {
    file.writeDoubleLE(rateHz, at);
    at += 8;
  }
  file.writeDoubleLE(0, at);
  file.writeDoubleLE(samples.length / rateHz, at + 8);
  file.writeBigUInt64LE(BigInt(times.length), at + 16);
  times.forEach((time, i) => file.writeDoubleLE(time, head + 8 * i));
  return file;
}

/** A DSView capture: eight samples a byte, one file a channel and block. */
export function toDslogic(samples: Uint8Array, rateHz: number, block = 64, names = CHANNELS): Uint8Array {
  const header = [
    '[version]',
    'version = 3',
    '[header]',
    'driver = DSLogic',
    `total samples = ${samples.length}`,
    `samplerate = ${rateHz / 1e6} MHz`,
    ...names.map((name, i) => `probe${i} = ${name}`),
    '',
  ].join('\n');
  const entries: Record<string, Uint8Array> = { header: Buffer.from(header) };
  names.forEach((_, bit) => {
    const bytes = new Uint8Array(Math.ceil(samples.length / 8));
    samples.forEach((levels, i) => (bytes[i >> 3]! |= ((levels >> bit) & 1) << (i & 7)));
    for (let at = 0; at < bytes.length; at += block)
      entries[`L-${bit}/${at / block}`] = bytes.subarray(at, at + block);
  });
  return zipSync(entries);
}

/** A CSV in another dialect: separator, decimal sign, header and the number of a time. */
export function toDialect(
  samples: Uint8Array,
  rateHz: number,
  dialect: {
    readonly head: string;
    readonly separator: string;
    readonly time: (seconds: number) => string;
  },
  names = CHANNELS,
): string {
  const { head, separator, time } = dialect;
  const lines = [`${head}${['Time', ...names].join(separator)}`];
  for (const [at, levels] of changes(samples))
    lines.push([time(at / rateHz), ...names.map((_, i) => (levels >> i) & 1)].join(separator));
  return `${lines.join('\r\n')}\r\n`;
}
