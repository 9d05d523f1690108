import type { Clock, Edge } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { between, earlier, later, ns, us } from '../../units/index.ts';
import { ControllerGarbled } from './errors.ts';
import type { RigController } from './rig-controller.ts';

const NS_PER_TICK = 62.5;
const TICKS_RANGE = 2 ** 32;
/** After this time the controller's clock begins again. */
export const CONTROLLER_CLOCK_RANGE = ns(TICKS_RANGE * NS_PER_TICK);
/** Uncertainty of a stamp of CS_L. An edge of INT_AP_L is stamped by hardware. [docs/rig-controller.md] */
const STAMP = us(1);
/** Maximum error of the controller's clock, as a share of the time. It may have a ceramic resonator. */
const DRIFT = 0.005;

const NAMES = {
  'I-': ['INT_AP_L', 'asserted'],
  'I+': ['INT_AP_L', 'deasserted'],
  'C-': ['CS_L', 'asserted'],
  'C+': ['CS_L', 'deasserted'],
} as const;

/** One edge that the controller stamped, on the board's clock. */
export interface LoggedEdge {
  readonly line: 'INT_AP_L' | 'CS_L';
  readonly edge: Edge;
  readonly at: Instant;
  /** How far `at` may be from the edge. */
  readonly uncertainty: Duration;
}

/** What the log of edges held when it was read. */
export interface EdgeReport {
  /** Oldest first. */
  readonly edges: readonly LoggedEdge[];
  /** Number of older edges that the log had no room for. */
  readonly lost: number;
}

interface RawEdge {
  readonly name: keyof typeof NAMES;
  /** How long before the moment of reading it was. */
  readonly ago: Duration;
}

/**
 * The edges of CS_L and INT_AP_L at the chip that the controller stamped, on the board's clock. Both clocks are
 * matched at the end of the host's last frame, where the log has it, and otherwise at the moment of the request.
 */
export class EdgeLog {
  constructor(
    private readonly controller: RigController,
    private readonly clock: Clock,
    /** When the host last deasserted CS_L, and how far that may be off. */
    private readonly lastRise: () => { readonly at: Instant; readonly uncertainty: Duration } | undefined,
  ) {}

  async clear(): Promise<void> {
    await this.controller.tell('LOG:CLE');
  }

  /** The edges since the last call. @throws the failures of the controller */
  async read(): Promise<EdgeReport> {
    const edges: LoggedEdge[] = [];
    let lost = 0;
    for (;;) {
      const before = this.clock.now();
      const answer = await this.controller.ask('LOG:DATA?');
      const after = this.clock.now();
      const part = parse(answer, this.controller.port);
      lost = Math.max(lost, part.lost);
      edges.push(...this.#place(part.edges, before, after));
      if (part.edges.length === 0) return { edges, lost };
    }
  }

  /**
   * The controller's time since some moment, and when it was read on the board's clock. Edges up to now are given away.
   * It begins again after `CONTROLLER_CLOCK_RANGE`. @throws the failures of the controller
   */
  async readTime(): Promise<{ readonly at: Instant; readonly passed: Duration }> {
    const before = this.clock.now();
    const answer = await this.controller.ask('LOG:DATA?');
    const after = this.clock.now();
    parse(answer, this.controller.port);
    const passed = ns(Number(answer.split(',')[1]) * NS_PER_TICK);
    return { at: earlier(after, ns(between(before, after) / 2)), passed };
  }

  #place(raw: readonly RawEdge[], before: Instant, after: Instant): LoggedEdge[] {
    const anchor = this.#anchor(raw, before, after);
    return raw.map(({ name, ago }) => {
      const [line, edge] = NAMES[name];
      const apart = ago - anchor.ago;
      return {
        line,
        edge,
        at: earlier(anchor.at, ns(apart)),
        uncertainty: ns(anchor.uncertainty + STAMP + Math.abs(apart) * DRIFT),
      };
    });
  }

  #anchor(raw: readonly RawEdge[], before: Instant, after: Instant): Anchor {
    const rise = this.lastRise();
    const seen = raw.findLast(({ name }) => name === 'C+');
    if (rise !== undefined && seen !== undefined) {
      const read = later(rise.at, seen.ago);
      const slack = ns(rise.uncertainty + STAMP + seen.ago * DRIFT);
      if (read >= earlier(before, slack) && read <= later(after, slack))
        return { at: rise.at, ago: seen.ago, uncertainty: ns(rise.uncertainty + STAMP) };
    }
    return { at: after, ago: ns(0), uncertainty: between(before, after) };
  }
}

/** A moment that both clocks know. */
interface Anchor {
  readonly at: Instant;
  /** On the controller's clock, before the moment of reading. */
  readonly ago: Duration;
  readonly uncertainty: Duration;
}

function parse(answer: string, port: string): { lost: number; edges: RawEdge[] } {
  const [lost, now, ...rest] = answer.split(',');
  const edges: RawEdge[] = [];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const name = rest[i]!;
    if (!(name in NAMES)) throw new ControllerGarbled(port, 'LOG:DATA?', answer);
    const ticks = (Number(now) - Number(rest[i + 1]) + TICKS_RANGE) % TICKS_RANGE;
    edges.push({ name: name as keyof typeof NAMES, ago: ns(ticks * NS_PER_TICK) });
  }
  if (lost === undefined || !Number.isFinite(Number(lost)) || edges.some(({ ago }) => !(ago >= 0)))
    throw new ControllerGarbled(port, 'LOG:DATA?', answer);
  return { lost: Number(lost), edges };
}
