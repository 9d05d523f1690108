import type { ByteSource } from './byte-source.ts';

/** A match lies at most this far back. [RFC 1951 2] */
const WINDOW = 32_768;
const MAX_MATCH = 258;
/** Bytes of a piece; one more match may follow. */
const PIECE = 1 << 18;
const FULL = WINDOW + PIECE;

/** Lengths from symbol 257 on, and distances, each with its number of extra bits. [RFC 1951 3.2.5] */
const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const LENGTH_BASE = Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  ],
  ...[227, 258],
);
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
const DISTANCE_BASE = Uint16Array.from({ length: 30 }, (_, i) =>
  i < 2 ? i + 1 : ((2 + (i & 1)) << ((i >> 1) - 1)) + 1,
);
/** Order in which the lengths of the code length code come. [RFC 1951 3.2.7] */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const MAX_CODE_BITS = 15;

/** Longest code, in bits, that one table lookup finds: a small table stays in the processor's cache. */
const QUICK_BITS = 10;
const QUICK_MASK = (1 << QUICK_BITS) - 1;

/** A prefix code by the lengths of its words. What it finds is a symbol times 16 plus the length; 0 is no word. */
class PrefixCode {
  /** What is found for every way the next QUICK_BITS can be; 0 also where a word is longer. */
  readonly quick = new Uint16Array(1 << QUICK_BITS);
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  /** Symbols in the order of their words. */
  readonly #symbols: Uint16Array;

  constructor(lengths: Uint8Array) {
    const counts = this.#counts;
    for (const length of lengths) counts[length]!++;
    counts[0] = 0;
    const next = new Uint16Array(MAX_CODE_BITS + 2);
    const place = new Uint16Array(MAX_CODE_BITS + 2);
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
      next[bits + 1] = (next[bits]! + counts[bits]!) << 1;
      place[bits + 1] = place[bits]! + counts[bits]!;
    }
    this.#symbols = new Uint16Array(place[MAX_CODE_BITS + 1]!);
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol]!;
      if (length === 0) continue;
      this.#symbols[place[length]!++] = symbol;
      const word = next[length]!++;
      if (length > QUICK_BITS) continue;
      // Words come most significant bit first, all else least significant bit first.
      let first = 0;
      for (let bit = 0; bit < length; bit++) first |= ((word >> bit) & 1) << (length - 1 - bit);
      for (let at = first; at <= QUICK_MASK; at += 1 << length) this.quick[at] = (symbol << 4) | length;
    }
  }

  /** Too many words for their lengths: some would mean two things. */
  get isOverfull(): boolean {
    let room = 1;
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
      room = 2 * room - this.#counts[bits]!;
      if (room < 0) return true;
    }
    return false;
  }

  /** Finds a word of any length in the next bits. */
  find(bits: number): number {
    let word = 0;
    let first = 0;
    let place = 0;
    for (let length = 1; length <= MAX_CODE_BITS; length++) {
      word = (word << 1) | ((bits >> (length - 1)) & 1);
      first <<= 1;
      const count = this.#counts[length]!;
      if (word - first < count) return (this.#symbols[place + word - first]! << 4) | length;
      place += count;
      first += count;
    }
    return 0;
  }
}

const fixedLengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
/** The fixed codes, for a block that does not define codes. [RFC 1951 3.2.6] */
const FIXED_LITERALS = new PrefixCode(fixedLengths);
const FIXED_DISTANCES = new PrefixCode(new Uint8Array(30).fill(5));

/** Below these a loop is faster than a call that copies. */
const SHORT_MATCH = 20;
const NEAR_MATCH = 8;

/** Copies `length` bytes from `from` to `to`, its own output included, and answers where they end. */
function copyMatch(out: Uint8Array, from: number, to: number, length: number): number {
  const end = to + length;
  if (length < SHORT_MATCH || to - from < NEAR_MATCH) {
    for (let at = to; at < end; at++) out[at] = out[from + at - to]!;
    return end;
  }
  // What is copied doubles what can be copied next.
  for (let at = to; at < end;) {
    const size = Math.min(at - from, end - at);
    out.copyWithin(at, from, from + size);
    at += size;
  }
  return end;
}

