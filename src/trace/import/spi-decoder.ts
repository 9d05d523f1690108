import type { Instant } from '../../units/index.ts';
import { instant } from '../../units/index.ts';
import type { FrameEnding, TracedLine, TraceSink } from '../events.ts';
import { UNKNOWN } from '../events.ts';
import { NETS, UNSEEN } from './channels.ts';

/** Clock polarity in bit 1, clock phase in bit 0. */
export type SpiMode = 0 | 1 | 2 | 3;

/** Takes the levels of all nets each time one of them changed; the first call gives the levels at the start. */
export interface LevelSink {
  /** `levels` is a set of NETS that are high; `tick` counts the samples or time units of the file. */
  change(levels: number, tick: number): void;
  /**
   * The same for a run of samples, the first of them taken at `tick`: `table` gives the levels of each sample value.
   */
  samples(run: Uint8Array, tick: number, table: Uint8Array): void;
  /** Nothing changes until `tick`, and nothing is known after. */
  end(tick: number): void;
}

/** Maximum number of bytes that are kept of one frame, so that a CS that never rises does not fill the memory. */
const MAX_BYTES = 4 << 20;
const { cs: CS, clk: CLK, mosi: MOSI, miso: MISO, ready: READY, reset: RESET } = NETS;
/** Nets whose edges are events of their own; those of the others make up a frame. */
const FRAMING = CS | READY | RESET | UNSEEN.ready | UNSEEN.reset;
/** Ticks: longer than any frame in which the clock still runs. */
const LONG = 2 ** 30;

/**
 * Edges to bytes and frames, most significant bit first. Data are taken at the clock edge that the mode samples at, so
 * any rate of at least three samples a clock will do.
 */
export class SpiDecoder implements LevelSink {
  #levels = -1;
  #fall = NaN;
  #isCut = false;
  #length = 0;
  #lost = 0;
  #bits = 0;
  #sentBits = 0;
  #receivedBits = 0;
  #byteStart = 0;
  /** Minus infinity until the frame has a clock. */
  #lastClock = -Infinity;
  #shortest = LONG;
  #shortestByte = LONG;
  #sent = new Uint8Array(256);
  #received = new Uint8Array(256);
  #views: { readonly sent: Uint8Array; readonly received: Uint8Array }[] = [];
  /** Level of CLK after the edge that samples. */
  readonly #sampleLevel: number;
  readonly #nsPerTick: number;

  constructor(
    private readonly sink: TraceSink,
    options: { readonly nsPerTick: number; readonly mode?: SpiMode | undefined; readonly hasReset?: boolean },
  ) {
    const mode = options.mode ?? 0;
    this.#sampleLevel = mode === 0 || mode === 3 ? CLK : 0;
    this.#nsPerTick = options.nsPerTick;
    this.#hasReset = options.hasReset === true;
  }

  readonly #hasReset: boolean;
  #isReadyAsserted = false;
  #isResetUnseen = false;

  change(levels: number, tick: number): void {
    const changed = levels ^ this.#levels;
    if (this.#levels < 0) {
      this.#begin(levels, tick);
      return;
    }
    this.#levels = levels;
    if ((changed & FRAMING) !== 0) this.#frame(levels, changed, tick);
    // Most changes are data and clock inside a frame.
    if ((changed & CLK) !== 0 && (levels & CS) === 0) this.#clock(levels, tick, (changed & CS) !== 0);
  }

  /** As `change` at every sample, many times faster where the run can be seen as words of four samples. */
  samples(run: Uint8Array, tick: number, table: Uint8Array): void {
    const { length } = run;
    const words = wordsOf(run);
    let i = 0;
    while (words !== undefined && i < words.length << 2) {
      this.change(table[run[i]!]!, tick + i);
      i = this.#clockIn(words, i, tick, table);
    }
    for (; i < length; i++) this.change(table[run[i]!]!, tick + i);
  }

