import type { Band, LatencyName } from '../sim/index.ts';
import { EARLY_PULSE } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { between, later, plus, showDuration, us, ZERO } from '../units/index.ts';
import { NO_PULSE_AFTER, PULSE_DELAY, WAKE_TIME } from './bands.ts';
import type { CommandWatch } from './command-watch.ts';
import type { Findings } from './findings.ts';
import type { Interventions } from './interventions.ts';
import type { TapedFrame } from './tape.ts';
import type { TpmAnswers } from './tpm-answers.ts';
import type { Witness } from './witness.ts';

/** The parts of the twin that its latencies are found with. */
export interface LatencyParts {
  readonly witness: Witness;
  readonly answers: TpmAnswers;
  readonly commands: CommandWatch;
  readonly interventions: Interventions;
  readonly findings: Findings;
  readonly isFresh: boolean;
  /** How far a stamp may be from the truth. */
  readonly resolution: Duration;
  /** How far a latency that was drawn may be off. */
  readonly uncertainty: Duration;
}

/** What the latencies ask the twin about a moment. */
export interface LatencyHost {
  canSeePulse(at: Instant): boolean;
  isLeftOut(at: Instant): boolean;
  lastFrame(): TapedFrame | undefined;
}

/** The band of the model, and what it draws from that band. */
interface Asked {
  readonly wide: Band;
  readonly drawn: () => Duration;
}

/**
 * Finds the latencies of the reference chip: those that the trace shows of the chip under test, or, where that is our own
 * model, those that it draws.
 */
export class Latencies {
  /** Until then the chip may or may not listen. */
  unsureUntil = 0 as Instant;
  /** Behaviours that the next frame proves right or wrong, such as `wake`. */
  readonly shown = new Set<string>();

  constructor(
    private readonly parts: LatencyParts,
    private readonly host: LatencyHost,
    /** The twin has followed a chip of our own model from its beginning, and draws each latency that it draws. */
    public isExact: boolean,
  ) {}

  /** Chooses one, now: the band of the model, and what it draws from that band. */
  choose(name: LatencyName, now: Instant, { wide, drawn }: Asked): Duration {
    const { answers, commands, witness, isFresh } = this.parts;
    const band = this.isExact && !this.#isPinned(name, now) ? only(drawn()) : wide;
    switch (name) {
      case 'task':
      case 'command':
      case 'commit':
      case 'flush':
      case 'block':
      case 'erase':
        return commands.choose(name, band, now);
      case 'pulse delay':
        return this.#pulseDelay(now, isFresh ? band : PULSE_DELAY);
      case 'early pulse delay':
        return this.#pulseDelay(now, isFresh ? band : PULSE_DELAY, EARLY_PULSE);
      case 'pulse width':
        return this.#pulseWidth(now, band);
      case 'wake':
        this.shown.add('wake');
        return this.#untilListening(now, this.#wakeBand(now, band));
      case 'reset': {
        this.shown.add('reset');
        answers.reset();
        const time = this.#untilListening(now, band);
        commands.resetAt = later(now, time);
        commands.overwrites = false;
        return time;
      }
      case 'boot':
        this.shown.add('boot');
        answers.restart();
        return witness.untilBooted(now, this.isExact ? this.#around(band) : band);
      default:
        return band.most;
    }
  }

  /** The trace says how long a stall was, and a fault how long the chip takes to wake: nothing is drawn. */
  #isPinned(name: LatencyName, now: Instant): boolean {
    return (
      name === 'header' || (name === 'wake' && this.parts.interventions.holds('wakes in', now) !== undefined)
    );
  }

  /** Until the band ends, nobody knows whether the chip listens yet. It may hear any part of a frame. */
  #untilListening(now: Instant, wide: Band): Duration {
    const band = this.isExact ? this.#around(wide) : wide;
    this.unsureUntil = later(now, plus(band.most, us(1)));
    return this.parts.witness.untilListening(now, band);
  }

  #around({ least, most }: Band): Band {
    const { uncertainty } = this.parts;
    return { least: Math.max(0, least - uncertainty) as Duration, most: plus(most, uncertainty) };
  }

  #wakeBand(now: Instant, band: Band): Band {
    const fault = this.parts.interventions.holds('wakes in', now);
    if (fault !== undefined) return { least: fault.time, most: fault.time };
    return this.parts.isFresh ? band : WAKE_TIME;
  }

  /**
   * From CS rise to the ready pulse, as the trace shows it. Where it shows none, the time that explains how frames
   * merge: the chip has handled the frame `handledAfter` behind the pulse.
   */
  #pulseDelay(now: Instant, band: Band, handledAfter = ZERO): Duration {
    if (this.isExact) return this.#checkedDelay(now, band.least);
    const next = this.parts.witness.nextSelect(now);
    const canSee = this.host.canSeePulse(now) && this.host.canSeePulse(later(now, band.most));
    const pulse = canSee ? this.parts.witness.nextPulse(now) : undefined;
    if (pulse !== undefined && pulse <= next && between(now, pulse) <= NO_PULSE_AFTER)
      return this.#checked('ready pulse delay', between(now, pulse), band);
    if (pulse !== undefined && between(now, pulse) <= band.most) return between(now, pulse);
    return this.parts.witness.untilNoticed(now, band, { handledAfter, hasNoPulse: canSee });
  }

  /** A pulse comes when the chip has drawn it. Where the next frame takes its place, `matchPulses` looks at it. */
  #checkedDelay(now: Instant, drawn: Duration): Duration {
    const pulse = this.host.canSeePulse(now) ? this.parts.witness.nextPulse(now) : undefined;
    const isOfFrame = pulse !== undefined && pulse <= this.parts.witness.nextSelect(now);
    if (isOfFrame && between(now, pulse) <= NO_PULSE_AFTER)
      this.#checked('ready pulse delay', between(now, pulse), only(drawn));
    return drawn;
  }

  #pulseWidth(now: Instant, band: Band): Duration {
    const isSeen = this.host.canSeePulse(now) && this.parts.witness.nextPulse(now) === now;
    const end = isSeen ? this.parts.witness.nextPulseEnd(now) : undefined;
    if (end === undefined || between(now, end) > NO_PULSE_AFTER) return band.most;
    const width = this.#checked('ready pulse width', between(now, end), band);
    return this.isExact ? band.most : width;
  }

  /** Takes the time that was seen, and tells when it lies outside of its band. */
  #checked(behaviour: string, seen: Duration, band: Band): Duration {
    const { findings, resolution } = this.parts;
    const frame = this.host.lastFrame();
    if (frame === undefined || frame.fall < this.unsureUntil || this.host.isLeftOut(frame.fall)) return seen;
    if (seen >= band.least - 2 * resolution && seen <= band.most + 2 * resolution) findings.agree(behaviour);
    else
      findings.differIn(frame, behaviour, {
        class: 'time',
        says: `${showDuration(seen)} was seen; a healthy chip needs ${showBand(band)}`,
      });
    return seen;
  }
}

const only = (time: Duration): Band => ({ least: time, most: time });

const showBand = ({ least, most }: Band): string =>
  least === most ? showDuration(least) : `${showDuration(least)} to ${showDuration(most)}`;
