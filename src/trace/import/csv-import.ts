import { beginningOfFile } from './capture-bytes.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import { unknownLevels, unseenBits } from './channels.ts';
import type { CsvHints, CsvLayout } from './csv-layout.ts';
import { FORMAT, readLayout } from './csv-layout.ts';
import { IsoTimes, readDecimal, TICKS_PER_SECOND } from './csv-times.ts';
import type { LevelSink } from './spi-decoder.ts';
import type { Waves } from './waves.ts';

const MAX_HEADER = 1 << 16;
const MAX_LINE = 1 << 16;

/**
 * Opens a digital CSV of Saleae, DSView, sigrok, WaveForms or any other that has a line of names and then times, or one
 * line a sample, and levels. Separators, units, times of day and exponents are read as the file has them. Times may begin
 * below zero, at a trigger: the file's first moment is then time 0, and so is the first of times of day.
 */
export function openCsv(file: CaptureBytes, hints: CsvHints = {}): Waves {
  const bytes = beginningOfFile(file, MAX_HEADER);
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const head = Buffer.from(bytes.subarray(mark)).toString('latin1');
  const layout = readLayout(head, hints);
  return {
    format: FORMAT,
    nsPerTick: 1e9 / TICKS_PER_SECOND,
    names: layout.names,
    tell: (bits, sink) => {
      const bodyAt = mark + layout.bodyAt;
      const body = new CsvBody(layout, bits, sink, bodyAt);
      for (const chunk of file.chunks(bodyAt)) body.push(chunk);
      body.end();
    },
  };
}

const [SPACE, QUOTE, NEWLINE, RETURN, POINT] = [0x20, 0x22, 0x0a, 0x0d, 0x2e];
const [ZERO, ONE] = [0x30, 0x31];

/** Digits before and behind the point of a time that is read in one go. */
const MAX_DIGITS = 15;
const MAX_TIME = 2 * MAX_DIGITS + 1;
const TENS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits);

/** Levels as words: analog values are none. */
const WORDS: Readonly<Record<string, boolean>> = {
  '0x0': false,
  '0x1': true,
  false: false,
  true: true,
  low: false,
  high: true,
  l: false,
  h: true,
  off: false,
  on: true,
};
/** A level as a decimal number, `1.0`. */
const DECIMAL = /^([01])\.0{1,9}$/;

const NOT_KNOWN = /^([xzu?-]|nan)$/i;

/** The lines of times and levels, each as it comes: no line is made a string unless something in it is unusual. */
class CsvBody {
  /** A line of which the rest has not come. */
  #rest = new Uint8Array(0);
  #start = NaN;
  #time = NaN;
  #count = 0;
  #levels = 0;
  #told = -1;
  /** Where in its bytes the line begins. */
  #lineAt = 0;
  readonly #iso = new IsoTimes();
  /** Bits of each column, and those of them that say that its level is not known. */
  readonly #bits: Int32Array;
  readonly #unseen: Int32Array;
  readonly #separator: number;

