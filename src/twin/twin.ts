import type { Band, CommandDisturbance, FrameDisturbance, LatencyName } from '../sim/index.ts';
import type { Duration, Hertz, Instant } from '../units/index.ts';
import { between, inUs, later, ms, ns, seconds, showDuration, us, ZERO } from '../units/index.ts';
import { NO_PULSE_AFTER, readyTime, RESET_TIME, WAKE_TIME } from './bands.ts';
import type { DifferenceClass, TwinReport } from './findings.ts';
import { Findings } from './findings.ts';
import type { Intervention } from './interventions.ts';
import { Interventions } from './interventions.ts';
import { matchPulses } from './pulses.ts';
import type { LevelAct, ReferenceChip } from './reference.ts';
import { Reference } from './reference.ts';
import type { TapedFrame, TapedSelect, TwinTape } from './tape.ts';
import { nameOf, TpmAnswers } from './tpm-answers.ts';
import { byteTimes } from './byte-times.ts';
import { definedBytes } from './defined-bytes.ts';
import { behaviourOf, valueSays } from './words.ts';
import { isRead, readyAt, Witness } from './witness.ts';

/** What is known of chip and board beside the trace. */
export interface TwinOptions {
  readonly chip: ReferenceChip;
  /** The trace begins with a blank chip without supply; else nobody knows what was before. */
  readonly isFresh: boolean;
  /** The TPM library is another one than ours: its answers are checked in their shape alone. */
  readonly isForeign?: boolean;
  /** Lines of which every edge is in the trace. */
  readonly sees: { readonly ready: boolean; readonly reset: boolean; readonly supply: boolean };
  /** How far a stamp may be from the truth. */
  readonly resolution: Duration;
  /** Clock rate of the bus; it is guessed from the frames without. */
  readonly sck?: Hertz;
  /** Until when the trace tells everything; until its last event without. */
  readonly end?: Instant;
  readonly interventions?: readonly Intervention[];
}

const PARTS_OF_COMMAND: readonly LatencyName[] = ['command', 'commit', 'flush', 'block', 'erase'];
/** Commands whose time was measured. [CHIP 8] */
const IS_TIMED: ReadonlySet<number> = new Set([0x121, 0x137, 0x138, 0x144, 0x145, 0x14e, 0x182]);
/** So long may a command take on a real chip of which no source tells the time. [CHIP 4.4] */
const LONGEST_COMMAND = seconds(900);
/** A chip is warmed up this long before a trace that begins in the middle. */
const WARM_UP = seconds(60);
const HEADER = 4;

/** What a healthy chip says to the host's side of a trace, compared with what the chip under test said. */
export function compareWithTwin(tape: TwinTape, options: TwinOptions): TwinReport {
  return new Twin(tape, options).run();
}

class Twin {
  readonly #findings = new Findings();
  readonly #reference: Reference;
  readonly #witness: Witness;
  readonly #answers: TpmAnswers;
  readonly #interventions: Interventions;
  /** The trace's moments are so much later on the clock of the reference. */
  readonly #shift: Duration;
  #frame: TapedFrame | undefined;
  /** What the test did to the frame under way. */
  #isStalled = false;
  #isHeld = false;
  /** Most less least of the parts of the command under way. */
  #slack = 0;
  #writesFlashUntil = -Infinity;
  /** Behaviours that the next frame shows. */
  #shown = new Set<string>();
  #isLost = false;
  /** When the twin lost the chip, and when it found it again. */
  readonly #lost: { readonly from: Instant; to: Instant }[] = [];

