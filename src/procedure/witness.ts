import type { Board, Clock, FaultKind, FaultPanel } from '../board/index.ts';
import { CLOCK_RESOLUTION, withParts } from '../board/index.ts';
import type { LogLine } from '../driver/index.ts';
import type { Rule, RuleReport, TpmExchange } from '../trace/index.ts';
import { RuleJudge, RULES } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { SaidLog } from './said.ts';

/** A fault that an act set. Its effect on the chip lasts until the host restarts without the fault. */
export interface FaultSet {
  readonly kind: FaultKind;
  readonly at: Instant;
  /** When the host restarted and so ended the effect. */
  until: Instant;
  isCleared: boolean;
}

/** What was seen while a procedure was played. */
export interface Seen {
  readonly rules: RuleReport;
  readonly exchanges: readonly TpmExchange[];
  /** The moments of the frames that the procedure clocked itself. */
  readonly meddled: readonly Instant[];
  /** Offsets of the registers that were used, within their locality. */
  readonly registers: ReadonlySet<number>;
  /** Begin and end of every frame. */
  readonly frames: readonly { readonly fall: Instant; readonly rise: Instant }[];
  readonly said: SaidLog;
  readonly faults: readonly FaultSet[];
  readonly log: readonly LogLine[];
  readonly hasReadyLine: boolean;
  readonly ended: Instant;
}

const NEVER = Infinity as Instant;

/** Hears everything that happens on a board while a procedure is played, and judges the wires meanwhile. */
export class Witness {
  readonly judge: RuleJudge;
  readonly said = new SaidLog();
  readonly log: LogLine[] = [];
  readonly #exchanges: TpmExchange[] = [];
  readonly #meddled: Instant[] = [];
  readonly #registers = new Set<number>();
  readonly #frames: { readonly fall: Instant; readonly rise: Instant }[] = [];
  readonly #faults: FaultSet[] = [];

  /** @param firmware - version of the chip's firmware, where it is known: rules tell what that version does */
  constructor({ ready, reset }: Pick<Board, 'ready' | 'reset'>, firmware?: string) {
    this.judge = new RuleJudge([...RULES, this.#listening()], {
      firmware,
      watched: [
        ...(ready === undefined ? [] : (['INT_AP_L'] as const)),
        ...(reset === undefined ? [] : (['TPM_RST_L'] as const)),
      ],
      absent: ready === undefined ? ['INT_AP_L'] : [],
      resolution:
        ready !== undefined && ready.uncertainty > CLOCK_RESOLUTION ? ready.uncertainty : CLOCK_RESOLUTION,
    });
  }

  /** Wraps a fault panel, so that the witness knows when a fault is set and when all are cleared. */
  watch(panel: FaultPanel, clock: Clock): FaultPanel {
    return withParts(panel, {
      set: async (fault: Parameters<FaultPanel['set']>[0]) => {
        this.#faults.push({ kind: fault.kind, at: clock.now(), until: NEVER, isCleared: false });
        await panel.set(fault);
      },
      clear: async () => {
        for (const fault of this.#faults) fault.isCleared = true;
        await panel.clear();
      },
    });
  }

  /** To be called when the host has restarted. The effects of cleared faults are over then. */
  restarted(at: Instant): void {
    for (const fault of this.#faults) if (fault.isCleared && fault.until === NEVER) fault.until = at;
  }

  /** Everything that was seen. To be called once, at the end. */
  account({ clock, ready }: Pick<Board, 'clock' | 'ready'>): Seen {
    return {
      rules: this.judge.report(),
      exchanges: this.#exchanges,
      meddled: this.#meddled,
      registers: this.#registers,
      frames: this.#frames,
      said: this.said,
      faults: this.#faults,
      log: this.log,
      hasReadyLine: ready !== undefined,
      ended: clock.now(),
    };
  }

  /** A rule that judges nothing: it keeps what it hears, so that the trace is decoded only once. */
  #listening(): Rule {
    return {
      id: 'witness',
      binds: 'host',
      about: 'frames',
      title: 'What was seen is kept',
      limit: {},
      unit: 'count',
      source: '',
      begin: () => ({
        command: (exchange) => {
          this.#exchanges.push(exchange);
        },
        access: ({ maker, fall, rise, offset }) => {
          this.#frames.push({ fall, rise });
          this.#registers.add(offset);
          if (maker !== 'driver') this.#meddled.push(fall);
        },
      }),
    };
  }
}