/**
 * Inflates one deflate stream [RFC 1951], piece by piece into one and the same memory. Node's zlib inflates
 * synchronously only as a whole, so that each entry of an archive would be new memory: for a long capture that is more
 * than all the rest together.
 */
export class Inflater {
  /** The last WINDOW bytes of what came before, then the piece. */
  readonly #out = new Uint8Array(FULL + MAX_MATCH);
  #to = WINDOW;
  /** Bytes that a match may reach back to. */
  #past = 0;
  #hold = 0;
  #count = 0;
  #isLastBlock = false;
  #kind: 'none' | 'stored' | 'coded' = 'none';
  #stored = 0;
  #literals = FIXED_LITERALS;
  #distances = FIXED_DISTANCES;

  constructor(
    private readonly source: ByteSource,
    /** For messages: inside what the file may end. */
    private readonly where: string,
  ) {}

  /** All bytes, piece by piece. A piece is a view that is valid until the next one. @throws CaptureError */
  *pieces(): Generator<Uint8Array> {
    while (this.#kind !== 'none' || !this.#isLastBlock) {
      if (this.#kind === 'none') this.#beginBlock();
      else if (this.#kind === 'stored') this.#copyStored();
      else this.#inflate();
      if (this.#to < FULL) continue;
      yield this.#out.subarray(WINDOW, this.#to);
      this.#keepWindow();
    }
    // Whole bytes that were taken and not used belong to what follows.
    this.source.at -= this.#count >> 3;
    if (this.source.isBeyondEnd) this.source.refuse(`the archive ends ${this.where}.`);
    if (this.#to > WINDOW) yield this.#out.subarray(WINDOW, this.#to);
  }

  #keepWindow(): void {
    const to = this.#to;
    this.#past = Math.min(WINDOW, this.#past + to - WINDOW);
    this.#out.copyWithin(0, to - WINDOW, to);
    this.#to = WINDOW;
  }

  /** The next `count` bits, 16 at most. */
  #bits(count: number): number {
    const { source } = this;
    while (this.#count < count) {
      if (source.at === source.end) source.more(this.where);
      this.#hold |= source.bytes[source.at++]! << this.#count;
      this.#count += 8;
    }
    const bits = this.#hold & ((1 << count) - 1);
    this.#hold >>>= count;
    this.#count -= count;
    return bits;
  }

  #beginBlock(): void {
    this.#isLastBlock = this.#bits(1) === 1;
    const type = this.#bits(2);
    if (type === 0) {
      this.#bits(this.#count & 7);
      this.#stored = this.#bits(16);
      if (this.#bits(16) !== (~this.#stored & 0xffff)) this.#refuse('a block has no length');
      this.#kind = 'stored';
    } else if (type === 1) {
      this.#literals = FIXED_LITERALS;
      this.#distances = FIXED_DISTANCES;
      this.#kind = 'coded';
    } else if (type === 2) {
      this.#readCodes();
      this.#kind = 'coded';
    } else this.#refuse('a block is of no kind');
  }

  /** The codes of a block, themselves coded. [RFC 1951 3.2.7] */
  #readCodes(): void {
    const literals = this.#bits(5) + 257;
    const distances = this.#bits(5) + 1;
    const count = this.#bits(4) + 4;
    const ordered = new Uint8Array(19);
    for (const symbol of ORDER.slice(0, count)) ordered[symbol] = this.#bits(3);
    const code = this.#code(ordered);
    const lengths = new Uint8Array(literals + distances);
    for (let at = 0; at < lengths.length;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) this.#refuse('a code repeats what was not there');
      const value = symbol === 16 ? lengths[at - 1]! : 0;
      const end = at + (symbol === 18 ? 11 + this.#bits(7) : 3 + this.#bits(symbol === 16 ? 2 : 3));
      if (end > lengths.length) this.#refuse('there are more codes than announced');
      lengths.fill(value, at, end);
      at = end;
    }
    this.#literals = this.#code(lengths.subarray(0, literals));
    this.#distances = this.#code(lengths.subarray(literals));
  }

  #code(lengths: Uint8Array): PrefixCode {
    const code = new PrefixCode(lengths);
    if (code.isOverfull) this.#refuse('a code has too many words');
    return code;
  }

