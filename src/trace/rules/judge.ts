import type { Duration, Instant } from '../../units/index.ts';
import { inMs, inUs, ns, showDuration } from '../../units/index.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import type { TracedLine, TraceSink, WireFrame } from '../events.ts';
import type { TraceSource } from '../source.ts';
import type { Turn, Violation } from './judgement.ts';
import { Judgement, noteTurn } from './judgement.ts';
import type { Rule } from './rule.ts';
import { showLimit } from './rule.ts';
import { RULES } from './rules.ts';

/** A rule of which nothing can be said on this trace, and why. */
export interface Refusal {
  readonly rule: Rule;
  readonly reason: string;
}

export interface RuleReport {
  /** In the order in which they happened. */
  readonly violations: readonly Violation[];
  readonly refusals: readonly Refusal[];
  /** How often each rule judged, and how often it was broken; the latter may be more than the violations kept. */
  readonly counts: ReadonlyMap<string, { readonly occasions: number; readonly violations: number }>;
}

export interface RuleOptions {
  /** How far a stamp may be from the truth; 1 ns unless told. */
  readonly resolution?: Duration;
  /** Lines known to have been watched; without it those of which the trace has an edge. */
  readonly watched?: readonly TracedLine[];
  /** Told what the rules are told, so that a trace need not be decoded twice. */
  readonly also?: TraceListener;
}

/** Judges a trace while it passes: a sink of which the report is asked at the end. */
export class RuleJudge implements TraceSink {
  readonly #judgements: Judgement[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #decoder: TraceDecoder;
  readonly #watched: Set<TracedLine>;

  constructor(rules: readonly Rule[] = RULES, options: RuleOptions = {}) {
    const resolution = options.resolution ?? ns(1);
    this.#watched = new Set(options.watched);
    const turn: Turn = { maker: 'driver' };
    const listeners: TraceListener[] = [
      noteTurn(turn),
      ...(options.also === undefined ? [] : [options.also]),
    ];
    for (const rule of rules) {
      const reason = tooFine(rule, resolution);
      if (reason !== undefined) {
        this.#refusals.push({ rule, reason });
        continue;
      }
      const judgement = new Judgement(rule, resolution, turn);
      this.#judgements.push(judgement);
      listeners.push(rule.begin(judgement));
    }
    this.#decoder = new TraceDecoder(together(listeners));
  }

  frame(frame: WireFrame): void {
    this.#decoder.frame(frame);
  }

  select(...event: Parameters<TraceSink['select']>): void {
    this.#decoder.select(...event);
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    this.#watched.add(line);
    this.#decoder.edge(line, isAsserted, at);
  }

  power(...event: Parameters<TraceSink['power']>): void {
    this.#decoder.power(...event);
  }

  failure(...event: Parameters<TraceSink['failure']>): void {
    this.#decoder.failure(...event);
  }

  log(...event: Parameters<TraceSink['log']>): void {
    this.#decoder.log(...event);
  }

  mark(...event: Parameters<TraceSink['mark']>): void {
    this.#decoder.mark(...event);
  }

  /** Ends the trace and gives the verdicts. Call it once. */
  report(): RuleReport {
    this.#decoder.end();
    const violations: Violation[] = [];
    const refusals = [...this.#refusals];
    const counts = new Map<string, { occasions: number; violations: number }>();
    for (const { rule, occasions, count, violations: found } of this.#judgements) {
      const reason = this.#cannotSay(rule);
      if (reason !== undefined) {
        refusals.push({ rule, reason });
        continue;
      }
      violations.push(...found);
      counts.set(rule.id, { occasions, violations: count });
    }
    violations.sort((a, b) => a.at - b.at);
    return { violations, refusals, counts };
  }

  #cannotSay({ needs, unless }: Rule): string | undefined {
    if (needs !== undefined && !this.#watched.has(needs)) return `The trace has no edge of ${needs}.`;
    if (unless !== undefined && this.#watched.has(unless)) return `The trace has ${unless}, which says more.`;
    return undefined;
  }
}

/** Judges a whole trace by `rules`, all of them unless told. */
export function judgeTrace(
  source: TraceSource,
  rules: readonly Rule[] = RULES,
  options: RuleOptions = {},
): RuleReport {
  const judge = new RuleJudge(rules, options);
  source.replay(judge);
  return judge.report();
}

/** The breaches alone. */
export const checkRules = (source: TraceSource, rules: readonly Rule[] = RULES, options: RuleOptions = {}) =>
  judgeTrace(source, rules, options).violations;

/** `12.340 ms  pulse-width: 2.1 us was seen; 4 to 250 us is allowed. [CHIP 3]` */
export const showViolation = ({ rule, at, seen, allowed }: Violation): string =>
  `${inMs(at as unknown as Duration).toFixed(3)} ms  ${rule.id}: ${seen} was seen; allowed: ${allowed}. ${rule.source}`;

function tooFine(rule: Rule, resolution: Duration): string | undefined {
  if (rule.unit === 'count') return undefined;
  const finest = rule.unit === 'us' ? inUs(resolution) : inMs(resolution);
  const bounds = [rule.limit.least, rule.limit.most].filter((bound) => bound !== undefined && bound > 0);
  if (bounds.every((bound) => bound! >= finest)) return undefined;
  return `Its limit, ${showLimit(rule.limit, rule.unit)}, is finer than the trace, which resolves ${showDuration(resolution)}.`;
}

/** Calls only those that listen to an event. */
function together(listeners: readonly TraceListener[]): TraceListener {
  const who = <K extends keyof TraceListener>(event: K) =>
    listeners.filter((listener) => listener[event] !== undefined) as (TraceListener &
      Required<Pick<TraceListener, K>>)[];
  const access = who('access');
  const command = who('command');
  const select = who('select');
  const strayPulse = who('strayPulse');
  const reset = who('reset');
  const power = who('power');
  const mark = who('mark');
  return {
    access: (one) => {
      for (const listener of access) listener.access(one);
    },
    command: (exchange) => {
      for (const listener of command) listener.command(exchange);
    },
    select: (fall, rise, maker) => {
      for (const listener of select) listener.select(fall, rise, maker);
    },
    strayPulse: (from) => {
      for (const listener of strayPulse) listener.strayPulse(from);
    },
    reset: (isAsserted, at) => {
      for (const listener of reset) listener.reset(isAsserted, at);
    },
    power: (isOn, at) => {
      for (const listener of power) listener.power(isOn, at);
    },
    mark: (text, at) => {
      for (const listener of mark) listener.mark(text, at);
    },
  };
}
