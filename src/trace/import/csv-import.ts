import { CaptureError } from './capture-error.ts';
import type { ChannelMap } from './channels.ts';
import { assignChannels } from './channels.ts';
import type { Chunks } from './chunks.ts';
import type { LevelSink } from './spi-decoder.ts';

const FORMAT = 'CSV';
const MOST_HEADER = 1 << 16;
/** Digits of a second that count: the unit is a tenth of a nanosecond. */
const FRACTION = 10;
export const CSV_NS_PER_TICK = 0.1;

const NEWLINE = 10;
const COMMA = 44;
const POINT = 46;
const MINUS = 45;

/**
 * Reads Saleae's digital CSV: a line with the names, then a line with a time in seconds and all levels at every
 * change. Times may begin below zero, at a trigger; the file's first moment is then time 0.
 */
export function importCsv(
  chunks: Chunks,
  channels: ChannelMap | undefined,
  begin: (names: readonly string[], bits: readonly number[]) => LevelSink,
): void {
  let head = '';
  let body: CsvBody | undefined;
  for (const chunk of chunks) {
    if (body) {
      body.push(chunk);
      continue;
    }
    const before = head.length;
    head += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    const end = head.indexOf('\n');
    if (end < 0) {
      if (head.length > MOST_HEADER)
        throw new CaptureError(FORMAT, MOST_HEADER, 'the first line does not end.');
      continue;
    }
    const fields = head
      .slice(0, end)
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .split(',')
      .map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
    if (fields.length < 2 || !/^time/i.test(fields[0]!))
      throw new CaptureError(FORMAT, 0, 'the first line is not "Time [s]" and the names of channels.');
    const names = fields.slice(1);
    const bits = assignChannels(FORMAT, names, channels);
    body = new CsvBody(bits, begin(names, bits), end + 1);
    body.push(chunk.subarray(end + 1 - before));
  }
  if (!body) throw new CaptureError(FORMAT, head.length, 'the file has no line with names.');
  body.end();
}

class CsvBody {
  #field = 0;
  #whole = 0;
  #digits = -1;
  #isNegative = false;
  #hasDigit = false;
  #start = NaN;
  #time = NaN;
  #levels = 0;
  #told = -1;

  constructor(
    private readonly bits: readonly number[],
    private readonly sink: LevelSink,
    private offset: number,
  ) {}

  push(chunk: Uint8Array): void {
    const { length } = chunk;
    for (let i = 0; i < length; i++) {
      const byte = chunk[i]!;
      if (byte >= 48 && byte <= 57) this.#digit(byte - 48, i);
      else if (byte === COMMA) this.#endField(i);
      else if (byte === NEWLINE) this.#endLine(i);
      else if (byte === POINT && this.#field === 0 && this.#digits < 0) this.#digits = 0;
      else if (byte === MINUS && this.#field === 0 && !this.#hasDigit) this.#isNegative = true;
      else if (byte !== 13 && byte !== 32)
        throw new CaptureError(
          FORMAT,
          this.offset + i,
          `"${String.fromCharCode(byte)}" belongs to no time and no level.`,
        );
    }
    this.offset += length;
  }

  end(): void {
    if (this.#hasDigit || this.#field > 0) this.#endLine(0);
    if (Number.isNaN(this.#time))
      throw new CaptureError(FORMAT, this.offset, 'there is no line with levels.');
    this.sink.end(this.#time - this.#start);
  }

  #digit(digit: number, i: number): void {
    this.#hasDigit = true;
    if (this.#field === 0) {
      if (this.#digits >= FRACTION) return;
      if (this.#digits >= 0) this.#digits++;
      this.#whole = this.#whole * 10 + digit;
    } else {
      if (digit > 1) throw new CaptureError(FORMAT, this.offset + i, `${digit} is not a level.`);
      const bit = this.bits[this.#field - 1] ?? 0;
      if (digit === 1) this.#levels |= bit;
      else this.#levels &= ~bit;
    }
  }

  #endField(i: number): void {
    if (this.#field === 0) this.#endTime(i);
    if (!this.#hasDigit) throw new CaptureError(FORMAT, this.offset + i, 'a field is empty.');
    this.#field++;
    this.#hasDigit = false;
  }

  #endTime(i: number): void {
    const ticks = this.#whole * 10 ** (FRACTION - Math.max(0, this.#digits));
    const time = this.#isNegative ? -ticks : ticks;
    if (!Number.isSafeInteger(time)) throw new CaptureError(FORMAT, this.offset + i, 'a time is too large.');
    if (time < this.#time)
      throw new CaptureError(FORMAT, this.offset + i, 'time runs back from one line to the next.');
    this.#time = time;
    if (Number.isNaN(this.#start)) this.#start = Math.min(0, time);
    this.#whole = 0;
    this.#digits = -1;
    this.#isNegative = false;
  }

  #endLine(i: number): void {
    // An empty line is no line.
    if (this.#field === 0 && !this.#hasDigit) return;
    if (this.#field !== this.bits.length || !this.#hasDigit)
      throw new CaptureError(
        FORMAT,
        this.offset + i,
        `a line has ${this.#field} of ${this.bits.length} levels.`,
      );
    if (this.#levels !== this.#told) {
      this.#told = this.#levels;
      this.sink.change(this.#levels, this.#time - this.#start);
    }
    this.#field = 0;
    this.#hasDigit = false;
  }
}
