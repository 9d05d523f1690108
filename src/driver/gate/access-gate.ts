import type { Clock } from '../../board/index.ts';
import { minus, plus, ZERO } from '../../units/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import type { Counters } from '../counters.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import type { HostTime, Stamp } from '../time/host-time.ts';
import type { ReadyRules, WakeRules } from '../profile.ts';
import type { ReadyEvidence } from './ready-evidence.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** How far the ready interrupt is trusted. [DRIVER 4.1] */
export type Trust = 'no-line' | 'unproven' | 'trusted' | 'given-up' | 'withdrawn';

/** One surplus edge is forgiven after this many frames without one. */
const CLEAN_FRAMES = 8;

interface GateParts {
  readonly clock: Clock;
  readonly time: HostTime;
  readonly ready: ReadyRules;
  readonly wake: WakeRules | undefined;
  readonly evidence: ReadyEvidence;
  readonly hasInterrupt: boolean;
  readonly counters: Counters;
  readonly log: DeviceLog;
}

/**
 * What comes before every access. First the pause: the chip has to digest the last frame, and says with a ready pulse
 * when it has. Then the wake check: a chip that may be asleep has to be woken. [DRIVER 1.4] [DRIVER 1.5]
 *
 * How long the pause is depends on how far the ready line is trusted. The table says what moves the trust and what an
 * access waits for; "delay" is `delayWithout` of the profile, "pulse" a ready pulse or `timeout`, whichever comes first.
 *
 * | state     | an access waits for                              | next state, and what leads there                       |
 * | --------- | ------------------------------------------------ | ------------------------------------------------------ |
 * | no-line   | the delay                                        | none                                                   |
 * | unproven  | the delay; evidence `counted` ends it at an edge | trusted: enough pulses; given-up: too many checks      |
 * | trusted   | a pulse                                          | withdrawn: pulses missed in a row, or surplus edges    |
 * | given-up  | as unproven, but nothing is counted              | unproven: a resume that starts afresh                  |
 * | withdrawn | the delay                                        | unproven: a resume that starts afresh                  |
 *
 * Only `recommended` has the rules that lead to withdrawn, and the resume that starts afresh.
 */
export class AccessGate {
  #trust: Trust;
  /** Unproven: checks of the line so far, or failed ones, as the profile counts. */
  #attempts = 0;
  /** Unproven: pulses that came as they should. */
  #proofs = 0;
  /** Trusted: frames in a row whose pulse did not come. */
  #missedInARow = 0;
  /** Trusted: edges that no frame explains, less what was forgiven. */
  #surplusEdges = 0;
  /** Number of the evidence's extra edges that were already counted. */
  #extraCounted = 0;
  /** The longest pause after a frame that should be followed by a pulse. */
  #pulseLimit: Duration;
  #lastAccess: Stamp;
  /** Until then the chip needs no waking. */
  #awakeUntil: Stamp;
  /** The last access put a frame on the bus that should be followed by a pulse. */
  #awaitsPulse: boolean;
  #isFirst = true;

  constructor(private readonly parts: GateParts) {
    this.#trust = parts.hasInterrupt ? 'unproven' : 'no-line';
    this.#pulseLimit = parts.ready.delayWithout;
    this.#lastAccess = parts.time.now();
    this.#awakeUntil = this.#lastAccess;
    this.#awaitsPulse = parts.ready.pausesBeforeFirstAccess === 'always';
  }

  get trust(): Trust {
    return this.#trust;
  }

