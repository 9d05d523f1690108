import type { Duration, Instant } from '../../units/index.ts';
import type { TraceListener } from '../decode/decoder.ts';
import type { Maker } from '../events.ts';
import { inMs, inUs, showDuration } from '../../units/index.ts';
import { Measure } from '../measure.ts';
import type { Party, Rule, Tally } from './rule.ts';
import { showLimit } from './rule.ts';
import type { Disturbance } from './disturbance.ts';

/** One breach of a rule: when, what was seen, what is allowed. */
export interface Violation {
  readonly rule: Rule;
  /** Who broke it. */
  readonly by: Party;
  readonly at: Instant;
  readonly seen: string;
  readonly allowed: string;
}

/** Whose turn on the bus is being judged. */
export interface Turn {
  maker: Maker;
}

/** Keeps `turn` up to date; it has to hear of everything before the rules do. */
export const noteTurn = (turn: Turn): TraceListener => ({
  access: ({ maker }) => {
    turn.maker = maker;
  },
  select: (_fall, _rise, maker) => {
    turn.maker = maker;
  },
  reset: () => {
    turn.maker = 'driver';
  },
  power: () => {
    turn.maker = 'driver';
  },
});

/** What a judgement hears from outside. */
export interface JudgementParts {
  /** Who makes what is judged now. */
  readonly turn: Turn;
  /** Whether the host has lost the chip. */
  readonly disturbance?: Disturbance;
  /** Told each breach as it is found. */
  readonly found?: (violation: Violation) => void;
}

/** Violations kept of one rule; the others are only counted. */
const KEPT = 1000;

/** What one rule found in one trace. */
export class Judgement implements Tally {
  /** Times the rule had something to judge; a rule that never had passes without having said anything. */
  occasions = 0;
  /** Breaches, those included that are not kept. */
  count = 0;
  readonly violations: Violation[] = [];
  /** What was measured, in the rule's unit. */
  readonly measure = new Measure();
  /** A difference of two stamps may be wrong by this much, in the rule's unit. */
  readonly #slack: number;

  constructor(
    readonly rule: Rule,
    /** How far a difference of two stamps of this trace may be from the truth. */
    resolution: Duration,
    private readonly of: JudgementParts = { turn: { maker: 'driver' } },
  ) {
    this.#slack = rule.unit === 'us' ? inUs(resolution) : rule.unit === 'ms' ? inMs(resolution) : 0;
  }

  duration(at: Instant, seen: Duration, limit = this.rule.limit): void {
    this.occasions++;
    const { unit } = this.rule;
    const value = unit === 'us' ? inUs(seen) : inMs(seen);
    this.#note(value, at);
    if (this.#isWithin(value, limit)) return;
    this.#add(at, () => showDuration(seen), showLimit(limit, unit));
  }

  number(at: Instant, seen: number, what: string): void {
    this.occasions++;
    this.#note(seen, at);
    if (this.#isWithin(seen)) return;
    this.#add(at, () => `${seen} ${what}`, showLimit(this.rule.limit, this.rule.unit));
  }

  hold(): void {
    this.occasions++;
  }

  breach(at: Instant, seen: () => string, allowed: string, by = this.rule.binds): void {
    this.occasions++;
    this.#add(at, seen, allowed, by);
  }

  #note(value: number, at: Instant): void {
    const { least = -Infinity, most = Infinity, gap = { above: most, below: least } } = this.rule.limit;
    const [low, high] = [
      Math.min(value - least, gap.above - value),
      Math.min(value - gap.below, most - value),
    ];
    this.measure.add(value, at, Math.max(low, high));
  }

  /**
   * A test that makes frames itself owes the chip nothing: its frames need no right shape, and its registers no
   * order.
   */
  get #isOfTest(): boolean {
    const { maker } = this.of.turn;
    return maker === 'test by frames' || (maker === 'test by registers' && this.rule.about === 'registers');
  }

  /** A chip that did not get its time from the host owes the host nothing. */
  get #isDisturbed(): boolean {
    const { disturbance } = this.of;
    if (disturbance === undefined) return false;
    return this.rule.about === 'frames' ? disturbance.hasFrames : disturbance.hasRegisters;
  }

  #isWithin(value: number, { least = -Infinity, most = Infinity, gap } = this.rule.limit): boolean {
    const isInGap = gap !== undefined && value > gap.above + this.#slack && value < gap.below - this.#slack;
    return value >= least - this.#slack && value <= most + this.#slack && !isInGap;
  }

  #add(at: Instant, seen: () => string, allowed: string, by = this.rule.binds): void {
    if (by === 'host' ? this.#isOfTest : this.#isDisturbed) return;
    if (this.count++ >= KEPT) return;
    const violation = { rule: this.rule, by, at, seen: seen(), allowed };
    this.violations.push(violation);
    this.of.found?.(violation);
  }
}
