import { beginningOfFile } from './capture-bytes.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError } from './capture-error.ts';
import type { Transitions } from './saleae-merge.ts';
import { mergeChannels } from './saleae-merge.ts';
import type { Waves } from './waves.ts';

const FORMAT = 'Saleae binary export';
/** Times are seconds: they are told in tenths of a nanosecond since the first channel's begin. */
const TICKS = 1e10;
const MAX_CHANNELS = 64;
const HEADER = 16;
/** Bytes before the transitions: level, begin, end and count; in version 1 also the sample rate. */
const CHUNK_HEADER = 28;
const CHUNK_HEADER_1 = 36;

/**
 * Opens what Logic 2 writes as "Export Raw Data", binary: one `digital_N.bin` a channel, of version 0 or 1, all in one
 * folder. The files do not name the channels: `names` does, in the order of their numbers.
 *
 * @throws CaptureError when it is an analog channel, or one of another version.
 */
export function openSaleaeBinary(file: CaptureBytes, names: readonly string[] | undefined): Waves {
  const files = channelFiles(file);
  const beginnings = files.map(({ bytes }) => beginOf(bytes));
  const zero = Math.min(0, ...beginnings);
  return {
    format: FORMAT,
    nsPerTick: 1e9 / TICKS,
    names: files.map(({ name }, i) => names?.[i] ?? name),
    tell: (bits, sink) => {
      const lines = files.flatMap(({ bytes }, i) =>
        bits[i] === 0 ? [] : [new BinaryChannel(bytes, bits[i]!, zero)],
      );
      mergeChannels(lines, sink);
    },
  };
}

/** The channels beside the file, in the order of their numbers; the file alone when its name has no number. */
function channelFiles(file: CaptureBytes): { name: string; bytes: CaptureBytes }[] {
  if (!/^digital_\d{1,2}\.bin$/.test(file.name) || file.sibling === undefined)
    return [{ name: file.name, bytes: file }];
  const found: { name: string; bytes: CaptureBytes }[] = [];
  for (let index = 0; index < MAX_CHANNELS; index++) {
    const bytes = file.sibling(`digital_${index}.bin`);
    if (bytes !== undefined) found.push({ name: `digital_${index}`, bytes });
  }
  return found;
}

/** When a channel begins, in seconds. */
function beginOf(file: CaptureBytes): number {
  const bytes = beginningOfFile(file, HEADER + 8 + CHUNK_HEADER_1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const refuse = (offset: number, problem: string): never => {
    throw new CaptureError(`${FORMAT}, ${file.name}`, offset, problem);
  };
  if (bytes.length < HEADER + CHUNK_HEADER) refuse(bytes.length, 'it ends inside its header.');
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== '<SALEAE>')
    refuse(0, 'it does not begin with <SALEAE>.');
  const [version, type] = [view.getInt32(8, true), view.getInt32(12, true)];
  if (type !== 0)
    refuse(12, 'it is an analog channel. Record the bus with digital channels, or export the digital ones.');
  if (version !== 0 && version !== 1)
    refuse(8, `its version is ${version}; 0 and 1 can be read. Export the capture as CSV instead.`);
  const at = version === 0 ? HEADER + 4 : HEADER + 8 + 4 + 8;
  const begin = at + 8 <= bytes.length ? view.getFloat64(at, true) : NaN;
  return Number.isFinite(begin) ? begin : refuse(at, 'it has no time of its begin.');
}

/** One channel, read from front to back: memory does not grow with it. */
class BinaryChannel implements Transitions {
  tick = 0;
  level: boolean | undefined;
  end = 0;
  readonly #pieces: Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  /** Bytes of the file before the piece. */
  #before = 0;
  readonly #number = new DataView(new ArrayBuffer(8));
  readonly #version: number;
  #chunks = 1;
  #transitions = 0;
  #isGap = false;

  constructor(
    private readonly file: CaptureBytes,
    readonly bit: number,
    private readonly zero: number,
  ) {
    this.#pieces = file.chunks()[Symbol.iterator]();
    this.#take(8);
    this.#version = this.#take(4).getInt32(0, true);
    this.#take(4);
    if (this.#version === 1) this.#chunks = this.#count();
    this.#openChunk();
  }

  advance(): void {
    if (this.#isGap) this.#openChunk();
    else if (this.#transitions > 0) {
      this.#transitions--;
      this.#goTo(this.#seconds());
      this.level = this.level !== true;
    } else if (this.#chunks > 0) {
      this.#isGap = true;
      this.#goTo(this.end / TICKS + this.zero);
      this.level = undefined;
    } else this.tick = Infinity;
  }

  #openChunk(): void {
    this.#isGap = false;
    if (this.#chunks-- <= 0) {
      this.tick = Infinity;
      return;
    }
    const isHigh = this.#take(4).getUint32(0, true) !== 0;
    if (this.#version === 1) this.#seconds();
    const begin = this.#seconds();
    const end = this.#seconds();
    this.#transitions = this.#count();
    this.#goTo(begin);
    this.level = isHigh;
    this.end = Math.round((end - this.zero) * TICKS);
    if (!(this.end >= this.tick) || !Number.isSafeInteger(this.end))
      this.#refuse('a chunk ends before it begins.');
  }

  #goTo(seconds: number): void {
    const tick = Math.round((seconds - this.zero) * TICKS);
    if (!Number.isSafeInteger(tick) || tick < this.tick)
      this.#refuse('a time is not a number, or is earlier than the one before it.');
    this.tick = tick;
  }

  #seconds(): number {
    if (this.#at + 8 <= this.#piece.length) {
      this.#at += 8;
      return this.#view.getFloat64(this.#at - 8, true);
    }
    return this.#take(8).getFloat64(0, true);
  }

  #count(): number {
    const count = this.#take(8).getBigUint64(0, true);
    if (count > BigInt(Number.MAX_SAFE_INTEGER)) this.#refuse('a count is too large.');
    return Number(count);
  }

  /** The next `size` bytes, eight at most. */
  #take(size: number): DataView {
    for (let i = 0; i < size; i++) {
      if (this.#at === this.#piece.length) this.#more();
      this.#number.setUint8(i, this.#piece[this.#at++]!);
    }
    return this.#number;
  }

  #more(): void {
    this.#before += this.#piece.length;
    const next = this.#pieces.next();
    this.#piece = next.done === true ? new Uint8Array(0) : next.value;
    this.#view = new DataView(this.#piece.buffer, this.#piece.byteOffset, this.#piece.length);
    this.#at = 0;
    if (this.#piece.length === 0) this.#refuse('it ends inside its transitions.');
  }

  #refuse(problem: string): never {
    throw new CaptureError(`${FORMAT}, ${this.file.name}`, this.#before + this.#at, problem);
  }
}
