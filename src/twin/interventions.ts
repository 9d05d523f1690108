import type { FrameDisturbance } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';

/** Which of a series, counted from the moment when the intervention began; all of them when absent. */
export interface Range {
  readonly from?: number | undefined;
  readonly count?: number | undefined;
}

/** What a test did to chip or lines beside the host, as the twin has to know it. */
export type Effect =
  /** The chip does not notice. */
  | { readonly kind: 'none' }
  /** INT_AP_L does not show what the chip drives. */
  | { readonly kind: 'pulses hidden' }
  /** What is received is not what the chip drives. */
  | { readonly kind: 'answers hidden'; readonly frames?: Range | undefined }
  /** Nobody knows what the chip sees, until it starts over. */
  | { readonly kind: 'chip lost' }
  | { readonly kind: 'frame'; readonly frames?: Range | undefined; readonly disturb: FrameDisturbance }
  | {
      readonly kind: 'command';
      readonly commands?: Range | undefined;
      readonly least?: Duration;
      readonly response?: (healthy: Uint8Array) => Uint8Array;
    }
  | { readonly kind: 'sleep after'; readonly time: Duration }
  | { readonly kind: 'wakes in'; readonly time: Duration }
  | {
      readonly kind: 'bit sent';
      readonly byte: number;
      readonly mask: number;
      readonly frames?: Range | undefined;
    }
  | { readonly kind: 'wake pulse lost'; readonly pulses?: Range | undefined }
  | { readonly kind: 'select'; readonly width: Duration }
  | { readonly kind: 'supply dip'; readonly width: Duration };

/** An effect and when it held; without an end, until the trace ends. */
export interface Intervention {
  readonly from: Instant;
  readonly to?: Instant;
  readonly effect: Effect;
}

const covers = (range: Range | undefined, index: number): boolean =>
  index >= (range?.from ?? 0) && index < (range?.from ?? 0) + (range?.count ?? Infinity);

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** What holds at a moment, with a count of its own for each effect that counts. */
export class Interventions {
  readonly #counts = new Map<Intervention, number>();

  constructor(private readonly all: readonly Intervention[]) {}

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  ofKind<K extends Effect['kind']>(kind: K): readonly (Intervention & { readonly effect: EffectOf<K> })[] {
    return this.all.filter(({ effect }) => effect.kind === kind) as never;
  }

  /** Whether an effect of this kind holds at this moment. */
  holds<K extends Effect['kind']>(kind: K, at: Instant): EffectOf<K> | undefined {
    return this.ofKind(kind).find(({ from, to = Infinity }) => at >= from && at < to)?.effect;
  }

  /** The first effect of this kind that covers the next one of its series; each that holds counts it. */
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
