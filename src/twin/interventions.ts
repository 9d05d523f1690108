import type { FrameDisturbance } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';

/**
 * Frames, commands or pulses that an effect covers, counted from the moment when it began: `count` of them from index
 * `from` on. Without `from` it begins with the first one, and without `count` it has no end.
 */
export interface Range {
  readonly from?: number | undefined;
  readonly count?: number | undefined;
}

/** What a fault did to chip or lines, in the terms of the twin. */
export type Effect =
  /** The chip does not notice the fault. */
  | { readonly kind: 'none' }
  /** INT_AP_L does not show what the chip drives. */
  | { readonly kind: 'pulses hidden' }
  /** The bytes that the host receives are not those that the chip drives. */
  | { readonly kind: 'answers hidden'; readonly frames?: Range | undefined }
  /** Nobody knows what the chip sees, until its supply or its reset makes it start over. */
  | { readonly kind: 'chip lost' }
  /** The chip itself handles these frames otherwise, as `disturb` says. */
  | { readonly kind: 'frame'; readonly frames?: Range | undefined; readonly disturb: FrameDisturbance }
  /** These commands take at least `least`, and have the response that `response` makes of a healthy one. */
  | {
      readonly kind: 'command';
      readonly commands?: Range | undefined;
      readonly least?: Duration;
      readonly response?: (healthy: Uint8Array) => Uint8Array;
    }
  /** The chip falls asleep when it was idle for `time`. */
  | { readonly kind: 'sleep after'; readonly time: Duration }
  /** The chip needs `time` to wake up. */
  | { readonly kind: 'wakes in'; readonly time: Duration }
  /** The chip receives byte number `byte` of these frames with the bits of `mask` inverted. */
  | {
      readonly kind: 'bit sent';
      readonly byte: number;
      readonly mask: number;
      readonly frames?: Range | undefined;
    }
  /** The chip does not see these wake pulses. */
  | { readonly kind: 'wake pulse lost'; readonly pulses?: Range | undefined }
  /** CS is asserted for `width`, and the host does not know. */
  | { readonly kind: 'select'; readonly width: Duration }
  /** The supply is off for `width`. */
  | { readonly kind: 'supply dip'; readonly width: Duration };

/** An effect and when it held: to the end of the trace when `to` is absent. */
export interface Intervention {
  readonly from: Instant;
  readonly to?: Instant;
  readonly effect: Effect;
}

const covers = (range: Range | undefined, index: number): boolean =>
  index >= (range?.from ?? 0) && index < (range?.from ?? 0) + (range?.count ?? Infinity);

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** The effects of one trace. It counts the frames, commands and pulses that each effect has seen. */
export class Interventions {
  readonly #counts = new Map<Intervention, number>();

  constructor(private readonly all: readonly Intervention[]) {}

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  ofKind<K extends Effect['kind']>(kind: K): readonly (Intervention & { readonly effect: EffectOf<K> })[] {
    return this.all.filter(({ effect }) => effect.kind === kind) as never;
  }

  /** The effect of this kind that holds at this moment; undefined when none does. */
  holds<K extends Effect['kind']>(kind: K, at: Instant): EffectOf<K> | undefined {
    return this.ofKind(kind).find(({ from, to = Infinity }) => at >= from && at < to)?.effect;
  }

  /**
   * Counts one more frame, command or pulse for each effect of this kind that holds now. Answers the first of these
   * effects that covers it.
   */
  next<K extends Effect['kind']>(
    kind: K,
    at: Instant,
    rangeOf: (effect: EffectOf<K>) => Range | undefined,
  ): EffectOf<K> | undefined {
    let found: EffectOf<K> | undefined;
    for (const one of this.ofKind(kind)) {
      const { from, to = Infinity, effect } = one;
      if (at < from || at >= to) continue;
      const index = this.#counts.get(one) ?? 0;
      this.#counts.set(one, index + 1);
      if (covers(rangeOf(effect), index)) found ??= effect;
    }
    return found;
  }
}
