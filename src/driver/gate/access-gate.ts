import type { Clock } from '../../board/index.ts';
import { minus, plus, ZERO } from '../../units/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import type { Counters } from '../counters.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import type { HostTime, Stamp } from '../time/host-time.ts';
import type { ReadyRules, WakeRules } from '../profile.ts';
import type { ReadyEvidence } from './ready-evidence.ts';

/** How far the ready interrupt is trusted. [DRIVER 4.1] */
export type Trust = 'no-line' | 'unproven' | 'trusted' | 'given-up' | 'withdrawn';

/** So many frames without a surplus edge forgive one that had one. */
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
 * What comes before every access: the pause until the chip has digested the last frame, with the bookkeeping of how far
 * its ready pulse is trusted, and the decision whether it has to be woken. [DRIVER 1.4] [DRIVER 1.5]
 */
export class AccessGate {
  #trust: Trust;
  #attempt = 0;
  #proofs = 0;
  #missing = 0;
  #surplus = 0;
  #extraSeen = 0;
  #delay: Duration;
  #lastAccess: Stamp;
  #awakeUntil: Stamp;
  /** The last access put a frame on the bus that should be followed by a pulse. */
  #awaitsPulse: boolean;
  #isFirst = true;

  constructor(private readonly parts: GateParts) {
    this.#trust = parts.hasInterrupt ? 'unproven' : 'no-line';
    this.#delay = parts.ready.delayWithout;
    this.#lastAccess = parts.time.now();
    this.#awakeUntil = this.#lastAccess;
    this.#awaitsPulse = parts.ready.waitsBeforeFirstAccess;
  }

  get trust(): Trust {
    return this.#trust;
  }

  /** Lets the next access through when its pause is over; undefined when that is at once. */
  pace(): Promise<void> | undefined {
    const { time, evidence, counters, ready } = this.parts;
    if (this.#isFirst && !ready.waitsBeforeFirstAccess) {
      counters.readyWaits.skipped++;
      return undefined;
    }
    const now = time.now();
    const delay = this.#awaitsPulse ? this.#delay : ready.delayWithout;
    const allowed = time.add(this.#lastAccess, delay);
    if (!time.isWithin(now, this.#lastAccess, allowed)) {
      counters.readyWaits.skipped++;
      this.#check(ready.evidence === 'after-frame' && this.#isPulsedOnce());
      return undefined;
    }
    if (this.#examines()) return this.#examine(time.waitUntil(now, allowed));
    if (this.#isDisbelieved()) return this.#sleep(time.waitUntil(now, allowed));
    if (evidence.take()) {
      counters.readyWaits.hit++;
      this.#check(true);
      return this.#isDisbelieved() ? this.#makeUp() : undefined;
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
    if (this.#trust === 'withdrawn' || this.#trust === 'given-up') this.#startOver();
  }

  /** A line that was silent while the chip had no power gets another chance. */
  #startOver(): void {
    this.#trust = 'unproven';
    this.#attempt = 0;
    this.#proofs = 0;
    this.#missing = 0;
    this.#surplus = 0;
  }

  #ended(): void {
    const { time, wake } = this.parts;
    this.#isFirst = false;
    this.#lastAccess = time.now();
    if (wake?.since === 'end') this.#awakeUntil = time.add(this.#lastAccess, wake.awakeFor);
  }

  /** Until the line is proven it does not end a pause: noise would. The kernel's drivers let it. [BUGS L-09] */
  #examines(): boolean {
    return this.#trust === 'unproven' && this.parts.ready.evidence === 'after-frame';
  }

  async #examine(pause: Duration): Promise<void> {
    const { clock, counters } = this.parts;
    await clock.sleep(pause);
    const isHit = this.#isPulsedOnce();
    if (isHit) counters.readyWaits.hit++;
    else counters.readyWaits.timeout++;
    this.#check(isHit);
  }

  /** One pulse came for the last frame. While the line is unproven a second one is none of the chip's: proofs are void. */
  #isPulsedOnce(): boolean {
    const { evidence } = this.parts;
    if (!evidence.take()) return false;
    if (this.#trust !== 'unproven') return true;
    const isAlone = !evidence.take() && evidence.extra === this.#extraSeen;
    while (evidence.take());
    this.#extraSeen = evidence.extra;
    if (!isAlone) this.#proofs = 0;
    return isAlone;
  }

  /** A line that is not believed does not end a pause either; the kernel's drivers let it. [BUGS L-07] [BUGS L-09] */
  #isDisbelieved(): boolean {
    if (this.parts.ready.evidence === 'counted') return false;
    return this.#trust === 'withdrawn' || this.#trust === 'given-up';
  }

  async #sleep(pause: Duration): Promise<void> {
    const { evidence, counters, clock } = this.parts;
    evidence.forget();
    counters.readyWaits.timeout++;
    await clock.sleep(pause);
  }

