import type {
  ChooseLatency,
  CommandDisturbance,
  FrameDisturbance,
  H1Options,
  H1Overrides,
} from '../sim/index.ts';
import { BuiltInTpm, H1, Random, VirtualClock } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { later } from '../units/index.ts';
import type { TapedEdge } from './tape.ts';

/** What is known of the chip under test: what decides the behaviour of a healthy one. */
export type ReferenceChip = {
  readonly [K in 'firmware' | 'unknownVersion' | 'boardId' | 'imageFor' | 'timing']?:
    H1Options[K] | undefined;
};

/** What the twin decides for its chip. */
export interface Decisions {
  readonly latency: ChooseLatency;
  readonly frame: () => FrameDisturbance;
  readonly command: () => CommandDisturbance;
}

/** A level that the host drives, at its moment. */
export interface LevelAct {
  readonly at: Instant;
  readonly act: () => void;
}

/** The seed matters to nothing: latencies are chosen, and random values are taken from the trace. */
const SEED = 1;

/** A healthy chip on a clock of its own, driven at the moments of a trace. */
export class Reference {
  readonly chip: H1;
  /** What INT_AP_L does. */
  readonly pulses: TapedEdge[] = [];
  readonly #clock = new VirtualClock();
  #acts: readonly LevelAct[] = [];
  #done = 0;

  constructor(
    known: ReferenceChip,
    private readonly decisions: Decisions,
  ) {
    const engine = new BuiltInTpm({ random: new Random(SEED), now: () => this.#clock.now() });
    const { firmware, unknownVersion, boardId, imageFor, timing } = known;
    this.chip = new H1(this.#clock, {
      seed: SEED,
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

  /** Changes how the chip sleeps and wakes; what is left out is as in health. */
  override(sleep: Pick<H1Overrides, 'sleepAfter' | 'wakeLatency'>): void {
    this.chip.overrides = { ...sleep, command: () => this.decisions.command() };
  }

  get now(): Instant {
    return this.#clock.now();
  }

  /** What happens at its moment, whatever the host does on the bus meanwhile; in the order of time. */
  await(acts: readonly LevelAct[]): void {
    this.#acts = acts;
    this.#done = 0;
  }

  passTo(moment: Instant): void {
    for (;;) {
      const next = this.#acts[this.#done];
      if (next === undefined || next.at > moment) break;
      this.#done++;
      this.#clock.advanceTo(next.at);
      next.act();
    }
    this.#clock.advanceTo(moment);
  }

  /** One byte from now on; the result is what the chip drives meanwhile. */
  clockByte(mosi: number, byteTime: Duration): number {
    const end = later(this.now, byteTime);
    const miso = this.chip.shift(mosi, end);
    this.passTo(end);
    return miso;
  }
}