  /** Lets the next access through when its pause is over; undefined when that is at once. */
  pace(): Work<void> | undefined {
    const { time, evidence, counters, ready } = this.parts;
    if (this.#isFirst && !this.#pausesFirst()) {
      counters.readyWaits.skipped++;
      return undefined;
    }
    const now = time.now();
    const delay = this.#awaitsPulse ? this.#pulseLimit : ready.delayWithout;
    const allowed = time.add(this.#lastAccess, delay);
    if (!time.isWithin(now, this.#lastAccess, allowed)) {
      counters.readyWaits.skipped++;
      this.#noteOutcome(ready.evidence === 'after-frame' && this.#cameOnePulse());
      return undefined;
    }
    if (this.#sleepsWholePause()) return this.#sleepThenLook(time.waitUntil(now, allowed));
    if (this.#ignoresLine()) return this.#sleepUnheeding(time.waitUntil(now, allowed));
    if (evidence.take()) {
      counters.readyWaits.hit++;
      this.#noteOutcome(true);
      return this.#ignoresLine() ? this.#sleepRest() : undefined;
    }
    return this.#wait(time.waitUntil(now, allowed));
  }

  /** True when the chip has to be woken before the next frame. */
  needsWaking(): boolean {
    const { time, wake } = this.parts;
    return wake !== undefined && !time.isWithin(time.now(), this.#lastAccess, this.#awakeUntil);
  }

  /** How long a wake pulse has to wait so that the chip does not fall asleep between it and the frame. */
  untilClearOfEdge(): Duration {
    const { time, wake } = this.parts;
    if (wake?.edge === undefined) return ZERO;
    const { at, margin } = wake.edge;
    const now = time.now();
    const end = time.add(this.#lastAccess, plus(at, margin));
    return time.isWithin(now, time.add(this.#lastAccess, minus(at, margin)), end)
      ? time.waitUntil(now, end)
      : ZERO;
  }

  /** The wake check is over, with a pulse or without. */
  wakeChecked(): void {
    const { time, wake } = this.parts;
    if (wake?.since === 'check') this.#awakeUntil = time.add(time.now(), wake.awakeFor);
  }

  /** How long the host sleeps between the wake pulse and the frame. */
  settleTime(): Duration {
    const { wake, time } = this.parts;
    if (wake === undefined) return ZERO;
    return wake.settle.kind === 'coarse' ? time.coarseSleep(wake.settle.time) : wake.settle.atMost;
  }

  /** An access reached its data at `data`, and CS rose at `end`. */
  accessEnded(data: Instant, end: Instant): void {
    this.parts.evidence.frameEnded(data, end);
    this.#awaitsPulse = true;
    this.#ended();
  }

  /** An access failed before its data. */
  accessFailed(): void {
    const { evidence, clock, ready } = this.parts;
    evidence.frameFailed(clock.now());
    if (ready.evidence === 'after-frame') this.#awaitsPulse = false;
    this.#ended();
  }

  /** The host was asleep, and the chip may be. [DRIVER 1.12] */
  resumed(startsAfresh: boolean): void {
    const { time, evidence } = this.parts;
    this.#awakeUntil = time.now();
    if (!startsAfresh) return;
    this.#lastAccess = this.#awakeUntil;
    this.#awaitsPulse = false;
    evidence.forget();
    if (this.#trust === 'withdrawn' || this.#trust === 'given-up') this.#trustAgain();
  }

  /** The line may have been silent only because the chip had no power: it is put to the proof again. */
  #trustAgain(): void {
    this.#trust = 'unproven';
    this.#attempts = 0;
    this.#proofs = 0;
    this.#missedInARow = 0;
    this.#surplusEdges = 0;
  }

  #pausesFirst(): boolean {
    const { ready, hasInterrupt } = this.parts;
    const when = ready.pausesBeforeFirstAccess;
    return when === 'always' || (when === 'without-line' && !hasInterrupt);
  }

  #ended(): void {
    const { time, wake } = this.parts;
    this.#isFirst = false;
    this.#lastAccess = time.now();
    if (wake?.since === 'end') this.#awakeUntil = time.add(this.#lastAccess, wake.awakeFor);
  }

  /** Edges of an unproven line do not end a pause, since they may be noise. The kernel's drivers let them. [BUGS L-09] */
  #sleepsWholePause(): boolean {
    return this.#trust === 'unproven' && this.parts.ready.evidence === 'after-frame';
  }

  *#sleepThenLook(pause: Duration): Work<void> {
    const { clock, counters } = this.parts;
    yield* waited(clock.sleep(pause));
    const isHit = this.#cameOnePulse();
    if (isHit) counters.readyWaits.hit++;
    else counters.readyWaits.timeout++;
    this.#noteOutcome(isHit);
  }

  /**
   * Whether a pulse came for the last frame. An unproven line must show exactly one: a second edge is noise, and then the
   * pulses seen before prove nothing.
   */
  #cameOnePulse(): boolean {
    const { evidence } = this.parts;
    if (!evidence.take()) return false;
    if (this.#trust !== 'unproven') return true;
    const isAlone = !evidence.take() && evidence.extra === this.#extraCounted;
    while (evidence.take());
    this.#extraCounted = evidence.extra;
    if (!isAlone) this.#proofs = 0;
    return isAlone;
  }

  /** Edges of a line that lost its trust do not end a pause. The kernel's drivers let them. [BUGS L-07] [BUGS L-09] */
  #ignoresLine(): boolean {
    if (this.parts.ready.evidence === 'counted') return false;
    return this.#trust === 'withdrawn' || this.#trust === 'given-up';
  }

  *#sleepUnheeding(pause: Duration): Work<void> {
    const { evidence, counters, clock } = this.parts;
    evidence.forget();
    counters.readyWaits.timeout++;
    yield* waited(clock.sleep(pause));
  }

  /** Sleeps the rest of a pause that an edge ended, when that edge turned out to be noise. */
  #sleepRest(): Work<void> | undefined {
    const { time, ready } = this.parts;
    const now = time.now();
    const allowed = time.add(this.#lastAccess, ready.delayWithout);
    return time.isWithin(now, this.#lastAccess, allowed)
      ? this.#sleepUnheeding(time.waitUntil(now, allowed))
      : undefined;
  }

  *#wait(limit: Duration): Work<void> {
    const { evidence, counters, log } = this.parts;
    const isHit = yield* evidence.wait(limit);
    if (isHit) counters.readyWaits.hit++;
    else {
      counters.readyWaits.timeout++;
      if (this.#expectsPulse()) log.warn('Timeout waiting for TPM ready IRQ');
    }
    this.#noteOutcome(isHit);
    const rest = isHit && this.#ignoresLine() ? this.#sleepRest() : undefined;
    if (rest !== undefined) yield* rest;
  }

  /** Whether a wait that ran out is worth a warning. */
  #expectsPulse(): boolean {
    const { ready, evidence } = this.parts;
    if (ready.evidence === 'counted') return evidence.isSeen;
    return this.#trust === 'trusted' && this.#awaitsPulse;
  }

  #noteOutcome(isHit: boolean): void {
    if (this.#trust === 'unproven') this.#gatherProof(isHit);
    else if (this.#trust === 'trusted' && this.parts.ready.distrust !== undefined) this.#gatherDoubt(isHit);
  }

  #gatherProof(isHit: boolean): void {
    const { ready, evidence, log } = this.parts;
    const { confirmation } = ready;
    if (confirmation.counts === 'checks') this.#attempts++;
    if (isHit) this.#proofs++;
    const isProven = confirmation.proofs === 1 ? evidence.isSeen : this.#proofs >= confirmation.proofs;
    if (isProven) {
      this.#trust = 'trusted';
      this.#pulseLimit = ready.timeout;
      log.info(`TPM ready IRQ confirmed on attempt ${this.#attempts}`);
      return;
    }
    if (confirmation.counts === 'failures') this.#attempts++;
    if (this.#attempts > confirmation.limit) {
      this.#trust = 'given-up';
      log.warn('IRQ not confirmed - will use delays');
    }
  }

  #gatherDoubt(isHit: boolean): void {
    const { ready, evidence } = this.parts;
    if (isHit) this.#missedInARow = 0;
    else if (this.#awaitsPulse) this.#missedInARow++;
    const extra = evidence.extra;
    this.#surplusEdges = Math.max(this.#surplusEdges + extra - this.#extraCounted - 1 / CLEAN_FRAMES, 0);
    this.#extraCounted = extra;
    if (this.#missedInARow >= (ready.distrust?.missing ?? Infinity))
      this.#withdrawTrust('TPM ready IRQ lost');
    else if (this.#surplusEdges >= (ready.distrust?.extra ?? Infinity))
      this.#withdrawTrust('TPM ready IRQ noisy');
  }

  #withdrawTrust(reason: string): void {
    this.#trust = 'withdrawn';
    this.#pulseLimit = this.parts.ready.delayWithout;
    this.parts.log.warn(`${reason} - will use delays`);
  }
}