  end(tick: number): void {
    if (!Number.isNaN(this.#fall)) this.#close(tick, 'cut');
  }

  #at(tick: number): Instant {
    return instant(tick * this.#nsPerTick);
  }

  #begin(levels: number, tick: number): void {
    this.#levels = levels;
    this.#isReadyAsserted = (levels & (READY | UNSEEN.ready)) === 0;
    if ((levels & UNSEEN.ready) !== 0) this.sink.unseen?.('INT_AP_L', true, this.#at(tick));
    if (this.#hasReset) this.#tellReset(levels, UNSEEN.reset, tick);
    if ((levels & CS) !== 0) return;
    this.#open(tick);
    this.#isCut = true;
  }

  /** CS, INT_AP_L, TPM_RST_L or what is known of them changed. */
  #frame(levels: number, changed: number, tick: number): void {
    // A frame that ends in this moment was over before another line moved.
    if ((changed & levels & CS) !== 0) this.#close(tick, this.#isCut ? 'cut' : 'complete');
    if ((changed & (READY | UNSEEN.ready)) !== 0) this.#tellReady(levels, changed, tick);
    if ((changed & (RESET | UNSEEN.reset)) !== 0 && this.#hasReset) this.#tellReset(levels, changed, tick);
    if ((changed & ~levels & CS) !== 0) this.#open(tick);
  }

  #tellReady(levels: number, changed: number, tick: number): void {
    if ((changed & UNSEEN.ready) !== 0) this.#tellUnseen('INT_AP_L', (levels & UNSEEN.ready) !== 0, tick);
    const isAsserted = (levels & READY) === 0;
    if ((levels & UNSEEN.ready) !== 0 || isAsserted === this.#isReadyAsserted) return;
    this.#isReadyAsserted = isAsserted;
    this.sink.edge('INT_AP_L', isAsserted, this.#at(tick));
  }

  /** At the beginning, and when it is seen again, its level is told as an edge. */
  #tellReset(levels: number, changed: number, tick: number): void {
    const isUnseen = (levels & UNSEEN.reset) !== 0;
    if ((changed & UNSEEN.reset) !== 0 && (isUnseen || this.#isResetUnseen)) {
      this.#isResetUnseen = isUnseen;
      this.#tellUnseen('TPM_RST_L', isUnseen, tick);
    }
    if (!isUnseen) this.sink.edge('TPM_RST_L', (levels & RESET) === 0, this.#at(tick));
  }

  #tellUnseen(line: TracedLine, isUnseen: boolean, tick: number): void {
    this.sink.unseen?.(line, isUnseen, this.#at(tick));
  }

  #open(tick: number): void {
    this.#fall = tick;
    this.#isCut = false;
    this.#length = 0;
    this.#lost = 0;
    this.#bits = 0;
    this.#lastClock = -Infinity;
    this.#shortest = LONG;
    this.#shortestByte = LONG;
  }

  /**
   * Takes the bits from sample `from` on, whose levels were told, and answers the next sample at which CS, ready or
   * reset differ. Four samples that equal the one before are passed in one step, and what changes with every clock is
   * held in variables: both are what makes it fast.
   */
  #clockIn(words: Int32Array, from: number, tick: number, table: Uint8Array): number {
    const { length } = words;
    const sampleLevel = this.#sampleLevel;
    let levels = this.#levels;
    let lastClock = Math.max(this.#lastClock - tick, -LONG);
    let shortest = this.#shortest;
    let bits = this.#bits;
    let sent = this.#sentBits;
    let received = this.#receivedBits;
    let byteStart = Math.max(this.#byteStart - tick, -LONG);
    let hasClock = this.#lastClock !== -Infinity;
    let end = length << 2;
    let four = Math.imul((words[from >> 2]! >>> ((from & 3) << 3)) & 0xff, 0x01010101);
    let mask = -1 << ((from & 3) << 3);
    words: for (let word = from >> 2; word < length; word++) {
      const value = words[word]!;
      let differing = (value ^ four) & mask;
      mask = -1;
      while (differing !== 0) {
        // The first of the samples that differ.
        const shift = (31 - Math.clz32(differing & -differing)) & 0x18;
        const sample = (value >>> shift) & 0xff;
        four = Math.imul(sample, 0x01010101);
        differing = (value ^ four) & (-1 << shift);
        const next = table[sample]!;
        const changed = next ^ levels;
        const at = (word << 2) + (shift >> 3);
        if ((changed & FRAMING) !== 0) {
          end = at;
          break words;
        }
        levels = next;
        if ((changed & CLK) === 0 || (next & CS) !== 0) continue;
        if (hasClock && at - lastClock < shortest) shortest = at - lastClock;
        lastClock = at;
        hasClock = true;
        if ((next & CLK) !== sampleLevel) continue;
        if (bits === 0) byteStart = at;
        sent = (sent << 1) | ((next & MOSI) >> 2);
        received = (received << 1) | ((next & MISO) >> 3);
        if (++bits < 8) continue;
        bits = 0;
        this.#keep(sent & 0xff, received & 0xff, at - byteStart);
      }
    }
    this.#levels = levels;
    if (hasClock) this.#lastClock = tick + lastClock;
    this.#shortest = shortest;
    this.#bits = bits;
    this.#sentBits = sent;
    this.#receivedBits = received;
    this.#byteStart = tick + byteStart;
    return end;
  }

  /** An edge of the clock; `isOpening` when CS was asserted within the same sample. */
  #clock(levels: number, tick: number, isOpening: boolean): void {
    // Which of them came first nobody knows: a clock that samples came after CS.
    if (isOpening && (levels & CLK) !== this.#sampleLevel) return;
    const phase = tick - this.#lastClock;
    this.#lastClock = tick;
    if (phase < this.#shortest) this.#shortest = phase;
    if ((levels & CLK) !== this.#sampleLevel) return;
    if (this.#bits === 0) this.#byteStart = tick;
    this.#sentBits = (this.#sentBits << 1) | ((levels & MOSI) >> 2);
    this.#receivedBits = (this.#receivedBits << 1) | ((levels & MISO) >> 3);
    if (++this.#bits < 8) return;
    this.#bits = 0;
    this.#keep(this.#sentBits & 0xff, this.#receivedBits & 0xff, tick - this.#byteStart);
  }

  /** One byte of each direction; `duration` from the first sampling edge to the last. */
  #keep(sent: number, received: number, duration: number): void {
    if (duration < this.#shortestByte) this.#shortestByte = duration;
    const at = this.#length;
    if (at === this.#sent.length && !this.#grow()) {
      this.#lost++;
      return;
    }
    this.#sent[at] = sent;
    this.#received[at] = received;
    this.#length = at + 1;
  }

  /** The bytes of the frame: one view a length, since a new one for every frame takes longer than the frame. */
  #bytes(): { readonly sent: Uint8Array; readonly received: Uint8Array } {
    const length = this.#length;
    return (this.#views[length] ??= {
      sent: this.#sent.subarray(0, length),
      received: this.#received.subarray(0, length),
    });
  }

  #grow(): boolean {
    const { length } = this.#sent;
    if (length >= MAX_BYTES) return false;
    const sent = new Uint8Array(2 * length);
    const received = new Uint8Array(2 * length);
    sent.set(this.#sent);
    received.set(this.#received);
    this.#sent = sent;
    this.#received = received;
    this.#views = [];
    return true;
  }

  #close(tick: number, ending: FrameEnding): void {
    const fall = this.#at(this.#fall);
    const rise = this.#at(tick);
    this.#fall = NaN;
    if (this.#lastClock === -Infinity) {
      // When CS was already asserted at the start, nobody knows since when.
      if (ending === 'complete') this.sink.select(fall, rise);
      return;
    }
    const { sent, received } = this.#bytes();
    this.sink.frame({
      sent,
      received,
      pollAt: 4,
      polled: UNKNOWN,
      fall,
      rise,
      elided: this.#lost,
      ending,
      spareClocks: this.#bits,
      hasGlitch: this.#hasGlitch(),
    });
  }

  /** A clock phase of less than a third of a usual one: 15 phases lie between the first and the last sampling edge. */
  #hasGlitch(): boolean {
    return this.#shortest * 3 * 14 < this.#shortestByte;
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The run as words of four samples, the first one lowest, when it lies so that it can be seen as such. */
const wordsOf = (run: Uint8Array): Int32Array | undefined =>
  IS_LITTLE_ENDIAN && (run.byteOffset & 3) === 0
    ? new Int32Array(run.buffer, run.byteOffset, run.length >> 2)
    : undefined;