  constructor(
    private readonly layout: CsvLayout,
    bits: readonly number[],
    private readonly sink: LevelSink,
    private offset: number,
  ) {
    this.#bits = new Int32Array(layout.width);
    layout.columns.forEach((column, i) => (this.#bits[column] = bits[i]!));
    this.#unseen = this.#bits.map(unseenBits);
    this.#separator = layout.separator.charCodeAt(0);
  }

  push(chunk: Uint8Array): void {
    let from = this.#rest.length > 0 ? 0 : this.#plain(chunk, 0);
    for (let end = chunk.indexOf(NEWLINE, from); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      if (this.#rest.length > 0) {
        const line = Buffer.concat([this.#rest, chunk.subarray(from, end)]);
        this.#rest = new Uint8Array(0);
        this.#line(line, 0, line.length);
        this.offset += line.length + 1;
      } else {
        this.#line(chunk, from, end);
        this.offset += end + 1 - from;
      }
      from = this.#plain(chunk, end + 1);
    }
    if (from < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(from)]);
    if (this.#rest.length > MAX_LINE) this.#refuse(0, `a line has more than ${MAX_LINE} bytes.`);
  }

  /**
   * Passes over lines of a decimal time and levels of one character, which is nearly all of a file, and answers where
   * something else begins, or something that the chunk may cut off.
   */
  #plain(chunk: Uint8Array, from: number): number {
    const { width, timeAt, ticks } = this.layout;
    if (timeAt !== 0 || ticks === 'iso' || this.#count === 0 || width < 2) return from;
    const separator = this.#separator;
    const bits = this.#bits;
    // The levels and what stands between them, to the end of the line.
    const tail = 2 * width - 3;
    const safe = chunk.length - MAX_TIME - tail - 2;
    let line = from;
    while (line < safe) {
      let at = line;
      let whole = 0;
      let digit = chunk[at]! - ZERO;
      for (const end = at + MAX_DIGITS; at < end && digit >= 0 && digit <= 9; digit = chunk[++at]! - ZERO)
        whole = whole * 10 + digit;
      let time = whole * ticks;
      if (at === line) break;
      if (digit === POINT - ZERO) {
        const point = ++at;
        let fraction = 0;
        digit = chunk[at]! - ZERO;
        for (const end = at + MAX_DIGITS; at < end && digit >= 0 && digit <= 9; digit = chunk[++at]! - ZERO)
          fraction = fraction * 10 + digit;
        time += fraction * (ticks / TENS[at - point]!);
      }
      if (chunk[at] !== separator) break;
      const end = at + tail + 1;
      let levels = 0;
      let column = 1;
      for (at++; at < end; at += 2, column++) {
        const level = chunk[at]! - ZERO;
        if ((level !== 0 && level !== 1) || (chunk[at + 1] !== separator && at + 1 !== end)) break;
        levels |= -level & bits[column]!;
      }
      if (at !== end + 1) break;
      const ending = chunk[end] === RETURN ? end + 1 : end;
      if (chunk[ending] !== NEWLINE) break;
      this.#lineAt = line;
      this.#enter(time, 0);
      this.#levels = levels;
      this.#count++;
      this.offset += ending + 1 - line;
      line = ending + 1;
      if (levels === this.#told) continue;
      this.#told = levels;
      this.sink.change(levels, this.#time - this.#start);
    }
    return line;
  }

  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest, 0, this.#rest.length);
    if (this.#count === 0) this.#refuse(0, 'there is no line with levels.');
    this.sink.end(this.#time - this.#start);
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    this.#lineAt = from;
    let end = to;
    while (end > from && bytes[end - 1]! <= SPACE) end--;
    let at = from;
    while (at < end && bytes[at]! <= SPACE) at++;
    if (at === end || isCommentMark(bytes[at]!, this.#separator)) return;
    const { width, timeAt } = this.layout;
    if (timeAt < 0) this.#enter(this.#count * (this.layout.ticks as number), 0);
    const separator = this.#separator;
    let column = 0;
    for (; at <= end; at++, column++) {
      const byte = bytes[at];
      const isOne = byte === ONE;
      if ((isOne || byte === ZERO) && column !== timeAt && (at + 1 === end || bytes[at + 1] === separator)) {
        const bit = this.#bits[column]!;
        this.#levels = (this.#levels & ~(bit | this.#unseen[column]!)) | (isOne ? bit : 0);
        at++;
        continue;
      }
      let next = at;
      while (next < end && bytes[next] !== separator) next++;
      if (column === timeAt) this.#readTime(bytes, at, next);
      else if (column < width) this.#readLevel(bytes, at, next, column);
      at = next;
    }
    if (column !== width && !(column === width + 1 && bytes[end - 1] === this.#separator))
      this.#refuse(end - from, `a line has ${column} fields, and ${width} are needed.`);
    this.#count++;
    if (this.#levels === this.#told) return;
    this.#told = this.#levels;
    this.sink.change(this.#levels, this.#time - this.#start);
  }

  #readTime(bytes: Uint8Array, from: number, to: number): void {
    let [at, end] = [from, to];
    while (at < end && (bytes[at]! <= SPACE || bytes[at] === QUOTE)) at++;
    while (end > at && (bytes[end - 1]! <= SPACE || bytes[end - 1] === QUOTE)) end--;
    const { ticks } = this.layout;
    const time = ticks === 'iso' ? this.#iso.read(bytes, at, end) : readDecimal(bytes, at, end, ticks);
    if (Number.isNaN(time))
      this.#refuse(from - this.#lineAt, `"${textOf(bytes, at, end)}" is no time like those before it.`);
    this.#enter(time, from - this.#lineAt);
  }

  #enter(time: number, at: number): void {
    const rounded = Math.round(time);
    if (!Number.isSafeInteger(rounded)) this.#refuse(at, 'a time is too large.');
    if (rounded < this.#time) this.#refuse(at, 'time runs back from one line to the next.');
    this.#time = rounded;
    if (Number.isNaN(this.#start)) this.#start = this.layout.ticks === 'iso' ? rounded : Math.min(0, rounded);
  }

  #readLevel(bytes: Uint8Array, from: number, to: number, column: number): void {
    const bit = this.#bits[column]!;
    if (bit === 0) return;
    let [at, end] = [from, to];
    while (at < end && (bytes[at]! <= SPACE || bytes[at] === QUOTE)) at++;
    while (end > at && (bytes[end - 1]! <= SPACE || bytes[end - 1] === QUOTE)) end--;
    const level = end - at === 1 ? bytes[at]! : -1;
    const all = bit | this.#unseen[column]!;
    if (level === ONE) this.#levels = (this.#levels & ~all) | bit;
    else if (level === ZERO) this.#levels &= ~all;
    // An empty cell is a level that did not change; before the first one nobody knows it.
    else if (at === end && this.#count > 0) return;
    else
      this.#levels = (this.#levels & ~all) | this.#unusual(textOf(bytes, at, end), bit, from - this.#lineAt);
  }

  #unusual(text: string, bit: number, at: number): number {
    if (text === '' || NOT_KNOWN.test(text)) return unknownLevels(bit);
    const digit = DECIMAL.exec(text)?.[1];
    const level = digit === undefined ? WORDS[text.toLowerCase()] : digit === '1';
    if (level === undefined) this.#refuse(at, whyNoLevel(text));
    return level ? bit : 0;
  }

  #refuse(at: number, problem: string): never {
    throw new CaptureError(FORMAT, this.offset + at, problem);
  }
}

const whyNoLevel = (text: string): string =>
  /^(0x[0-9a-f]+|\d+)$/i.test(text)
    ? `${text} is not a level: it looks like the number of several channels. Export one column for each channel.`
    : /^[+-]?\d/.test(text)
      ? `${text} is not a level. Export the channel as a digital one.`
      : `"${text}" is not a level.`;

const isCommentMark = (byte: number, separator: number): boolean =>
  byte === 0x23 || (byte === 0x3b && separator !== 0x3b);

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  printable(Buffer.from(bytes.subarray(from, Math.min(to, from + 60))).toString('latin1'));
