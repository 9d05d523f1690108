import type { Band, FrameDisturbance, LatencyName } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { inUs, later, ns, seconds, us, ZERO } from '../units/index.ts';
import { drawnUncertainty, readyTime, RESET_TIME } from './bands.ts';
import type { TwinReport } from './findings.ts';
import { Findings } from './findings.ts';
import type { Intervention } from './interventions.ts';
import { Interventions } from './interventions.ts';
import { Latencies } from './latencies.ts';
import { matchPulses } from './pulses.ts';
import { Reference } from './reference.ts';
import type { TapedFrame, TapedSelect, TwinTape } from './tape.ts';
import { TpmAnswers } from './tpm-answers.ts';
import { CommandWatch } from './command-watch.ts';
import { byteTimes } from './byte-times.ts';
import { definedBytes } from './defined-bytes.ts';
import { differenceOf } from './frame-difference.ts';
import type { TwinOptions } from './options.ts';
import { scheduleOf } from './schedule.ts';
import { behaviourOf } from './words.ts';
import type { WitnessedTape } from './witness.ts';
import { isRead, readyAt, shiftAt, Witness } from './witness.ts';

/** Where a trace begins in the middle, the reference chip runs this long before it. */
const WARM_UP = seconds(60);
const HEADER = 4;

/** Plays the host's side of a trace to a healthy chip. Compares what it says with what the chip under test said. */
export function compareWithTwin(tape: TwinTape, options: TwinOptions): TwinReport {
  return new Twin(tape, options).run();
}

class Twin {
  readonly #findings = new Findings();
  readonly #reference: Reference;
  readonly #witness: Witness;
  readonly #answers: TpmAnswers;
  readonly #commands: CommandWatch;
  readonly #latencies: Latencies;
  readonly #interventions: Interventions;
  /** The clock of the reference is ahead of the clock of the trace by this much. */
  readonly #shift: Duration;
  #frame: TapedFrame | undefined;
  /** A fault stalls the frame under way. */
  #isStalled = false;
  /** CS stayed asserted after the last frame. */
  #isHeld = false;
  #isWarmingUp = false;
  /** Index of the byte in the frame under way. */
  #byteAt = 0;
  /** Index of the byte that completes the header, as the chip counts it; -1 before there is one. */
  #headerEndsAt = -1;
  #isLost = false;
  /** From when until when the twin could not follow the chip. */
  readonly #lost: { readonly from: Instant; to: Instant }[] = [];