  /** The edge that ended this pause turned out to be noise: the rest of it is slept. */
  #makeUp(): Promise<void> | undefined {
    const { time, ready } = this.parts;
    const now = time.now();
    const allowed = time.add(this.#lastAccess, ready.delayWithout);
    return time.isWithin(now, this.#lastAccess, allowed)
      ? this.#sleep(time.waitUntil(now, allowed))
      : undefined;
  }

  async #wait(limit: Duration): Promise<void> {
    const { evidence, counters, log } = this.parts;
    const isHit = await evidence.wait(limit);
    if (isHit) counters.readyWaits.hit++;
    else {
      counters.readyWaits.timeout++;
      if (this.#expectsPulse()) log.warn('Timeout waiting for TPM ready IRQ');
    }
    this.#check(isHit);
    if (isHit && this.#isDisbelieved()) await this.#makeUp();
  }

  /** Whether a wait that ran out is worth a warning. */
  #expectsPulse(): boolean {
    const { ready, evidence } = this.parts;
    if (ready.evidence === 'counted') return evidence.isSeen;
    return this.#trust === 'trusted' && this.#awaitsPulse;
  }

  #check(isHit: boolean): void {
    if (this.#trust === 'unproven') this.#confirm(isHit);
    else if (this.#trust === 'trusted' && this.parts.ready.distrust !== undefined) this.#doubt(isHit);
  }

  #confirm(isHit: boolean): void {
    const { ready, evidence, log } = this.parts;
    const { confirmation } = ready;
    if (confirmation.counts === 'checks') this.#attempt++;
    if (isHit) this.#proofs++;
    const isProven = confirmation.proofs === 1 ? evidence.isSeen : this.#proofs >= confirmation.proofs;
    if (isProven) {
      this.#trust = 'trusted';
      this.#delay = ready.timeout;
      log.info(`TPM ready IRQ confirmed on attempt ${this.#attempt}`);
      return;
    }
    if (confirmation.counts === 'failures') this.#attempt++;
    if (this.#attempt > confirmation.limit) {
      this.#trust = 'given-up';
      log.warn('IRQ not confirmed - will use delays');
    }
  }

  #doubt(isHit: boolean): void {
    const { ready, evidence } = this.parts;
    if (isHit) this.#missing = 0;
    else if (this.#awaitsPulse) this.#missing++;
    const extra = evidence.extra;
    this.#surplus = Math.max(this.#surplus + extra - this.#extraSeen - 1 / CLEAN_FRAMES, 0);
    this.#extraSeen = extra;
    if (this.#missing >= (ready.distrust?.missing ?? Infinity)) this.#withdraw('TPM ready IRQ lost');
    else if (this.#surplus >= (ready.distrust?.extra ?? Infinity)) this.#withdraw('TPM ready IRQ noisy');
  }

  #withdraw(reason: string): void {
    this.#trust = 'withdrawn';
    this.#delay = this.parts.ready.delayWithout;
    this.parts.log.warn(`${reason} - will use delays`);
  }
}