  #symbol(code: PrefixCode): number {
    const { source } = this;
    while (this.#count < MAX_CODE_BITS) {
      if (source.at === source.end) source.more(this.where);
      this.#hold |= source.bytes[source.at++]! << this.#count;
      this.#count += 8;
    }
    const entry = code.find(this.#hold);
    if (entry === 0) this.#refuse('there is no such code');
    this.#bits(entry & 15);
    return entry >> 4;
  }

  #copyStored(): void {
    const { source } = this;
    // Bits hold whole bytes here, since the block began at one.
    while (this.#stored > 0 && this.#count > 0 && this.#to < FULL) {
      this.#out[this.#to++] = this.#bits(8);
      this.#stored--;
    }
    while (this.#stored > 0 && this.#count === 0 && this.#to < FULL) {
      if (source.at === source.end) source.more(this.where);
      const size = Math.min(this.#stored, source.end - source.at, FULL - this.#to);
      this.#out.set(source.take(size, this.where), this.#to);
      this.#to += size;
      this.#stored -= size;
    }
    if (this.#stored === 0) this.#kind = 'none';
  }

  /**
   * Symbols of a block until it ends or a piece is full. All that changes is held in variables, and bits are brought
   * 24 or more at a time without asking how many are needed: both are what makes it fast.
   */
  #inflate(): void {
    const { source } = this;
    const out = this.#out;
    const [literals, distances] = [this.#literals, this.#distances];
    const [quickLiterals, quickDistances] = [literals.quick, distances.quick];
    const first = WINDOW - this.#past;
    let { view, at, end } = source;
    let [to, hold, count] = [this.#to, this.#hold, this.#count];
    while (to < FULL) {
      // Three times up to four bytes.
      while (end - at < 12) {
        source.at = at;
        source.more(this.where);
        ({ view, at, end } = source);
      }
      hold |= view.getInt32(at, true) << count;
      at += (31 - count) >> 3;
      count |= 24;
      const literal = quickLiterals[hold & QUICK_MASK]! || literals.find(hold);
      hold = (hold >>> (literal & 15)) | 0;
      count -= literal & 15;
      if (literal < 256 << 4) {
        if (literal === 0) this.#refuse('there is no such code');
        out[to++] = literal >> 4;
        continue;
      }
      const lengthSymbol = (literal >> 4) - 257;
      if (lengthSymbol < 0) {
        this.#kind = 'none';
        break;
      }
      if (lengthSymbol > 28) this.#refuse('a length is of no kind');
      const lengthExtra = LENGTH_EXTRA[lengthSymbol]!;
      const length = LENGTH_BASE[lengthSymbol]! + (hold & ((1 << lengthExtra) - 1));
      hold = (hold >>> lengthExtra) | 0;
      count -= lengthExtra;
      hold |= view.getInt32(at, true) << count;
      at += (31 - count) >> 3;
      count |= 24;
      const distanceCode = quickDistances[hold & QUICK_MASK]! || distances.find(hold);
      hold = (hold >>> (distanceCode & 15)) | 0;
      count -= distanceCode & 15;
      if (distanceCode === 0 || distanceCode >= 30 << 4) this.#refuse('a distance is of no kind');
      hold |= view.getInt32(at, true) << count;
      at += (31 - count) >> 3;
      count |= 24;
      const distanceExtra = DISTANCE_EXTRA[distanceCode >> 4]!;
      const from = to - DISTANCE_BASE[distanceCode >> 4]! - (hold & ((1 << distanceExtra) - 1));
      hold = (hold >>> distanceExtra) | 0;
      count -= distanceExtra;
      if (from < first) this.#refuse('a match lies before the beginning');
      to = copyMatch(out, from, to, length);
    }
    source.at = at;
    this.#to = to;
    this.#hold = hold & ((1 << count) - 1);
    this.#count = count;
  }

  #refuse(problem: string): never {
    this.source.refuse(`the archive is damaged: ${problem}, ${this.where}.`);
  }
}
