import type { Instant } from '../../units/index.ts';
import type { Maker, TracedLine, TraceLogLevel, TraceSink, WireFrame } from '../events.ts';
import { NEXT_BY_TEST, TEST_AT_REGISTERS, TEST_OFF_REGISTERS, TRACED_LINES } from '../events.ts';
import { Access } from './access.ts';
import { CommandAssembler } from './assembler.ts';
import { ChipSeen } from './chip-seen.ts';
import type { TpmExchange } from './command.ts';

/**
 * Who listens to a decoded trace. An access is told when its ready pulse can no longer come: at the next CS assertion,
 * reset or switch of power, or at the end.
 */
export interface TraceListener {
  /** The object is reused: copy what you keep. */
  access?(access: Access): void;
  command?(exchange: TpmExchange): void;
  select?(fall: Instant, rise: Instant, maker: Maker): void;
  /** INT_AP_L was asserted though no frame waited for it: none came since the last empty select, reset or start. */
  strayPulse?(from: Instant): void;
  reset?(isAsserted: boolean, at: Instant): void;
  power?(isOn: boolean, at: Instant): void;
  /** The frame that begins now is answered as the first one after a reset, which nobody recorded: by no line and no supply. */
  unseenReset?(at: Instant): void;
  failure?(from: Instant, to: Instant, text: string): void;
  log?(level: TraceLogLevel, text: string, at: Instant): void;
  mark?(text: string, at: Instant): void;
  /** Nothing follows; `at` is the end of the last event. */
  end?(at: Instant): void;
}

/** The four bytes of the header were answered with FF. */
const isAnsweredByOnes = ({ received }: WireFrame): boolean =>
  received.length >= 4 &&
  received[0] === 0xff &&
  received[1] === 0xff &&
  received[2] === 0xff &&
  received[3] === 0xff;

/** Frames to accesses to commands, as a stream: memory does not grow with the length of the trace. */
export class TraceDecoder implements TraceSink {
  readonly #access = new Access();
  #isPending = false;
  #isReadyAsserted = false;
  /** Lines whose level is unknown now, as in Access, and since when each level is known again. */
  #unseen = 0;
  readonly #seenFrom: number[] = TRACED_LINES.map(() => -Infinity);
  #wasAnsweredByOnes = false;
  /** Whether TPM_RST_L is asserted; undefined until it moves, and while nobody knows. */
  #isInReset: boolean | undefined;
  #wasResetUnseen = false;
  /** A frame, an edge or a switch of power was seen. */
  #hasBegun = false;
  /** Which chip answers. */
  readonly chip = new ChipSeen();
  #frames = 0;
  /** Who makes the frames that follow, and who makes the next one when that is marked. */
  #maker: Maker = 'driver';
  #nextMaker: Maker | undefined;
  #last = 0 as Instant;
  /** CS assertions without a clock that followed the pending frame before its ready pulse. */
  readonly #selects: { readonly fall: Instant; readonly rise: Instant; readonly maker: Maker }[] = [];
  readonly #assembler: CommandAssembler;

  constructor(private readonly listener: TraceListener) {
    this.#assembler = new CommandAssembler((exchange) => listener.command?.(exchange));
  }

  /**
   * Everything that began before this moment was told already: a frame waits for its pulse, and a command for its
   * end.
   */
  get settledTo(): Instant {
    const { begun } = this.#assembler;
    const fall = this.#isPending ? this.#access.fall : Infinity;
    return Math.min(fall, Number.isNaN(begun) ? Infinity : begun) as Instant;
  }

  /** Frames seen. */
  get frames(): number {
    return this.#frames;
  }

  frame(frame: WireFrame): void {
    const hadPulseInside = this.#isPending && this.#access.pulses > 0 && this.#access.pulseFrom > frame.fall;
    const answersOnes = isAnsweredByOnes(frame);
    this.#access.isAmongOnes ||= answersOnes && this.#access.answersOnes;
    // When a reset came that nobody recorded, nobody knows: it may have been at the end of the frame before.
    const isResetUnseen = answersOnes && this.#mayBeFirstAnswer();
    this.#flush(isResetUnseen ? this.#access.rise : frame.fall, isResetUnseen);
    if (isResetUnseen) {
      this.#assembler.end(false);
      this.listener.unseenReset?.(frame.fall);
    }
    this.#access.begin(frame, this.#frames++, this.#takeMaker());
    this.#access.isAmongOnes = answersOnes && this.#wasAnsweredByOnes;
    this.#wasAnsweredByOnes = answersOnes;
    this.#access.unseen = this.#unseenSince(frame.fall);
    this.#access.hasPulseInside = hadPulseInside;
    this.#access.showsResets = this.#isInReset !== undefined;
    this.#isPending = true;
    this.#hasBegun = true;
    this.#last = frame.rise;
  }

