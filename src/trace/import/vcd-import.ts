import { CaptureError, printable } from './capture-error.ts';
import { beginningOfFile } from './capture-bytes.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { unknownLevels } from './channels.ts';
import type { LevelSink } from './spi-decoder.ts';
import type { Waves } from './waves.ts';

const FORMAT = 'VCD';
/** A longer header is refused. */
const MAX_HEADER = 1 << 20;

const UNITS_NS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1, ps: 1e-3, fs: 1e-6 };
/** Types of a variable that is no wire. */
const NO_WIRES = ['real', 'realtime', 'string', 'event', 'parameter', 'time'];

interface VcdHeader {
  readonly nsPerTick: number;
  readonly names: readonly string[];
  /** Identifier codes of the names. */
  readonly ids: readonly string[];
}

/** The words of a declaration command, without its keyword and `$end`. */
interface Declaration {
  readonly keyword: string;
  readonly words: readonly string[];
}

function* declarations(head: string): Generator<Declaration> {
  let keyword = '';
  let words: string[] = [];
  for (const word of head.split(/\s+/)) {
    if (word === '$end') {
      yield { keyword, words };
      keyword = '';
    } else if (keyword === '' && word.startsWith('$')) {
      keyword = word;
      words = [];
    } else words.push(word);
  }
}

/** @throws CaptureError when the text is not the header of a value change dump. */
function readVcdHeader(head: string): VcdHeader {
  let nsPerTick = NaN;
  const wires: VcdWire[] = [];
  const scopes: string[] = [];
  let vector: string | undefined;
  for (const { keyword, words } of declarations(head)) {
    if (keyword === '$timescale') nsPerTick = timescale(words.join(''));
    if (keyword === '$scope') scopes.push(words[1] ?? '');
    if (keyword === '$upscope') scopes.pop();
    if (keyword !== '$var') continue;
    const [type, size, id, ...name] = words;
    if (Number(size) > 1) vector ??= `${name[0] ?? ''} has ${size} bits`;
    if (size !== '1' || id === undefined || name.length === 0 || NO_WIRES.includes(type!)) continue;
    wires.push({ id, name: name.join(''), scope: scopes.at(-1) ?? '' });
  }
  if (Number.isNaN(nsPerTick))
    throw new CaptureError(
      FORMAT,
      0,
      'the header has no $timescale that can be read. Write one into it, such as: $timescale 1 ns $end.',
    );
  if (wires.length === 0 && vector !== undefined)
    throw new CaptureError(
      FORMAT,
      0,
      `no variable is a single wire: ${printable(vector)}. Write each line of the bus as a variable of its own.`,
    );
  return { nsPerTick, names: namesOf(wires), ids: wires.map(({ id }) => id) };
}

/** A variable of one bit, and the scope that it stands in. */
interface VcdWire {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
}

/**
 * What the wires are called: the index of a bit is left out where the name has no other bit, and a name that is another wire's
 * in another scope has its scope before it.
 */
function namesOf(wires: readonly VcdWire[]): string[] {
  const bare = wires.map(({ name }) => name.replace(/\[\d+\]$/, ''));
  const bits = countsOf(wires.map(({ scope }, i) => `${scope} ${bare[i]!}`));
  const names = wires.map(({ name, scope }, i) => (bits.get(`${scope} ${bare[i]!}`) === 1 ? bare[i]! : name));
  const others = countsOf(
    new Set(wires.map(({ id }, i) => `${names[i]!} ${id}`)),
    (key) => key.split(' ')[0]!,
  );
  return names.map((name, i) =>
    (others.get(name) ?? 1) > 1 && wires[i]!.scope !== '' ? `${wires[i]!.scope}.${name}` : name,
  );
}

/** How often each key occurs. */
function countsOf(texts: Iterable<string>, keyOf = (text: string): string => text): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(keyOf(text), (counts.get(keyOf(text)) ?? 0) + 1);
  return counts;
}

