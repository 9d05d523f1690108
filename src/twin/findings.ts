import type { Instant } from '../units/index.ts';
import type { TapedFrame } from './tape.ts';

/**
 * The kind of a difference. `order`: the chip said something that a healthy chip does not say then, or was silent
 * where a healthy chip answers. `value`: it said the right thing with other bytes. `time`: it took a time outside of
 * the measured band.
 */
export type DifferenceClass = 'order' | 'value' | 'time';

/** A place where the chip under test did not do what a healthy chip does. The chip is to blame. */
export interface Difference {
  readonly class: DifferenceClass;
  readonly at: Instant;
  /** Index of the frame in the trace, counted from 0; -1 before the first frame. */
  readonly frame: number;
  /** The step of the test; empty before the first. */
  readonly step: string;
  /** What was compared: `TPM_STS read`, `TPM2_PCR_Read`, `ready pulse`. */
  readonly behaviour: string;
  /** What was seen and what a healthy chip does, in the words of the TIS and the TPM. */
  readonly says: string;
}

/** How often a behaviour was compared, and how often both chips agreed. */
export interface Agreement {
  readonly compared: number;
  readonly agreed: number;
}

/** What the twin found in one trace. */
export interface TwinReport {
  /** In the order of time. */
  readonly differences: readonly Difference[];
  readonly agreements: Readonly<Record<string, Agreement>>;
  /** Number of frames that were compared. */
  readonly frames: number;
  /** Number of frames that were left out: nobody can know what the chip saw before them, or what it answered. */
  readonly leftOut: number;
  /** How often a value that no model can know was checked in another way, by the reason why it cannot be known. */
  readonly unknowable: Readonly<Record<string, number>>;
}

/** Maximum number of differences in the report of one trace. The first ones say most. */
const MAX_DIFFERENCES = 100;

/** Collects what was compared in one trace, for its report. */
export class Findings {
  readonly #differences: Difference[] = [];
  readonly #agreements = new Map<string, { compared: number; agreed: number }>();
  readonly #unknowable = new Map<string, number>();
  frames = 0;
  leftOut = 0;

  agree(behaviour: string): void {
    this.#count(behaviour, true);
  }

  differ(difference: Difference): void {
    this.#count(difference.behaviour, false);
    if (this.#differences.length < MAX_DIFFERENCES) this.#differences.push(difference);
  }

  /** Adds a difference that shows in one frame. */
  differIn(
    { fall, index, step }: TapedFrame,
    behaviour: string,
    { class: kind, says }: Pick<Difference, 'class' | 'says'>,
  ): void {
    const place = `frame ${index}, ${behaviour}: ${says}.`;
    this.differ({ class: kind, at: fall, frame: index, step, behaviour, says: place });
  }

  /** Counts a value that no model can know and that was checked in another way. */
  checked(name: string): void {
    this.#unknowable.set(name, (this.#unknowable.get(name) ?? 0) + 1);
  }

  report(): TwinReport {
    return {
      differences: this.#differences.toSorted((a, b) => a.at - b.at),
      agreements: Object.fromEntries([...this.#agreements].sort(([a], [b]) => (a < b ? -1 : 1))),
      frames: this.frames,
      leftOut: this.leftOut,
      unknowable: Object.fromEntries(this.#unknowable),
    };
  }

  #count(behaviour: string, isAgreed: boolean): void {
    const count = this.#agreements.get(behaviour) ?? { compared: 0, agreed: 0 };
    count.compared++;
    if (isAgreed) count.agreed++;
    this.#agreements.set(behaviour, count);
  }
}
