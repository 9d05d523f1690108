import type { Band, CommandDisturbance, LatencyName } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { between, later, minus, seconds, showDuration, ZERO } from '../units/index.ts';
import { FLUSH_TIME, HELD_AFTER_RESET, PULSE_DELAY, RESET_UNCERTAINTY } from './bands.ts';
import type { Findings } from './findings.ts';
import type { Interventions } from './interventions.ts';
import type { TapedFrame } from './tape.ts';
import type { TpmAnswers } from './tpm-answers.ts';
import { nameOf } from './tpm-answers.ts';
import type { Witness } from './witness.ts';

/** Command codes whose time was measured. [CHIP 8] */
const IS_TIMED: ReadonlySet<number> = new Set([0x121, 0x137, 0x138, 0x144, 0x145, 0x14e, 0x182]);
/** Maximum for a command of a real chip where no source tells its time. [CHIP 4.4] */
const MAX_COMMAND = seconds(900);
/** The chip may write flash for this long after a command that changes it. */
const WRITING = seconds(1);

type PartOfCommand = Extract<LatencyName, 'task' | 'command' | 'commit' | 'flush' | 'block' | 'erase'>;

/** The parts of the twin that a command watch works with. */
export interface CommandParts {
  readonly witness: Witness;
  readonly answers: TpmAnswers;
  readonly interventions: Interventions;
  readonly findings: Findings;
  readonly isFresh: boolean;
}

/** What a command watch asks the twin about a moment. */
export interface CommandHost {
  canSeePulse(at: Instant): boolean;
  isLeftOut(at: Instant): boolean;
  lastFrame(): TapedFrame | undefined;
}

/** Compares each response of the TPM, and the time that it took, with those of a healthy chip. */
export class CommandWatch {
  /** When the last TPM reset was over. */
  resetAt = 0 as Instant;
  #taskSlack = ZERO;
  /** Sum over the parts of the command under way: the maximum less the minimum of each, in nanoseconds. */
  #slack = 0;
  #writesUntil = -Infinity;

  constructor(
    private readonly parts: CommandParts,
    private readonly host: CommandHost,
  ) {}

  writesFlash(at: Instant): boolean {
    return at < this.#writesUntil;
  }

  /**
   * Chooses the minimum for each part of a command. `disturb` compares the time of the whole command, when it ends.
   */
  choose(name: PartOfCommand, { least, most }: Band, now: Instant): Duration {
    const slack = minus(most, least);
    if (name === 'task') {
      this.#taskSlack = slack;
      this.#slack = 0;
    } else if (name !== 'command') this.#writesUntil = later(now, WRITING);
    this.#slack += slack;
    return least;
  }

  /** To be called when the chip has fetched a command. */
  disturb(now: Instant): CommandDisturbance {
    const fault = this.parts.interventions.next('command', now, ({ commands }) => commands);
    let isTimed = true;
    return {
      response: (healthy, command) => {
        isTimed = this.parts.isFresh || isTimedCommand(command);
        return fault?.response?.(healthy) ?? this.#compareAnswer(command, healthy, now);
      },
      time: (least) => {
        const flush = this.#mayFlush(now) ? FLUSH_TIME : ZERO;
        const longest = isTimed ? least + this.#slack + flush : MAX_COMMAND;
        const shortest = Math.max(least - flush, fault?.least ?? 0) - this.#goUncertainty(now);
        return this.#responseTime(now, {
          least: Math.max(0, shortest) as Duration,
          most: Math.max(longest, (fault?.least ?? 0) + this.#taskSlack) as Duration,
        });
      },
    };
  }

  /** Whether `now` is so close to the first flash write after a reset that the chip may or may not be writing. */
  #mayFlush(now: Instant): boolean {
    const begins = later(this.resetAt, HELD_AFTER_RESET);
    return Math.abs(between(begins, now)) <= RESET_UNCERTAINTY;
  }

  /**
   * How far the moment is unknown at which the chip handled tpmGo. The ready pulse shows it, where pulses are seen.
   */
  #goUncertainty(now: Instant): Duration {
    const before = later(now, minus(ZERO, PULSE_DELAY.most));
    return this.host.canSeePulse(before) && this.host.canSeePulse(now) ? ZERO : PULSE_DELAY.most;
  }

  #responseTime(now: Instant, band: Band): Duration {
    const { time, lateBy } = this.parts.witness.untilResponse(now, band);
    const frame = this.host.lastFrame();
    if (lateBy !== undefined && frame !== undefined && !this.host.isLeftOut(now))
      this.parts.findings.differIn(frame, 'time of a command', {
        class: 'time',
        says: `the answer is not there ${showDuration(lateBy)} after the longest time of a healthy chip, ${showDuration(band.most)}`,
      });
    return time;
  }

  #compareAnswer(command: Uint8Array, healthy: Uint8Array, now: Instant): Uint8Array {
    const { witness, answers, findings } = this.parts;
    const { bytes, parts } = witness.response(now);
    const { response, difference, unknowable, isLeftOut } = answers.compare(command, healthy, bytes);
    if (this.host.isLeftOut(now) || isLeftOut === true) return response;
    const name = nameOf(command);
    for (const why of unknowable) findings.checked(why);
    const frame = parts.findLast(({ from }) => from <= (difference?.at ?? 0))?.frame ?? this.host.lastFrame();
    if (difference === undefined) findings.agree(name);
    else if (frame !== undefined) findings.differIn(frame, name, { class: 'value', says: difference.says });
    return response;
  }
}

const isTimedCommand = (command: Uint8Array): boolean =>
  command.length >= 10 && IS_TIMED.has(new DataView(command.buffer, command.byteOffset).getUint32(6));
