import { CaptureError } from './capture-error.ts';
import type { ChannelMap } from './channels.ts';
import { assignChannels } from './channels.ts';
import type { Chunks } from './chunks.ts';
import type { LevelSink } from './spi-decoder.ts';

const FORMAT = 'VCD';
/** A header longer than this is none. */
const MOST_HEADER = 1 << 20;

const UNITS_NS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1, ps: 1e-3, fs: 1e-6 };

export interface VcdHeader {
  readonly nsPerTick: number;
  readonly names: readonly string[];
  /** Identifier codes of the names. */
  readonly ids: readonly string[];
  /** Length of the header in bytes. */
  readonly length: number;
}

/** @throws CaptureError when the text is not the header of a value change dump. */
export function readVcdHeader(text: string): VcdHeader {
  const end = text.indexOf('$enddefinitions');
  const close = end < 0 ? -1 : text.indexOf('$end', end + 1 + '$enddefinitions'.length - 1);
  if (close < 0) throw new CaptureError(FORMAT, text.length, 'the header does not end with $enddefinitions.');
  const head = text.slice(0, close);
  const scale = /\$timescale\s+(\d+)\s*(s|ms|us|ns|ps|fs)\s+\$end/.exec(head);
  if (scale === null) throw new CaptureError(FORMAT, 0, 'the header has no $timescale that can be read.');
  const names: string[] = [];
  const ids: string[] = [];
  for (const match of head.matchAll(/\$var\s+(?:wire|reg|logic|bit)\s+1\s+(\S+)\s+(\S+)[^$]*\$end/g)) {
    ids.push(match[1]!);
    names.push(match[2]!);
  }
  return { nsPerTick: Number(scale[1]) * UNITS_NS[scale[2]!]!, names, ids, length: close + '$end'.length };
}

/** Identifier codes as numbers: exact up to seven characters, and no tool writes longer ones. */
const nextId = (id: number, byte: number): number => (id * 94 + byte - 32) % 2 ** 46;
const idOf = (code: string): number => {
  let id = 0;
  for (let i = 0; i < code.length; i++) id = nextId(id, code.charCodeAt(i));
  return id;
};

/** What the next byte belongs to. */
const START = 0;
const TIME = 1;
const ID = 2;
const SKIP = 3;
const KEYWORD = 4;
const COMMENT = 5;

/** Bytes of the longest time, or value, that is read in one go: `#` and 15 digits. */
const LONGEST_PLAIN = 20;

/** Reads a value change dump. `begin` is told the scale once the header is read and gives who takes the levels. */
export function importVcd(
  chunks: Chunks,
  channels: ChannelMap | undefined,
  begin: (nsPerTick: number, names: readonly string[], bits: readonly number[]) => LevelSink,
): void {
  let head = new Uint8Array(0);
  let body: VcdBody | undefined;
  for (const chunk of chunks) {
    if (body) {
      body.push(chunk);
      continue;
    }
    const joined = new Uint8Array(head.length + chunk.length);
    joined.set(head);
    joined.set(chunk, head.length);
    head = joined;
    const text = Buffer.from(head.buffer, 0, Math.min(head.length, MOST_HEADER)).toString('latin1');
    if (!/\$enddefinitions\s+\$end/.test(text)) {
      if (head.length >= MOST_HEADER)
        throw new CaptureError(FORMAT, MOST_HEADER, 'the header does not end with $enddefinitions.');
      continue;
    }
    const header = readVcdHeader(text);
    const bits = assignChannels(FORMAT, header.names, channels);
    body = new VcdBody(header, bits, begin(header.nsPerTick, header.names, bits));
    body.push(head.subarray(header.length));
  }
  if (!body) throw new CaptureError(FORMAT, head.length, 'the header does not end with $enddefinitions.');
  body.end();
}

/** The value changes, byte by byte: no line is ever made a string. */
class VcdBody {
  readonly #bitOf = new Map<number, number>();
  /** The same for codes of one character. */
  readonly #bitOfCode = new Int32Array(256);
  #mode: number = START;
  #offset: number;
  #time = NaN;
  #nextTime = 0;
  #levels = 0;
  #told = -1;
  #value = 0;
  #id = 0;
  #idLength = 0;
  #keyword = '';

  constructor(
    header: VcdHeader,
    bits: readonly number[],
    private readonly sink: LevelSink,
  ) {
    this.#offset = header.length;
    header.ids.forEach((code, i) => {
      const bit = bits[i]!;
      const id = idOf(code);
      this.#bitOf.set(id, (this.#bitOf.get(id) ?? 0) | bit);
      if (code.length === 1) this.#bitOfCode[id + 32]! |= bit;
    });
  }

