import type { Band, CommandDisturbance, LatencyName } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { later, minus, plus, seconds, showDuration, ZERO } from '../units/index.ts';
import { COMMIT_TIME, FLUSH_TIME, HELD_AFTER_RESET, PULSE_DELAY, RESET_UNCERTAINTY } from './bands.ts';
import type { Findings } from './findings.ts';
import type { Interventions } from './interventions.ts';
import type { TapedFrame } from './tape.ts';
import type { TpmAnswers } from './tpm-answers.ts';
import { nameOf } from './tpm-answers.ts';
import type { AwaitedResponse, Witness } from './witness.ts';

/** Command codes whose time was measured. [CHIP 8] */
const IS_TIMED: ReadonlySet<number> = new Set([0x121, 0x137, 0x138, 0x144, 0x145, 0x14e, 0x182]);
/** Maximum for a command of a real chip where no source tells its time. [CHIP 4.4] */
const MAX_COMMAND = seconds(900);
/** The chip may write flash for this long after a command that changes it. */
const WRITING = seconds(1);

const NONE = new Uint8Array();

type PartOfCommand = Extract<LatencyName, 'task' | 'command' | 'commit' | 'flush' | 'block' | 'erase'>;

/** The parts of the twin that a command watch works with. */
export interface CommandParts {
  readonly witness: Witness;
  readonly answers: TpmAnswers;
  readonly interventions: Interventions;
  readonly findings: Findings;
  readonly isFresh: boolean;
  /** How far a latency that was drawn may be off. */
  readonly uncertainty: Duration;
}

/** What a command watch asks the twin about a moment. */
export interface CommandHost {
  /** The reference chip draws each latency that the chip draws. */
  isExact(): boolean;
  canSeePulse(at: Instant): boolean;
  isLeftOut(at: Instant): boolean;
  lastFrame(): TapedFrame | undefined;
  /** Whether the reference chip has a response to be read. */
  hasResponse(): boolean;
}

/** Compares each response of the TPM, and the time that it took, with those of a healthy chip. */
export class CommandWatch {
  /** When the last TPM reset was over. */
  resetAt = 0 as Instant;
  /**
   * A command runs that was fetched while the response to the one before was still there. Nobody can tell when its
   * response takes the place of that one. [CHIP 4.3]
   */
  overwrites = false;
  #taskSlack = ZERO;
  /** Sum over the parts of the command under way: the maximum less the minimum of each, in nanoseconds. */
  #slack = 0;
  /** Sum over the parts after the fetch: the minimum of each, in nanoseconds. */
  #least = 0;
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
      this.#least = 0;
    } else {
      this.#least += least;
      if (name !== 'command') this.#writesUntil = later(now, WRITING);
    }
    this.#slack += slack;
    return least;
  }

  /** To be called when the chip has fetched a command. */
  disturb(now: Instant): CommandDisturbance {
    const fault = this.parts.interventions.next('command', now, ({ commands }) => commands);
    const isOldThere = this.host.hasResponse();
    this.overwrites = isOldThere && !this.host.isExact();
    let isTimed = true;
    let awaited: AwaitedResponse = { since: now, healthy: NONE, least: ZERO, isOldThere };
    return {
      response: (healthy, command) => {
        isTimed = this.parts.isFresh || isTimedCommand(command);
        const given = fault?.response?.(healthy) ?? healthy;
        awaited = { ...awaited, healthy: given, least: Math.max(this.#least, fault?.least ?? 0) as Duration };
        return fault?.response === undefined ? this.#compareAnswer(command, awaited) : given;
      },
      time: (least) => {
        const flush = this.#flushUncertainty(now);
        const spread = this.#slack + flush + (this.host.isExact() ? this.parts.uncertainty : 0);
        const longest = isTimed ? least + spread : MAX_COMMAND;
        const shortest = Math.max(least - flush, fault?.least ?? 0) - this.#goUncertainty(now);
        return this.#responseTime(awaited, {
          least: Math.max(0, shortest) as Duration,
          most: Math.max(longest, (fault?.least ?? 0) + this.#taskSlack) as Duration,
        });
      },
    };
  }

  /**
   * How far the time is unknown that a command waits for the first flash write after a reset. Close to the beginning
   * of the write the chip may or may not be writing, and may or may not hold back what the command itself writes. Later the end of the write is as unknown as the reset.
   */
  #flushUncertainty(now: Instant): Duration {
    const since = now - later(this.resetAt, HELD_AFTER_RESET);
    const uncertainty = this.host.isExact() ? 2 * this.parts.uncertainty : RESET_UNCERTAINTY;
    if (Math.abs(since) <= uncertainty) return plus(FLUSH_TIME, COMMIT_TIME);
    return (since > 0 && since <= FLUSH_TIME + uncertainty ? uncertainty : 0) as Duration;
  }

  /**
   * How far the moment is unknown at which the chip handled tpmGo. The ready pulse shows it, where pulses are seen.
   */
  #goUncertainty(now: Instant): Duration {
    if (this.host.isExact()) return this.parts.uncertainty;
    const before = later(now, minus(ZERO, PULSE_DELAY.most));
    return this.host.canSeePulse(before) && this.host.canSeePulse(now) ? ZERO : PULSE_DELAY.most;
  }

  #responseTime(awaited: AwaitedResponse, band: Band): Duration {
    const { time, lateBy } = this.parts.witness.untilResponse(awaited, band);
    const frame = this.host.lastFrame();
    if (lateBy !== undefined && frame !== undefined && !this.host.isLeftOut(awaited.since))
      this.parts.findings.differIn(frame, 'time of a command', {
        class: 'time',
        says: `the answer is not there ${showDuration(lateBy)} after the longest time of a healthy chip, ${showDuration(band.most)}`,
      });
    return time;
  }

  #compareAnswer(command: Uint8Array, awaited: AwaitedResponse): Uint8Array {
    const { witness, answers, findings } = this.parts;
    const { bytes, parts, isContested } = witness.response(awaited);
    const { response, difference, unknowable, isLeftOut } = answers.compare(command, awaited.healthy, bytes);
    if (this.host.isLeftOut(awaited.since) || isLeftOut === true || isContested) return response;
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
