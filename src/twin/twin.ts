import type { Band, FrameDisturbance, LatencyName } from '../sim/index.ts';
import { EARLY_PULSE } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { between, inUs, later, ns, plus, seconds, showDuration, us, ZERO } from '../units/index.ts';
import { DRAWN_UNCERTAINTY, NO_PULSE_AFTER, PULSE_DELAY, readyTime, RESET_TIME, WAKE_TIME } from './bands.ts';
import type { TwinReport } from './findings.ts';
import { Findings } from './findings.ts';
import type { Intervention } from './interventions.ts';
import { Interventions } from './interventions.ts';
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
  /** Until then the chip may or may not listen. */
  #unsureUntil = 0 as Instant;
  /** Behaviours that the next frame proves right or wrong, such as `wake`. */
  #shown = new Set<string>();
  #isLost = false;
  /** The twin has followed a chip of our own model from its beginning, and draws each latency that it draws. */
  #isExact: boolean;
  /** From when until when the twin could not follow the chip. */
  readonly #lost: { readonly from: Instant; to: Instant }[] = [];

  constructor(
    private readonly tape: TwinTape,
    private readonly options: TwinOptions,
  ) {
    this.#shift = options.isFresh ? ZERO : WARM_UP;
    this.#isExact = options.isFresh && options.sharedChance === 'yes';
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
      latency: (...asked) => this.#choose(...asked),
      frame: () => this.#disturbFrame(),
      command: () => this.#commands.disturb(this.#unshifted(this.#reference.now)),
    });
    this.#commands = new CommandWatch(
      {
        witness: this.#witness,
        answers: this.#answers,
        interventions: this.#interventions,
        findings: this.#findings,
        isFresh: options.isFresh,
      },
      {
        isExact: () => this.#isExact,
        canSeePulse: (at) => this.#canSeePulse(at),
        isLeftOut: (at) => this.#isLeftOut(at),
        lastFrame: () => this.#frame,
        hasResponse: () => this.#reference.chip.hasResponse,
      },
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
      for (const shown of this.#shown) this.#findings.agree(shown);
      this.#shown.clear();
      this.#checkReadyTime(frame);
      return;
    }
    if (frame.fall < this.#unsureUntil || this.#commands.overwrites) {
      this.#findings.leftOut++;
      return;
    }
    this.#shown.clear();
    this.#findings.differIn(frame, behaviour, difference);
  }

  /**
   * Compares the stall of a frame with its band. The stall ends between the last wait byte and the ready byte, so it
   * is known to one byte.
   */
  #checkReadyTime(frame: TapedFrame): void {
    const ready = readyAt(frame);
    if (ready < 0 || this.#isStalled || this.#headerEndsAt !== HEADER - 1) return;
    if (frame.fall < this.#unsureUntil) return;
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
    const now = this.#unshifted(this.#reference.now);
    if (this.#reference.now < this.#shift || this.#isWarmingUp) return wide.most;
    const band = this.#isExact && !this.#isPinned(name, now) ? only(drawn()) : wide;
    switch (name) {
      case 'task':
      case 'command':
      case 'commit':
      case 'flush':
      case 'block':
      case 'erase':
        return this.#commands.choose(name, band, now);
      case 'pulse delay':
        return this.#pulseDelay(now, this.options.isFresh ? band : PULSE_DELAY);
      case 'early pulse delay':
        return this.#pulseDelay(now, this.options.isFresh ? band : PULSE_DELAY, EARLY_PULSE);
      case 'pulse width':
        return this.#pulseWidth(now, band);
      case 'wake':
        this.#shown.add('wake');
        return this.#untilListening(now, this.#wakeBand(now, band));
      case 'reset': {
        this.#shown.add('reset');
        this.#answers.reset();
        const time = this.#untilListening(now, band);
        this.#commands.resetAt = later(now, time);
        this.#commands.overwrites = false;
        return time;
      }
      case 'boot':
        this.#shown.add('boot');
        this.#answers.restart();
        return this.#witness.untilBooted(now, this.#isExact ? around(band) : band);
      default:
        return band.most;
    }
  }

  /** The trace says how long a stall was, and a fault how long the chip takes to wake: nothing is drawn. */
  #isPinned(name: LatencyName, now: Instant): boolean {
    return name === 'header' || (name === 'wake' && this.#interventions.holds('wakes in', now) !== undefined);
  }

  /** Until the band ends, nobody knows whether the chip listens yet. It may hear any part of a frame. */
  #untilListening(now: Instant, wide: Band): Duration {
    const band = this.#isExact ? around(wide) : wide;
    this.#unsureUntil = later(now, plus(band.most, us(1)));
    return this.#witness.untilListening(now, band);
  }

  #wakeBand(now: Instant, band: Band): Band {
    const fault = this.#interventions.holds('wakes in', now);
    if (fault !== undefined) return { least: fault.time, most: fault.time };
    return this.options.isFresh ? band : WAKE_TIME;
  }

  /**
   * From CS rise to the ready pulse, as the trace shows it. Where it shows none, the time that explains how frames
   * merge: the chip has handled the frame `handledAfter` behind the pulse.
   */
  #pulseDelay(now: Instant, band: Band, handledAfter = ZERO): Duration {
    if (this.#isExact) return this.#checkedDelay(now, band.least);
    const next = this.#witness.nextSelect(now);
    const canSee = this.#canSeePulse(now) && this.#canSeePulse(later(now, band.most));
    const pulse = canSee ? this.#witness.nextPulse(now) : undefined;
    if (pulse !== undefined && pulse <= next && between(now, pulse) <= NO_PULSE_AFTER)
      return this.#checked('ready pulse delay', between(now, pulse), band);
    if (pulse !== undefined && between(now, pulse) <= band.most) return between(now, pulse);
    return this.#witness.untilNoticed(now, band, { handledAfter, hasNoPulse: canSee });
  }

  /** A pulse comes when the chip has drawn it. Where the next frame takes its place, `matchPulses` looks at it. */
  #checkedDelay(now: Instant, drawn: Duration): Duration {
    const pulse = this.#canSeePulse(now) ? this.#witness.nextPulse(now) : undefined;
    const isOfFrame = pulse !== undefined && pulse <= this.#witness.nextSelect(now);
    if (isOfFrame && between(now, pulse) <= NO_PULSE_AFTER)
      this.#checked('ready pulse delay', between(now, pulse), only(drawn));
    return drawn;
  }

  #pulseWidth(now: Instant, band: Band): Duration {
    const isSeen = this.#canSeePulse(now) && this.#witness.nextPulse(now) === now;
    const end = isSeen ? this.#witness.nextPulseEnd(now) : undefined;
    if (end === undefined || between(now, end) > NO_PULSE_AFTER) return band.most;
    const width = this.#checked('ready pulse width', between(now, end), band);
    return this.#isExact ? band.most : width;
  }

  /** Takes the time that was seen, and tells when it lies outside of its band. */
  #checked(behaviour: string, seen: Duration, band: Band): Duration {
    const { resolution } = this.options;
    const frame = this.#frame;
    if (frame === undefined || frame.fall < this.#unsureUntil || this.#isLeftOut(frame.fall)) return seen;
    if (seen >= band.least - 2 * resolution && seen <= band.most + 2 * resolution)
      this.#findings.agree(behaviour);
    else
      this.#findings.differIn(frame, behaviour, {
        class: 'time',
        says: `${showDuration(seen)} was seen; a healthy chip needs ${showDuration(band.least)} to ${showDuration(band.most)}`,
      });
    return seen;
  }

  #canSeePulse(at: Instant): boolean {
    return this.options.sees.ready && this.#interventions.holds('pulses hidden', at) === undefined;
  }

  #lose(at: Instant): void {
    this.#isExact = false;
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

const only = (time: Duration): Band => ({ least: time, most: time });

/** A band that is as much wider as the moments of bytes are unknown. */
const around = ({ least, most }: Band): Band => ({
  least: Math.max(0, least - DRAWN_UNCERTAINTY) as Duration,
  most: plus(most, DRAWN_UNCERTAINTY),
});

/** A trace with the CS assertions that a fault has added, of which the host does not know. */
function withGlitches(tape: TwinTape, interventions: readonly Intervention[]): WitnessedTape {
  const glitches = interventions.flatMap(({ from, effect }) =>
    effect.kind === 'select' ? [{ fall: from, rise: later(from, effect.width) }] : [],
  );
  if (glitches.length === 0) return tape;
  const selects = [...tape.selects, ...glitches].sort((a, b) => a.fall - b.fall);
  return { selects, pulses: tape.pulses, resets: tape.resets, supply: tape.supply };
}