  push(chunk: Uint8Array): void {
    const { length } = chunk;
    let mode = this.#mode;
    for (let i = 0; i < length; i++) {
      if (mode === START) i = this.#plain(chunk, i);
      if (i === length) break;
      const byte = chunk[i]!;
      switch (mode) {
        case TIME:
          if (byte >= 48 && byte <= 57) this.#nextTime = this.#nextTime * 10 + byte - 48;
          else {
            if (byte > 32) this.#refuse(byte, i, 'belongs to no time');
            this.#enterTime(i);
            mode = START;
          }
          break;
        case ID:
          if (byte > 32) {
            this.#id = nextId(this.#id, byte);
            this.#idLength++;
          } else if (this.#idLength > 0) {
            this.#set();
            mode = START;
          }
          break;
        case SKIP:
          if (byte === 10) mode = START;
          break;
        case KEYWORD:
          if (byte > 32) {
            if (this.#keyword.length < 16) this.#keyword += String.fromCharCode(byte);
          } else mode = this.#keyword === 'comment' ? COMMENT : START;
          break;
        case COMMENT:
          // A comment ends with the word $end.
          if (byte > 32) this.#keyword = (this.#keyword + String.fromCharCode(byte)).slice(-4);
          else if (this.#keyword === '$end') mode = START;
          else this.#keyword = '';
          break;
        default:
          if (byte > 32) mode = this.#start(byte, i);
      }
    }
    this.#mode = mode;
    this.#offset += length;
  }

  /**
   * Passes over times and values of one-character codes, which is nearly all of a file, and answers where something
   * else begins, or something that the chunk may cut off. What changes with each is held in variables, for speed.
   */
  #plain(chunk: Uint8Array, from: number): number {
    const safe = chunk.length - LONGEST_PLAIN;
    const bitOfCode = this.#bitOfCode;
    let levels = this.#levels;
    let i = from;
    while (i < safe) {
      const byte = chunk[i]!;
      if (byte <= 32) i++;
      else if (byte === 48 || byte === 49) {
        if (chunk[i + 1]! <= 32 || chunk[i + 2]! > 32 || Number.isNaN(this.#time)) break;
        const bit = bitOfCode[chunk[i + 1]!]!;
        levels = byte === 49 ? levels | bit : levels & ~bit;
        i += 3;
      } else if (byte === 35) {
        // Nine digits fit a small whole number; those of a long capture come in two halves.
        let at = i + 1;
        let digit = chunk[at]! - 48;
        let time = 0;
        for (const end = at + 9; at < end && digit >= 0 && digit <= 9; digit = chunk[++at]! - 48)
          time = time * 10 + digit;
        let low = 0;
        let scale = 1;
        for (const end = at + 6; at < end && digit >= 0 && digit <= 9; digit = chunk[++at]! - 48) {
          low = low * 10 + digit;
          scale *= 10;
        }
        if (chunk[at]! > 32) break;
        this.#levels = levels;
        this.#nextTime = time * scale + low;
        this.#enterTime(at);
        i = at + 1;
      } else break;
    }
    this.#levels = levels;
    return i;
  }

  end(): void {
    if (this.#mode === TIME) this.#enterTime(0);
    if (this.#mode === ID && this.#idLength > 0) this.#set();
    if (Number.isNaN(this.#time))
      throw new CaptureError(FORMAT, this.#offset, 'the file has no value change.');
    this.#tell();
    this.sink.end(this.#time);
  }

  #start(byte: number, i: number): number {
    this.#id = 0;
    this.#idLength = 0;
    switch (byte) {
      case 35: // #
        this.#nextTime = 0;
        return TIME;
      case 48: // 0
      case 49: // 1
        this.#value = byte - 48;
        return ID;
      case 120: // x and z: a level that is not known counts as low
      case 88:
      case 122:
      case 90:
        this.#value = 0;
        return ID;
      case 36: // $
        this.#keyword = '';
        return KEYWORD;
      case 98: // b, r, s: of vectors, numbers and strings nothing is used
      case 66:
      case 114:
      case 82:
      case 115:
      case 83:
        return SKIP;
      default:
        return this.#refuse(byte, i, 'is neither a time nor a value change');
    }
  }

  #refuse(byte: number, i: number, problem: string): never {
    throw new CaptureError(FORMAT, this.#offset + i, `"${String.fromCharCode(byte)}" ${problem}.`);
  }

  #enterTime(i: number): void {
    const next = this.#nextTime;
    if (!Number.isSafeInteger(next))
      throw new CaptureError(FORMAT, this.#offset + i, 'a time has too many digits.');
    if (next < this.#time)
      throw new CaptureError(FORMAT, this.#offset + i, `time runs back from ${this.#time} to ${next}.`);
    this.#tell();
    this.#time = next;
  }

  #set(): void {
    const bit = this.#idLength === 1 ? this.#bitOfCode[this.#id + 32]! : (this.#bitOf.get(this.#id) ?? 0);
    if (this.#value === 1) this.#levels |= bit;
    else this.#levels &= ~bit;
    // Values before the first time are those at the start.
    if (Number.isNaN(this.#time)) this.#time = 0;
  }

  #tell(): void {
    if (Number.isNaN(this.#time) || this.#levels === this.#told) return;
    this.#told = this.#levels;
    this.sink.change(this.#levels, this.#time);
  }
}
