import type {
  ChooseLatency,
  CommandDisturbance,
  FrameDisturbance,
  H1Options,
  H1Overrides,
} from '../sim/index.ts';
import { BuiltInTpm, chanceOfTpm, H1, VirtualClock } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { later } from '../units/index.ts';
import type { TapedEdge } from './tape.ts';

/** What is known of the chip under test and changes how a healthy chip behaves. */
export type ReferenceChip = {
  readonly [K in 'firmware' | 'unknownVersion' | 'boardId' | 'imageFor' | 'timing' | 'seed']?:
    H1Options[K] | undefined;
};

/** The decisions that the twin makes for the reference chip. */
export interface Decisions {
  readonly latency: ChooseLatency;
  readonly frame: () => FrameDisturbance;
  readonly command: () => CommandDisturbance;
}

/**
 * Something that happens to the chip at a moment of its own, whatever the bus does: a change of its supply or
 * TPM_RST_L, or a fault.
 */
export interface LevelAct {
  readonly at: Instant;
  readonly act: () => void;
}

/**
 * The seed of a chip whose own is not known. Any will do: the twin chooses each latency, and takes random values from the
 * trace.
 */
const SEED = 1;

/** A healthy chip with a clock of its own. It is driven at the moments of a trace. */
export class Reference {
  readonly chip: H1;
  /** Edges that this chip gave on INT_AP_L, on its own clock. */
  readonly pulses: TapedEdge[] = [];
  readonly #clock = new VirtualClock();
  #acts: readonly LevelAct[] = [];
  #done = 0;

  constructor(
    known: ReferenceChip,
    private readonly decisions: Decisions,
  ) {
    const engine = new BuiltInTpm({ random: chanceOfTpm(known.seed ?? SEED), now: () => this.#clock.now() });
    const { firmware, unknownVersion, boardId, imageFor, timing } = known;
    this.chip = new H1(this.#clock, {
      seed: known.seed ?? SEED,
      engine,
      ...(firmware !== undefined && { firmware }),
      ...(unknownVersion && { unknownVersion }),
      ...(boardId && { boardId }),
      ...(imageFor && { imageFor }),
      ...(timing && { timing }),
      chooseLatency: decisions.latency,
    });
    this.chip.disturb = decisions.frame;
    this.override({});
    this.chip.onReady = (isAsserted) => {
      this.pulses.push({ at: this.now, isAsserted });
    };
  }

  /** Changes when the chip sleeps and how it wakes. A property that is left out has its usual value. */
  override(sleep: Pick<H1Overrides, 'sleepAfter' | 'wakeLatency'>): void {
    this.chip.overrides = { ...sleep, command: () => this.decisions.command() };
  }

  get now(): Instant {
    return this.#clock.now();
  }

  /** Sets the acts that `passTo` has to do on its way, in the order of time. */
  await(acts: readonly LevelAct[]): void {
    this.#acts = acts;
    this.#done = 0;
  }

  /** Moves the clock to `moment`, and does each act on the way at its own moment, those of that moment last. */
  passTo(moment: Instant): void {
    this.#actUntil(moment + 1);
    this.#clock.advanceTo(moment);
  }

  /** The same without the acts of that moment: a host does nothing else before its frame has ended. */
  passToEnd(moment: Instant): void {
    this.#actUntil(moment);
    this.#clock.advanceTo(moment);
  }

  #actUntil(moment: number): void {
    for (;;) {
      const next = this.#acts[this.#done];
      if (next === undefined || next.at >= moment) return;
      this.#done++;
      this.#clock.advanceTo(next.at);
      next.act();
    }
  }

  /** Clocks one byte that begins now. Returns the byte that the chip drives meanwhile. */
  clockByte(mosi: number, byteTime: Duration): number {
    const end = later(this.now, byteTime);
    const miso = this.chip.shift(mosi, end);
    this.passTo(end);
    return miso;
  }
}