  constructor(
    private readonly tape: TwinTape,
    private readonly options: TwinOptions,
  ) {
    this.#shift = options.isFresh ? ZERO : WARM_UP;
    const { waitBytes, headerLatency } = options.chip.timing ?? {};
    this.#witness = new Witness(withGlitches(tape, options.interventions ?? []), {
      reset: RESET_TIME,
      sck: options.sck,
      hasPinnedStall: waitBytes !== undefined || headerLatency !== undefined,
    });
    this.#answers = new TpmAnswers({
      isFresh: options.isFresh,
      isForeign: options.isForeign === true,
      sharedChance: options.sharedChance ?? 'no',
    });
    this.#interventions = new Interventions(options.interventions ?? []);
    this.#reference = new Reference(options.chip, {
      latency: (name, band, drawn) => this.#choose(name, band, drawn),
      frame: () => this.#disturbFrame(),
      command: () => this.#commands.disturb(this.#unshifted(this.#reference.now)),
    });
    const parts = {
      witness: this.#witness,
      answers: this.#answers,
      interventions: this.#interventions,
      findings: this.#findings,
      isFresh: options.isFresh,
      uncertainty: drawnUncertainty(options.sck),
    };
    const host = {
      canSeePulse: (at: Instant): boolean => this.#canSeePulse(at),
      isLeftOut: (at: Instant): boolean => this.#isLeftOut(at),
      lastFrame: (): TapedFrame | undefined => this.#frame,
    };
    this.#commands = new CommandWatch(parts, {
      ...host,
      isExact: () => this.#latencies.isExact,
      hasResponse: () => this.#reference.chip.hasResponse,
    });
    this.#latencies = new Latencies(
      { ...parts, commands: this.#commands, resolution: options.resolution },
      host,
      options.isFresh && options.sharedChance === 'yes',
    );
  }

  run(): TwinReport {
    this.#begin();
    for (const select of this.tape.selects) {
      this.#passTo(select.fall);
      if (select.frame === undefined) this.#playPulse(select);
      else this.#playFrame(select.frame);
    }
    const { wholeUntil = Infinity, lost } = this.tape;
    const end = Math.min(this.options.end ?? this.#lastMoment(), wholeUntil) as Instant;
    this.#findings.leftOut += lost;
    this.#passTo(end);
    if (this.options.sees.ready)
      matchPulses(
        {
          seen: this.tape.pulses,
          healthy: this.#reference.pulses.map(({ at, isAsserted }) => ({
            isAsserted,
            at: this.#unshifted(at),
          })),
          resolution: this.options.resolution,
          isLeftOut: (at) => this.#isLeftOut(at) || !this.#canSeePulse(at) || at > end,
          frames: this.tape.selects,
        },
        this.#findings,
      );
    return this.#findings.report();
  }

  /** Schedules what happens at moments of its own. A chip that is not fresh is warmed up first. */
  #begin(): void {
    const { isFresh } = this.options;
    const { chip } = this.#reference;
    if (!isFresh || this.tape.supply.length === 0) chip.setPower(true);
    if (!isFresh || this.tape.resets.length === 0) chip.setReset(false);
    const acts = scheduleOf(this.tape, this.options, {
      chip,
      foundAgain: (at) => {
        this.#findAgain(at);
      },
      lost: (at) => {
        this.#lose(at);
      },
      sleepChanged: (at) => {
        this.#overrideSleep(at);
      },
    }).map(({ at, act }) => ({ at: this.#shifted(at), act }));
    if (!isFresh) this.#warmUp((this.tape.selects[0]?.fall ?? 0) as Instant);
    this.#reference.await(acts);
  }

  #overrideSleep(moment: Instant): void {
    const sleep = this.#interventions.holds('sleep after', moment);
    this.#reference.override(sleep === undefined ? {} : { sleepAfter: sleep.time });
  }

  /** Wakes the chip, and clocks a first frame: the first one after a reset is answered otherwise than the others. */
  #warmUp(first: Instant): void {
    const { chip } = this.#reference;
    this.#isWarmingUp = true;
    this.#reference.passTo(later(this.#shifted(first), ns(-2e6)));
    chip.select();
    this.#reference.passTo(later(this.#reference.now, us(200)));
    for (const byte of [0x83, 0xd4, 0x0f, 0x00, ...new Array<number>(40).fill(0)])
      this.#reference.clockByte(byte, us(8));
    chip.deselect();
    this.#reference.passTo(later(this.#reference.now, us(400)));
    this.#reference.pulses.length = 0;
    this.#isWarmingUp = false;
  }

  #playPulse({ fall, rise }: TapedSelect): void {
    if (this.#interventions.next('wake pulse lost', fall, ({ pulses }) => pulses) !== undefined) return;
    this.#reference.chip.select();
    this.#reference.passToEnd(this.#shifted(rise));
    this.#reference.chip.deselect();
    this.#isHeld = false;
  }

  #playFrame(frame: TapedFrame): void {
    const { chip } = this.#reference;
    const flip = this.#interventions.next('bit sent', frame.fall, ({ frames }) => frames);
    const isHidden =
      this.#interventions.next('answers hidden', frame.fall, ({ frames }) => frames) !== undefined;
    this.#frame = frame;
    this.#isStalled = false;
    this.#headerEndsAt = -1;
    if (!this.#isHeld) chip.select();
    const healthy = new Uint8Array(frame.sent.length);
    const times = byteTimes(frame, this.options.sck);
    let at = 0;
    for (let i = 0; i < frame.sent.length; i++) {
      if (i === frame.elidedAt)
        for (let left = 0; left < frame.elided; left++) this.#clockByte(0, at++, times);
      const mosi = frame.sent[i]! ^ (flip?.byte === i ? flip.mask : 0);
      healthy[i] = this.#clockByte(mosi, at++, times);
    }
    this.#reference.passToEnd(this.#shifted(frame.rise));
    this.#isHeld = frame.ending === 'held';
    if (this.#isLeftOut(frame.fall) || isHidden) this.#findings.leftOut++;
    else this.#compareFrame(frame, healthy);
    if (!this.#isHeld) chip.deselect();
  }

  #clockByte(mosi: number, at: number, times: ReturnType<typeof byteTimes>): number {
    this.#reference.passTo(this.#shifted(times.startOf(at)));
    this.#byteAt = at;
    return this.#reference.clockByte(mosi, times.length);
  }

  #compareFrame(frame: TapedFrame, healthy: Uint8Array): void {
    this.#findings.frames++;
    const behaviour = behaviourOf(frame);
    const difference = this.options.isFresh
      ? differenceOf(frame, healthy)
      : differenceOf(frame, healthy, definedBytes(frame, this.options.chip.firmware));
    if (difference === undefined) {
      this.#findings.agree(behaviour);
      for (const shown of this.#latencies.shown) this.#findings.agree(shown);
      this.#latencies.shown.clear();
      this.#checkReadyTime(frame);
      return;
    }
    if (frame.fall < this.#latencies.unsureUntil || this.#commands.overwrites) {
      this.#findings.leftOut++;
      return;
    }
    this.#latencies.shown.clear();
    this.#findings.differIn(frame, behaviour, difference);
  }

  /**
   * Compares the stall of a frame with its band. The stall ends between the last wait byte and the ready byte, so it
   * is known to one byte.
   */
  #checkReadyTime(frame: TapedFrame): void {
    const ready = readyAt(frame);
    if (ready < 0 || this.#isStalled || this.#headerEndsAt !== HEADER - 1) return;
    if (frame.fall < this.#latencies.unsureUntil) return;
    const { waitBytes, headerLatency } = this.options.chip.timing ?? {};
    if (waitBytes !== undefined) return;
    const waits = ready - HEADER + shiftAt(frame, ready);
    const times = byteTimes(frame, this.options.sck);
    const least = Math.max(0, waits - 1) * times.length;
    const most = waits * times.length + times.slack;
    const band =
      headerLatency === undefined
        ? readyTime(isRead(frame), this.#commands.writesFlash(frame.fall))
        : { least: headerLatency, most: headerLatency };
    const behaviour = `wait bytes of a ${isRead(frame) ? 'read' : 'write'}`;
    if (most >= band.least && least <= band.most) this.#findings.agree(behaviour);
    else
      this.#findings.differIn(frame, behaviour, {
        class: 'time',
        says: `${waits} wait bytes, ${inUs(least as Duration)} to ${inUs(most as Duration)} us, were seen; a healthy chip needs ${inUs(band.least)} to ${inUs(band.most)} us`,
      });
  }

  /** Makes the reference stall for as long as the chip under test did. `#checkReadyTime` compares that time. */
  #disturbFrame(): FrameDisturbance {
    const frame = this.#frame;
    const at = this.#unshifted(this.#reference.now);
    const { disturb } = this.#interventions.next('frame', at, ({ frames }) => frames) ?? {};
    if (frame === undefined) return { waitBytes: 4 };
    this.#isStalled = disturb?.waitBytes !== undefined || disturb?.stallTime !== undefined;
    if (disturb?.waitBytes !== undefined || this.options.chip.timing?.waitBytes !== undefined)
      return disturb ?? {};
    const ready = this.#witness.readyIndex(frame);
    if (ready === undefined) return disturb ?? {};
    const waitsHere = (): number => {
      this.#headerEndsAt = this.#byteAt;
      return Math.max(0, ready - this.#byteAt - 1);
    };
    return {
      ...(disturb?.earlyReady === true && { earlyReady: true }),
      ...(disturb?.busyAfter !== undefined && { busyAfter: disturb.busyAfter }),
      // The chip reads this when it has the whole header, which may be later than at the fourth byte of the frame.
      get waitBytes() {
        return waitsHere();
      },
    };
  }

  #choose(name: LatencyName, wide: Band, drawn: () => Duration): Duration {
    if (this.#reference.now < this.#shift || this.#isWarmingUp) return wide.most;
    return this.#latencies.choose(name, this.#unshifted(this.#reference.now), { wide, drawn });
  }

  #canSeePulse(at: Instant): boolean {
    return this.options.sees.ready && this.#interventions.holds('pulses hidden', at) === undefined;
  }

  #lose(at: Instant): void {
    this.#latencies.isExact = false;
    if (!this.#isLost) this.#lost.push({ from: at, to: Infinity as Instant });
    this.#isLost = true;
    this.#answers.cloud();
  }

  /** Follows the chip again after it has started over, unless a fault still hides what it sees. */
  #findAgain(at: Instant): void {
    const isOver = this.#interventions
      .ofKind('chip lost')
      .every(({ from, to = Infinity }) => from > at || to <= at);
    if (!this.#isLost || !isOver) return;
    this.#isLost = false;
    this.#lost.at(-1)!.to = at;
  }

  #isLeftOut(at: Instant): boolean {
    return this.#lost.some(({ from, to }) => at >= from && at < to);
  }

  #passTo(moment: Instant): void {
    this.#reference.passTo(this.#shifted(moment));
  }

  #lastMoment(): Instant {
    const { selects, pulses, resets, supply } = this.tape;
    const last = [selects.at(-1)?.rise, pulses.at(-1)?.at, resets.at(-1)?.at, supply.at(-1)?.at];
    return Math.max(0, ...last.map((at) => at ?? 0)) as Instant;
  }

  #shifted(at: Instant): Instant {
    return later(at, this.#shift);
  }

  #unshifted(at: Instant): Instant {
    return (at - this.#shift) as Instant;
  }
}

/** A trace with the CS assertions that a fault has added, of which the host does not know. */
function withGlitches(tape: TwinTape, interventions: readonly Intervention[]): WitnessedTape {
  const glitches = interventions.flatMap(({ from, effect }) =>
    effect.kind === 'select' ? [{ fall: from, rise: later(from, effect.width) }] : [],
  );
  if (glitches.length === 0) return tape;
  const selects = [...tape.selects, ...glitches].sort((a, b) => a.fall - b.fall);
  return { selects, pulses: tape.pulses, resets: tape.resets, supply: tape.supply };
}