  constructor(
    private readonly tape: TwinTape,
    private readonly options: TwinOptions,
  ) {
    this.#shift = options.isFresh ? ZERO : WARM_UP;
    this.#witness = new Witness(tape, RESET_TIME);
    this.#answers = new TpmAnswers({ isFresh: options.isFresh, isForeign: options.isForeign === true });
    this.#interventions = new Interventions(options.interventions ?? []);
    this.#reference = new Reference(options.chip, {
      latency: (name, band) => this.#choose(name, band),
      frame: () => this.#disturbFrame(),
      command: () => this.#disturbCommand(),
    });
  }

  run(): TwinReport {
    this.#begin();
    for (const select of this.tape.selects) {
      this.#passTo(select.fall);
      if (select.frame === undefined) this.#playPulse(select);
      else this.#playFrame(select.frame);
    }
    const end = this.options.end ?? this.#lastMoment();
    this.#passTo(end);
    if (this.options.sees.ready)
      matchPulses(
        {
          seen: this.tape.pulses,
          healthy: this.#reference.pulses.map(({ at, isAsserted }) => ({ isAsserted, at: this.#unshifted(at) })),
          resolution: this.options.resolution,
          isLeftOut: (at) => this.#isLeftOut(at) || !this.#canSeePulse(at) || at > end,
          frames: this.tape.selects,
        },
        this.#findings,
      );
    return this.#findings.report();
  }

  /** Levels that the host drives ring at their moments; a chip that is not fresh is warmed up first. */
  #begin(): void {
    const { isFresh } = this.options;
    const { chip } = this.#reference;
    if (!isFresh || this.tape.supply.length === 0) chip.setPower(true);
    if (!isFresh || this.tape.resets.length === 0) chip.setReset(false);
    const acts = [...this.#levelActs(), ...this.#interventionActs()].sort((a, b) => a.at - b.at);
    if (!isFresh) this.#warmUp((this.tape.selects[0]?.fall ?? 0) as Instant);
    this.#reference.await(acts);
  }

  #levelActs(): LevelAct[] {
    const { chip } = this.#reference;
    const { supply, resets } = this.tape;
    return [
      ...supply.map(({ at, isAsserted }) => ({
        at: this.#shifted(at),
        act: () => {
          chip.setPower(isAsserted);
          if (isAsserted) this.#findAgain(at);
        },
      })),
      ...[...resets, ...this.#unseenResets()].map(({ at, isAsserted }) => ({
        at: this.#shifted(at),
        act: () => {
          chip.setReset(isAsserted);
          if (!isAsserted && !this.options.sees.supply) this.#findAgain(at);
        },
      })),
    ];
  }

  /** Where nobody recorded TPM_RST_L, the first frame after a reset tells of it. [CHIP 1.3] */
  #unseenResets(): { readonly at: Instant; readonly isAsserted: boolean }[] {
    if (this.options.sees.reset) return [];
    let before: TapedFrame | undefined;
    return this.tape.selects.flatMap(({ frame }) => {
      if (frame === undefined) return [];
      const last = before;
      before = frame;
      if (last === undefined || readyAt(frame) < 0 || frame.received.subarray(0, HEADER).some((byte) => byte !== 0xff))
        return [];
      const gap = between(last.rise, frame.fall);
      if (gap < 3 * RESET_TIME.most) return [];
      const end = later(frame.fall, -2 * RESET_TIME.most as Duration);
      return [
        { at: later(last.rise, ms(1)), isAsserted: true },
        { at: end, isAsserted: false },
      ];
    });
  }

  #interventionActs(): LevelAct[] {
    const acts: LevelAct[] = [];
    const { chip } = this.#reference;
    for (const { from, to, effect } of this.options.interventions ?? []) {
      const at = (moment: Instant, act: () => void): void => {
        acts.push({ at: this.#shifted(moment), act });
      };
      switch (effect.kind) {
        case 'select':
          at(from, () => {
            chip.select();
          });
          at(later(from, effect.width), () => {
            chip.deselect();
          });
          break;
        case 'supply dip':
          at(from, () => {
            chip.setPower(false);
          });
          at(later(from, effect.width), () => {
            chip.setPower(true);
          });
          break;
        case 'sleep after':
        case 'wakes in':
          for (const moment of [from, to]) if (moment !== undefined) at(moment, () => this.#overrideSleep(moment));
          break;
        case 'chip lost':
          at(from, () => {
            this.#lose(from);
          });
      }
    }
    return acts;
  }

  #overrideSleep(moment: Instant): void {
    const sleep = this.#interventions.holds('sleep after', moment);
    const wake = this.#interventions.holds('wakes in', moment);
    this.#reference.override({
      ...(sleep && { sleepAfter: sleep.time }),
      ...(wake && { wakeLatency: wake.time }),
    });
  }

  /** Awake, with the frame behind it that a reset makes different. */
  #warmUp(first: Instant): void {
    const { chip } = this.#reference;
    this.#reference.passTo(later(this.#shifted(first), ns(-2e6)));
    chip.select();
    this.#reference.passTo(later(this.#reference.now, us(200)));
    for (const byte of [0x83, 0xd4, 0x0f, 0x00, ...new Array<number>(40).fill(0)])
      this.#reference.clockByte(byte, us(8));
    chip.deselect();
    this.#reference.passTo(later(this.#reference.now, us(400)));
    this.#reference.pulses.length = 0;
    this.#shown.clear();
  }

  #playPulse({ fall, rise }: TapedSelect): void {
    if (this.#interventions.next('wake pulse lost', fall, ({ pulses }) => pulses) !== undefined) return;
    this.#reference.chip.select();
    this.#passTo(rise);
    this.#reference.chip.deselect();
    this.#isHeld = false;
  }

  #playFrame(frame: TapedFrame): void {
    const { chip } = this.#reference;
    const flip = this.#interventions.next('bit sent', frame.fall, ({ frames }) => frames);
    const isHidden = this.#interventions.next('answers hidden', frame.fall, ({ frames }) => frames) !== undefined;
    this.#frame = frame;
    this.#isStalled = false;
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
    this.#passTo(frame.rise);
    this.#isHeld = frame.ending === 'held';
    if (this.#isLeftOut(frame.fall) || isHidden) this.#findings.leftOut++;
    else this.#compareFrame(frame, healthy);
    if (!this.#isHeld) chip.deselect();
  }

  #clockByte(mosi: number, at: number, times: ReturnType<typeof byteTimes>): number {
    this.#reference.passTo(this.#shifted(times.startOf(at)));
    return this.#reference.clockByte(mosi, times.length);
  }

  #compareFrame(frame: TapedFrame, healthy: Uint8Array): void {
    this.#findings.frames++;
    const behaviour = behaviourOf(frame);
    const at = this.#firstDifference(frame, healthy);
    if (at === undefined) {
      this.#findings.agree(behaviour);
      for (const shown of this.#shown) this.#findings.agree(shown);
      this.#shown.clear();
      this.#checkReadyTime(frame);
      return;
    }
    this.#shown.clear();
    this.#differ(frame, behaviour, ...this.#describe(frame, healthy, at));
  }

  #firstDifference(frame: TapedFrame, healthy: Uint8Array): number | undefined {
    const isDefined = this.options.isFresh ? () => true : definedBytes(frame, this.options.chip.firmware);
    const at = healthy.findIndex((byte, i) => byte !== frame.received[i] && isDefined(i));
    return at < 0 ? undefined : at;
  }

  #describe(frame: TapedFrame, healthy: Uint8Array, at: number): [DifferenceClass, string] {
    const ready = readyAt(frame);
    const healthyReady = healthy.indexOf(1, HEADER);
    if (ready < 0 && healthyReady >= 0)
      return ['order', `never said ready; a healthy chip does after ${healthyReady - HEADER} wait bytes`];
    if (ready >= 0 && healthyReady < 0)
      return ['order', `said ready after ${ready - HEADER} wait bytes; a healthy chip does not answer this frame`];
    if (at < HEADER && (frame.received[at] === 0xff || healthy[at] === 0xff))
      return [
        'order',
        frame.received[at] === 0xff
          ? 'was answered as the first frame after a reset; to a healthy chip it is a later one'
          : 'was answered as a later frame; to a healthy chip it is the first one after a reset',
      ];
    return ['value', valueSays(frame, healthy, at)];
  }

  /** The wait lies between the byte before the ready byte and the ready byte. */
  #checkReadyTime(frame: TapedFrame): void {
    const ready = readyAt(frame);
    if (ready < 0 || this.#isStalled || frame.received[0] === 0xff) return;
    const { waitBytes, headerLatency } = this.options.chip.timing ?? {};
    if (waitBytes !== undefined) return;
    const waits = ready - HEADER + (ready >= frame.elidedAt ? frame.elided : 0);
    const times = byteTimes(frame, this.options.sck);
    const least = Math.max(0, waits - 1) * times.length;
    const most = waits * times.length + times.slack;
    const band =
      headerLatency === undefined
        ? readyTime(isRead(frame), frame.fall < this.#writesFlashUntil)
        : { least: headerLatency, most: headerLatency };
    const behaviour = `wait bytes of a ${isRead(frame) ? 'read' : 'write'}`;
    if (most >= band.least && least <= band.most) this.#findings.agree(behaviour);
    else
      this.#differ(
        frame,
        behaviour,
        'time',
        `${waits} wait bytes, ${inUs(least as Duration)} to ${inUs(most as Duration)} us, were seen; a healthy chip needs ${inUs(band.least)} to ${inUs(band.most)} us`,
      );
  }

  #differ(frame: TapedFrame, behaviour: string, kind: DifferenceClass, says: string): void {
    this.#findings.differ({
      class: kind,
      at: frame.fall,
      frame: frame.index,
      step: frame.step,
      behaviour,
      says: `frame ${frame.index}, ${behaviour}: ${says}.`,
    });
  }

  /** The wait of the chip under test, which is checked apart. */
  #disturbFrame(): FrameDisturbance {
    const frame = this.#frame;
    const at = this.#unshifted(this.#reference.now);
    const { disturb } = this.#interventions.next('frame', at, ({ frames }) => frames) ?? {};
    if (frame === undefined) return { waitBytes: 4 };
    this.#isStalled = disturb?.waitBytes !== undefined || disturb?.stallTime !== undefined;
    if (disturb?.waitBytes !== undefined || this.options.chip.timing?.waitBytes !== undefined)
      return disturb ?? {};
    const ready = readyAt(frame);
    if (ready < 0) return disturb ?? {};
    const { stallTime: _, ...rest } = disturb ?? {};
    return { ...rest, waitBytes: ready - HEADER + (ready >= frame.elidedAt ? frame.elided : 0) };
  }

  #choose(name: LatencyName, band: Band): Duration {
    const now = this.#unshifted(this.#reference.now);
    if (this.#reference.now < this.#shift) return band.most;
    if (PARTS_OF_COMMAND.includes(name)) {
      this.#slack += band.most - band.least;
      if (name !== 'command') this.#writesFlashUntil = later(now, seconds(1));
      return band.least;
    }
    switch (name) {
      case 'task':
        this.#slack = band.most - band.least;
        return band.least;
      case 'pulse delay':
        return this.#pulseDelay(now, band);
      case 'pulse width':
        return this.#pulseWidth(now, band);
      case 'wake':
        this.#shown.add('wake');
        return this.#witness.untilServing(now, this.options.isFresh ? band : WAKE_TIME);
      case 'reset':
        this.#shown.add('reset');
        return this.#witness.untilServing(now, band);
      case 'boot':
        this.#shown.add('boot');
        this.#answers.restart();
        return this.#witness.untilBooted(now, band);
      default:
        return band.most;
    }
  }

  /** From CS rise to the pulse, as it was seen; where none was seen, so that frames merge as they did. */
  #pulseDelay(now: Instant, band: Band): Duration {
    const next = this.#witness.nextSelect(now)?.fall ?? Infinity;
    const pulse = this.#canSeePulse(now) ? this.#witness.nextPulse(now) : undefined;
    if (pulse !== undefined && pulse <= next && between(now, pulse) <= NO_PULSE_AFTER)
      return this.#checked('ready pulse delay', between(now, pulse), band);
    if (pulse !== undefined && between(now, pulse) <= band.most) return between(now, pulse);
    const frame = this.#witness.nextSelect(now)?.frame;
    const isMerged = frame !== undefined && !this.#canSeePulse(now) && readyAt(frame) < 0;
    if (this.#canSeePulse(now) || isMerged) return band.most;
    return Math.max(band.least, Math.min(next - now, band.most)) as Duration;
  }

  #pulseWidth(now: Instant, band: Band): Duration {
    const end = this.#canSeePulse(now) ? this.#witness.nextPulseEnd(now) : undefined;
    if (end === undefined || between(now, end) > NO_PULSE_AFTER) return band.most;
    return this.#checked('ready pulse width', between(now, end), band);
  }

  /** Takes what was seen, and says when it lies outside of its band. */
  #checked(behaviour: string, seen: Duration, band: Band): Duration {
    const { resolution } = this.options;
    const frame = this.#frame;
    if (frame === undefined || this.#isLeftOut(frame.fall)) return seen;
    if (seen >= band.least - 2 * resolution && seen <= band.most + 2 * resolution) this.#findings.agree(behaviour);
    else
      this.#differ(
        frame,
        behaviour,
        'time',
        `${showDuration(seen)} was seen; a healthy chip needs ${showDuration(band.least)} to ${showDuration(band.most)}`,
      );
    return seen;
  }

  #canSeePulse(at: Instant): boolean {
    return this.options.sees.ready && this.#interventions.holds('pulses hidden', at) === undefined;
  }

  #disturbCommand(): CommandDisturbance {
    const now = this.#unshifted(this.#reference.now);
    const fault = this.#interventions.next('command', now, ({ commands }) => commands);
    let isTimed = true;
    return {
      response: (healthy, command) => {
        isTimed = this.options.isFresh || isTimedCommand(command);
        return fault?.response?.(healthy) ?? this.#compareAnswer(command, healthy, now);
      },
      time: (least) => {
        const longest = isTimed ? least + this.#slack : LONGEST_COMMAND;
        const band = {
          least: Math.max(least, fault?.least ?? 0) as Duration,
          most: Math.max(longest, fault?.least ?? 0) as Duration,
        };
        return this.#responseTime(now, band);
      },
    };
  }

  #responseTime(now: Instant, band: Band): Duration {
    const { time, lateBy } = this.#witness.untilResponse(now, band);
    const frame = this.#frame;
    if (lateBy !== undefined && frame !== undefined && !this.#isLeftOut(now))
      this.#differ(
        frame,
        'time of a command',
        'time',
        `the answer is not there ${showDuration(lateBy)} after the longest time of a healthy chip, ${showDuration(band.most)}`,
      );
    return time;
  }

  #compareAnswer(command: Uint8Array, healthy: Uint8Array, now: Instant): Uint8Array {
    const { bytes, parts } = this.#witness.response(now);
    const compared = this.#answers.compare(command, healthy, bytes);
    if (this.#isLeftOut(now) || compared.isLeftOut === true) return compared.response;
    const name = nameOf(command);
    for (const why of compared.unknowable) this.#findings.checked(why);
    const { difference } = compared;
    if (difference === undefined) {
      this.#findings.agree(name);
      return compared.response;
    }
    const frame = parts.findLast(({ from }) => from <= difference.at)?.frame ?? this.#frame;
    if (frame !== undefined) this.#differ(frame, name, 'value', difference.says);
    return compared.response;
  }

  #lose(at: Instant): void {
    if (!this.#isLost) this.#lost.push({ from: at, to: Infinity as Instant });
    this.#isLost = true;
    this.#answers.cloud();
  }

  /** The chip started over after everything that nobody could follow. */
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

const isTimedCommand = (command: Uint8Array): boolean =>
  command.length >= 10 && IS_TIMED.has(new DataView(command.buffer, command.byteOffset).getUint32(6));