  select(fall: Instant, rise: Instant): void {
    this.#hasBegun = true;
    this.#last = rise;
    const maker = this.#takeMaker();
    // A host that pulses CS at once has not waited, so the ready pulse of the frame before may still come.
    if (this.#isPending && this.#access.pulses === 0) {
      this.#selects.push({ fall, rise, maker });
      return;
    }
    this.#flush(fall);
    this.listener.select?.(fall, rise, maker);
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    this.#last = at;
    if (line === 'INT_AP_L') this.#ready(isAsserted, at);
    else if (!this.#isLevel(isAsserted)) {
      this.#flush(at, true);
      this.#isInReset = isAsserted;
      this.#wasAnsweredByOnes = false;
      if (isAsserted) this.#assembler.end(false);
      this.listener.reset?.(isAsserted, at);
    }
    this.#hasBegun = true;
  }

  /**
   * Whether an edge of TPM_RST_L only tells the level that the line has: a capture says it when it begins, and when the line is
   * seen again. A line that was high before anybody looked shows no reset.
   */
  #isLevel(isAsserted: boolean): boolean {
    const isFirstSight = !this.#hasBegun || this.#wasResetUnseen;
    return !isAsserted && this.#isInReset === undefined && isFirstSight;
  }

  power(isOn: boolean, at: Instant): void {
    this.#hasBegun = true;
    this.#flush(at, true);
    this.#last = at;
    this.#wasAnsweredByOnes = false;
    if (!isOn) this.#assembler.end(false);
    this.listener.power?.(isOn, at);
  }

  failure(from: Instant, to: Instant, text: string): void {
    this.#flush(from);
    this.#last = to;
    this.#takeMaker();
    this.listener.failure?.(from, to, text);
  }

  log(level: TraceLogLevel, text: string, at: Instant): void {
    this.listener.log?.(level, text, at);
  }

  mark(text: string, at: Instant): void {
    this.#noteMaker(text);
    this.listener.mark?.(text, at);
  }

  unseen(line: TracedLine, isUnseen: boolean, at: Instant): void {
    const index = TRACED_LINES.indexOf(line);
    const bit = 1 << index;
    this.#unseen = isUnseen ? this.#unseen | bit : this.#unseen & ~bit;
    this.#seenFrom[index] = at;
    if (line === 'TPM_RST_L' && isUnseen) {
      this.#isInReset = undefined;
      this.#wasResetUnseen = true;
    }
    if (this.#isPending && isUnseen) this.#access.unseen |= bit;
  }

  #unseenSince(from: Instant): number {
    return this.#seenFrom.reduce(
      (bits, seenFrom, index) => (seenFrom > from ? bits | (1 << index) : bits),
      this.#unseen,
    );
  }

  /** Tells what is still pending. Call it once, when the trace is over. */
  end(): void {
    this.#flush(this.#last, true);
    this.#assembler.end(true);
    this.listener.end?.(this.#last);
  }

  /** A frame that is answered with ones here is the first one after a reset that nobody recorded. [CHIP 1.3] */
  #mayBeFirstAnswer(): boolean {
    return this.#isInReset === undefined && !this.#wasAnsweredByOnes;
  }

  #takeMaker(): Maker {
    const maker = this.#nextMaker ?? this.#maker;
    this.#nextMaker = undefined;
    return maker;
  }

  #noteMaker(text: string): void {
    if (text === NEXT_BY_TEST.frames) this.#nextMaker = 'test by frames';
    else if (text === NEXT_BY_TEST.registers) this.#nextMaker = 'test by registers';
    else if (text === TEST_AT_REGISTERS) this.#maker = 'test by registers';
    else if (text === TEST_OFF_REGISTERS) this.#maker = 'driver';
  }

  #ready(isAsserted: boolean, at: Instant): void {
    const wasAsserted = this.#isReadyAsserted;
    this.#isReadyAsserted = isAsserted;
    const access = this.#access;
    if (!this.#isPending) {
      if (isAsserted && !wasAsserted) this.listener.strayPulse?.(at);
      return;
    }
    if (isAsserted) {
      if (access.pulses++ === 0) access.pulseFrom = at;
      access.lastPulseFrom = at;
    } else if (access.pulses === 1 && Number.isNaN(access.pulseTo)) access.pulseTo = at;
  }

  #flush(waitedUntil: Instant, isCutOff = false): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.chip.see(this.#access);
    this.#access.isH1 = this.chip.isH1;
    this.#access.isForeign = this.chip.isForeign;
    this.#access.waitedUntil = waitedUntil;
    this.#access.isCutOff = isCutOff;
    this.listener.access?.(this.#access);
    this.#assembler.access(this.#access);
    for (const { fall, rise, maker } of this.#selects.splice(0)) this.listener.select?.(fall, rise, maker);
  }
}
