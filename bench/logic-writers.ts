import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiveWriter } from './archive-writer.ts';
import type { Sink } from './samples.ts';
import { CHANNELS, SAMPLE_NS } from './samples.ts';

/** Numbers of eight bytes, or bytes, that grow as they are added. */
class Growing {
  #bytes = Buffer.alloc(1 << 16);
  #length = 0;

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  get done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const more = Buffer.alloc(2 * this.#bytes.length);
    this.#bytes.copy(more);
    this.#bytes = more;
  }
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};

/** Tells each change of each channel, and holds what is made of it until the end. */
abstract class ByChannel implements Sink {
  protected readonly channels = CHANNELS.map(() => new Growing());
  protected first = 0;
  protected samples = 0;
  #levels = -1;

  put(levels: number, count: number): void {
    if (this.#levels < 0) this.first = levels;
    else
      this.channels.forEach((channel, i) => {
        if ((((levels ^ this.#levels) >> i) & 1) === 1) this.change(channel, i);
      });
    this.#levels = levels;
    this.samples += count;
  }

  protected abstract change(channel: Growing, index: number): void;
  abstract close(): void;
}

/** The folder that Logic 2 writes as "Export Raw Data", version 0: the times of the changes, in seconds. */
export class LogicExportWriter extends ByChannel {
  constructor(private readonly folder: string) {
    super();
    mkdirSync(folder, { recursive: true });
  }

  protected change(channel: Growing): void {
    channel.double((this.samples * SAMPLE_NS) / 1e9);
  }

  close(): void {
    this.channels.forEach(({ done }, i) => {
      const file = openSync(join(this.folder, `digital_${i}.bin`), 'w');
      const level = word((this.first >> i) & 1);
      const head = [Buffer.from('<SALEAE>'), word(0), word(0), level, double(0)];
      const end = double((this.samples * SAMPLE_NS) / 1e9);
      writeSync(file, Buffer.concat([...head, end, long(done.length / 8), done]));
      closeSync(file);
    });
  }
}

/** Bytes of run lengths in one chunk of a channel. */
const CHUNK = 1 << 18;

/** Where a chunk of a channel begins: in samples, in changes of the level, and in bytes of run lengths. */
interface Beginning {
  readonly start: number;
  readonly changes: number;
  readonly from: number;
}

/** A capture as Logic 2 saves it: run lengths of each channel, in chunks. */
export class LogicWriter extends ByChannel {
  readonly #last = CHANNELS.map(() => 0);
  readonly #changes = CHANNELS.map(() => 0);
  readonly #chunks: Beginning[][] = CHANNELS.map(() => [{ start: 0, changes: 0, from: 0 }]);

  constructor(private readonly path: string) {
    super();
  }

  protected change(channel: Growing, index: number): void {
    this.#run(channel, this.samples - this.#last[index]!);
    this.#last[index] = this.samples;
    const changes = ++this.#changes[index]!;
    const chunks = this.#chunks[index]!;
    const from = channel.done.length;
    if (from - chunks.at(-1)!.from >= CHUNK) chunks.push({ start: this.samples, changes, from });
  }

  /** Six bits of the length less one in the first byte, seven in each that follows, most significant first. */
  #run(channel: Growing, length: number): void {
    const groups: number[] = [];
    let rest = length - 1;
    for (; rest >= 0x40; rest = Math.floor(rest / 0x80)) groups.unshift(rest & 0x7f);
    channel.byte(groups.length > 0 ? 0x40 | rest : rest);
    groups.forEach((group, i) => {
      channel.byte(i < groups.length - 1 ? 0x80 | group : group);
    });
  }

  close(): void {
    const archive = new ArchiveWriter(this.path);
    const rowsSettings = CHANNELS.map((name, index) => ({ index, type: 'Digital', name }));
    archive.add('meta.json', Buffer.from(JSON.stringify({ data: { rowsSettings } })));
    this.channels.forEach((channel, i) => {
      this.#run(channel, this.samples - this.#last[i]!);
      const count = long(this.#chunks[i]!.length);
      const head = Buffer.concat([
        Buffer.from('<SALEAE>'),
        word(1),
        word(100),
        Buffer.alloc(0x3b - 16),
        count,
      ]);
      archive.add(`digital-${i}.bin`, Buffer.concat([head, ...this.#chunksOf(channel, i)]));
    });
    archive.close();
  }

  #chunksOf(channel: Growing, index: number): Buffer[] {
    return this.#chunks[index]!.map(({ start, changes, from }, i, all) => {
      const end = all[i + 1]?.start ?? this.samples;
      const runs = channel.done.subarray(from, all[i + 1]?.from);
      const fields = [start, end, end - start, 1e9 / SAMPLE_NS, 1, runs.length].map(long);
      const level = ((this.first >> index) ^ changes) & 1;
      return Buffer.concat([...fields, runs, long(1), Buffer.alloc(16), word(level)]);
    });
  }
}