/** `1ns`, `100 us`; NaN for anything else. */
function timescale(text: string): number {
  const scale = /^(\d{1,6})(s|ms|us|ns|ps|fs)$/.exec(text);
  const ns = scale === null ? NaN : Number(scale[1]) * UNITS_NS[scale[2]!]!;
  return ns > 0 ? ns : NaN;
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
const VECTOR = 6;
const KEYWORD = 4;
const COMMENT = 5;

/** A value of x or z. */
const NO_LEVEL = -1;

/** Bytes of the longest time, or value, that is read in one go: `#` and 15 digits. */
const MAX_PLAIN = 20;

/** Opens a value change dump. @throws CaptureError when it has no header that can be read. */
export function openVcd(file: CaptureBytes): Waves {
  // A mark of the byte order may stand before the first word.
  const head = Buffer.from(beginningOfFile(file, MAX_HEADER))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '   ');
  const end = /\$enddefinitions\s{1,100}\$end/.exec(head);
  if (end === null)
    throw new CaptureError(FORMAT, head.length, 'the header does not end with $enddefinitions.');
  const header = readVcdHeader(head.slice(0, end.index));
  const bodyAt = end.index + end[0].length;
  return {
    format: FORMAT,
    nsPerTick: header.nsPerTick,
    names: header.names,
    tell: (bits, sink) => {
      const body = new VcdBody(header, bits, sink, bodyAt);
      for (const chunk of file.chunks(bodyAt)) body.push(chunk);
      body.end();
    },
  };
}

/** The value changes, byte by byte: no line is ever made a string. */
class VcdBody {
  readonly #bitOf = new Map<number, number>();
  /** The same for codes of one character, and which bits they change in all. */
  readonly #bitOfCode = new Int32Array(256);
  readonly #maskOfCode = new Int32Array(256);
  #mode: number = START;
  #offset: number;
  #time = NaN;
  #nextTime = 0;
  #levels: number;
  #told = -1;
  #value = 0;
  #id = 0;
  #idLength = 0;
  #keyword = '';

  constructor(
    header: VcdHeader,
    bits: readonly number[],
    private readonly sink: LevelSink,
    bodyAt: number,
  ) {
    this.#offset = bodyAt;
    // What no value was given to yet has no level.
    this.#levels = bits.reduce((levels, bit) => levels | unknownLevels(bit), 0);
    header.ids.forEach((code, i) => {
      const bit = bits[i]!;
      const id = idOf(code);
      this.#bitOf.set(id, (this.#bitOf.get(id) ?? 0) | bit);
      if (code.length !== 1) return;
      this.#bitOfCode[id + 32]! |= bit;
      this.#maskOfCode[id + 32]! |= bit | unknownLevels(bit);
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
        case VECTOR:
          // The last digit is the level of a vector of one bit; of wider ones nothing is used.
          if (byte > 32) this.#value = byte === 48 || byte === 49 ? byte - 48 : NO_LEVEL;
          else mode = ID;
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
    const safe = chunk.length - MAX_PLAIN;
    const bitOfCode = this.#bitOfCode;
    const maskOfCode = this.#maskOfCode;
    let levels = this.#levels;
    let i = from;
    while (i < safe) {
      const byte = chunk[i]!;
      if (byte <= 32) i++;
      else if (byte === 48 || byte === 49) {
        if (chunk[i + 1]! <= 32 || chunk[i + 2]! > 32 || Number.isNaN(this.#time)) break;
        const code = chunk[i + 1]!;
        levels = (levels & ~maskOfCode[code]!) | (byte === 49 ? bitOfCode[code]! : 0);
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
      case 120: // x and z
      case 88:
      case 122:
      case 90:
        this.#value = NO_LEVEL;
        return ID;
      case 36: // $
        this.#keyword = '';
        return KEYWORD;
      case 98: // b: a vector of one bit is a level
      case 66:
        return VECTOR;
      case 114: // r, s: of numbers and strings nothing is used
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
    const level = this.#value === NO_LEVEL ? unknownLevels(bit) : this.#value === 1 ? bit : 0;
    this.#levels = (this.#levels & ~(bit | unknownLevels(bit))) | level;
    // Values before the first time are those at the start.
    if (Number.isNaN(this.#time)) this.#time = 0;
  }

  #tell(): void {
    if (Number.isNaN(this.#time) || this.#levels === this.#told) return;
    this.#told = this.#levels;
    this.sink.change(this.#levels, this.#time);
  }
}
