import type { Instant } from '../../units/index.ts';
import { instant } from '../../units/index.ts';
import type { FrameEnding, TraceSink } from '../events.ts';
import { UNKNOWN } from '../events.ts';
import { NETS } from './channels.ts';

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

/** Bytes kept of one frame; a CS that never rises must not fill the memory. */
const MOST_BYTES = 16_384;
const { cs: CS, clk: CLK, mosi: MOSI, miso: MISO, ready: READY, reset: RESET } = NETS;

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
  #clocks = 0;
  #sentBits = 0;
  #receivedBits = 0;
  #byteStart = 0;
  #lastClock = 0;
  #shortest = Infinity;
  #shortestByte = Infinity;
  #sent = new Uint8Array(256);
  #received = new Uint8Array(256);
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

  change(levels: number, tick: number): void {
    const changed = levels ^ this.#levels;
    if (this.#levels < 0) {
      this.#begin(levels, tick);
      return;
    }
    this.#levels = levels;
    // Most changes are data and clock inside a frame.
    if ((changed & CLK) !== 0 && (levels & CS) === 0 && (changed & CS) === 0) this.#clock(levels, tick);
    if ((changed & (CS | READY | RESET)) === 0) return;
    if ((changed & READY) !== 0) this.sink.edge('INT_AP_L', (levels & READY) === 0, this.#at(tick));
    if ((changed & RESET) !== 0 && this.#hasReset)
      this.sink.edge('TPM_RST_L', (levels & RESET) === 0, this.#at(tick));
    if ((changed & CS) === 0) return;
    if ((levels & CS) === 0) this.#open(tick);
    else this.#close(tick, this.#isCut ? 'cut' : 'complete');
  }

  /**
   * As `change` at every sample, several times faster: while CS stays asserted and only clock and data change, nothing
   * leaves this loop.
   */
  samples(run: Uint8Array, tick: number, table: Uint8Array): void {
    const { length } = run;
    const words = wordsOf(run);
    let i = 0;
    if (this.#levels < 0 && length > 0) this.change(table[run[i++]!]!, tick);
    let last = -1;
    let levels = this.#levels;
    while (i < length) {
      const sample = run[i]!;
      if (sample === last) {
        i++;
        // Between two changes there are mostly more than four equal samples.
        if (words === undefined || (i & 3) !== 0) continue;
        const four = sample * 0x01010101;
        let word = i >> 2;
        while (word < words.length && words[word] === (four | 0)) word++;
        i = word << 2;
        continue;
      }
      last = sample;
      const next = table[sample]!;
      const changed = next ^ levels;
      levels = next;
      if ((changed & (CS | READY | RESET)) !== 0) this.change(next, tick + i);
      else if ((changed & CLK) !== 0 && (next & CS) === 0) this.#clock(next, tick + i);
      this.#levels = next;
      i++;
    }
  }

  end(tick: number): void {
    if (!Number.isNaN(this.#fall)) this.#close(tick, 'cut');
  }

  #at(tick: number): Instant {
    return instant(tick * this.#nsPerTick);
  }

  #begin(levels: number, tick: number): void {
    this.#levels = levels;
    if (this.#hasReset) this.sink.edge('TPM_RST_L', (levels & RESET) === 0, this.#at(tick));
    if ((levels & CS) !== 0) return;
    this.#open(tick);
    this.#isCut = true;
  }

  #open(tick: number): void {
    this.#fall = tick;
    this.#isCut = false;
    this.#length = 0;
    this.#lost = 0;
    this.#bits = 0;
    this.#clocks = 0;
    this.#shortest = Infinity;
    this.#shortestByte = Infinity;
  }

  #clock(levels: number, tick: number): void {
    const phase = tick - this.#lastClock;
    this.#lastClock = tick;
    if (this.#clocks++ > 0 && phase < this.#shortest) this.#shortest = phase;
    if ((levels & CLK) !== this.#sampleLevel) return;
    if (this.#bits === 0) this.#byteStart = tick;
    this.#sentBits = (this.#sentBits << 1) | ((levels & MOSI) >> 2);
    this.#receivedBits = (this.#receivedBits << 1) | ((levels & MISO) >> 3);
    if (++this.#bits < 8) return;
    this.#bits = 0;
    const duration = tick - this.#byteStart;
    if (duration < this.#shortestByte) this.#shortestByte = duration;
    const at = this.#length;
    if (at === this.#sent.length && !this.#grow()) {
      this.#lost++;
      return;
    }
    this.#sent[at] = this.#sentBits & 0xff;
    this.#received[at] = this.#receivedBits & 0xff;
    this.#length = at + 1;
  }

  #grow(): boolean {
    const { length } = this.#sent;
    if (length >= MOST_BYTES) return false;
    const sent = new Uint8Array(2 * length);
    const received = new Uint8Array(2 * length);
    sent.set(this.#sent);
    received.set(this.#received);
    this.#sent = sent;
    this.#received = received;
    return true;
  }

  #close(tick: number, ending: FrameEnding): void {
    const fall = this.#at(this.#fall);
    const rise = this.#at(tick);
    this.#fall = NaN;
    if (this.#clocks === 0) {
      // When CS was already asserted at the start, nobody knows since when.
      if (ending === 'complete') this.sink.select(fall, rise);
      return;
    }
    this.sink.frame({
      sent: this.#sent.subarray(0, this.#length),
      received: this.#received.subarray(0, this.#length),
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

/** The run as words of four samples, when it lies so that it can be seen as such. */
const wordsOf = (run: Uint8Array): Int32Array | undefined =>
  (run.byteOffset & 3) === 0 ? new Int32Array(run.buffer, run.byteOffset, run.length >> 2) : undefined;
