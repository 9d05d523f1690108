import type { Duration, Instant } from '../../units/index.ts';
import { inMs, inUs, isFirmwareFrom, ns, showDuration, showRelease } from '../../units/index.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import type { ChipSeen } from '../decode/chip-seen.ts';
import type { TracedLine, TraceSink, WireFrame } from '../events.ts';
import { TRACED_LINES } from '../events.ts';
import type { TraceSource } from '../source.ts';
import type { Measure } from '../measure.ts';
import type { Turn, Violation } from './judgement.ts';
import { Disturbance } from './disturbance.ts';
import { Judgement, noteTurn } from './judgement.ts';
import type { Rule } from './rule.ts';
import { showLimit } from './rule.ts';
import { OF_H1 } from './of-h1.ts';
import { RULES } from './rules.ts';

/** A rule that cannot be judged on this trace, and why. */
export interface Refusal {
  readonly rule: Rule;
  readonly reason: string;
}

/** What the rules say of one trace. */
export interface RuleReport {
  /** In the order in which they happened. */
  readonly violations: readonly Violation[];
  readonly refusals: readonly Refusal[];
  readonly counts: ReadonlyMap<string, RuleCount>;
  /** Which chip answers, as far as the trace says. */
  readonly chip: ChipSeen;
}

/** How often a rule judged, and how often it was broken; the latter may be more than the violations kept. */
export interface RuleCount {
  readonly occasions: number;
  readonly violations: number;
  /** Frames that were not judged, since the level of the rule's line was unknown. */
  readonly unseen: number;
  /** What it measured, in its unit. */
  readonly measure: Measure;
}

/** What is known of a trace beside its events. */
export interface RuleOptions {
  /** How far a stamp may be from the truth; 1 ns unless told. */
  readonly resolution?: Duration;
  /** Lines known to have been watched; without it those of which the trace has an edge. */
  readonly watched?: readonly TracedLine[];
  /** Lines that are known to be absent, so that the host cannot watch them. Any other line may be absent as well. */
  readonly absent?: readonly TracedLine[];
  /** Version of the chip's firmware, such as `0.3.9`, where it is known. */
  readonly firmware?: string | undefined;
  /** Lines of the bus that were not recorded: nothing is judged without them. */
  readonly missing?: readonly string[];
  /** Called for each breach when it is found. Breaches of a rule that cannot be judged yet are told later. */
  readonly found?: (violation: Violation) => void;
}

/** Judges a trace while it passes: a sink of which the report is asked at the end. */
export class RuleJudge implements TraceSink {
  readonly #judgements: Judgement[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #decoder: TraceDecoder;
  readonly #watched: Set<TracedLine>;
  readonly #absent: ReadonlySet<TracedLine>;
  /** Frames that a rule could not judge, since its line was not seen then. */
  readonly #unseen = new Map<Rule, number>();

  constructor(rules: readonly Rule[] = RULES, options: RuleOptions = {}) {
    const resolution = options.resolution ?? ns(1);
    this.#watched = new Set(options.watched);
    this.#absent = new Set(options.absent);
    const turn: Turn = { maker: 'driver' };
    const disturbance = new Disturbance();
    const listeners: TraceListener[] = [noteTurn(turn), disturbance.listener];
    for (const rule of rules) {
      const reason =
        notRecorded(options.missing) ?? tooFine(rule, resolution) ?? tooOld(rule, options.firmware);
      if (reason !== undefined) {
        this.#refusals.push({ rule, reason });
        continue;
      }
      const judgement = new Judgement(rule, resolution, {
        turn,
        disturbance,
        found: (violation) => {
          if (this.#cannotSay(rule) === undefined) options.found?.(violation);
        },
      });
      this.#judgements.push(judgement);
      if (!this.#isSaidBetter(rule)) listeners.push(this.#whileSeen(rule, rule.begin(judgement)));
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

  unseen(line: TracedLine, isUnseen: boolean, at: Instant): void {
    this.#watched.add(line);
    this.#decoder.unseen(line, isUnseen, at);
  }

  /** A rule's listener, which is not told the frames during which nobody knows the level of the rule's line. */
  #whileSeen(rule: Rule, listener: TraceListener): TraceListener {
    const { needs } = rule;
    if (needs === undefined) return listener;
    const bit = 1 << TRACED_LINES.indexOf(needs);
    return {
      ...listener,
      access: (access) => {
        if ((access.unseen & bit) === 0) listener.access?.(access);
        else this.#unseen.set(rule, (this.#unseen.get(rule) ?? 0) + 1);
      },
    };
  }

  /** Ends the trace and gives the verdicts. Call it once. */
  report(): RuleReport {
    this.#decoder.end();
    const violations: Violation[] = [];
    const refusals = [...this.#refusals];
    const counts = new Map<string, RuleCount>();
    for (const { rule, occasions, count, measure, violations: found } of this.#judgements) {
      const reason = this.#cannotSay(rule);
      if (reason !== undefined) {
        refusals.push({ rule, reason });
        continue;
      }
      violations.push(...found);
      counts.set(rule.id, { occasions, violations: count, unseen: this.#unseen.get(rule) ?? 0, measure });
    }
    violations.sort((a, b) => a.at - b.at);
    return { violations, refusals, counts, chip: this.#decoder.chip };
  }

  /** The trace has the line without which the rule would be needed, so that the rule is refused at the end. */
  #isSaidBetter({ unless }: Rule): boolean {
    return unless !== undefined && this.#watched.has(unless) && !this.#absent.has(unless);
  }

  #cannotSay(rule: Rule): string | undefined {
    const { needs, unless } = rule;
    const { chip } = this.#decoder;
    if (chip.isForeign && OF_H1.has(rule.id)) return `It is for an H1, and the chip is ${chip.describe()}.`;
    if (needs !== undefined && !this.#watched.has(needs)) return `The trace has no edge of ${needs}.`;
    if (this.#unseen.get(rule) === this.#decoder.frames)
      return `The level of ${needs} is x or z, or was not recorded.`;
    if (unless === undefined || this.#absent.has(unless)) return undefined;
    return this.#watched.has(unless)
      ? `The trace has ${unless}, which says more.`
      : `Nobody recorded ${unless}, so that nobody can say whether the host watched it.`;
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

const notRecorded = (missing: readonly string[] = []): string | undefined =>
  missing.length === 0
    ? undefined
    : `Nobody recorded ${missing.map((line) => line.toUpperCase()).join(' and ')}.`;

function tooOld({ since }: Rule, firmware: string | undefined): string | undefined {
  if (since === undefined || firmware === undefined || isFirmwareFrom(firmware, since.release))
    return undefined;
  return `Cr50 ${firmware} does not keep it; releases from ${showRelease(since.release)} on do. ${since.source}`;
}

function tooFine(rule: Rule, resolution: Duration): string | undefined {
  if (rule.unit === 'count') return undefined;
  const finest = rule.unit === 'us' ? inUs(resolution) : inMs(resolution);
  const bounds = [rule.limit.least, rule.limit.most].filter((bound) => bound !== undefined && bound > 0);
  if (bounds.every((bound) => bound! >= finest)) return undefined;
  if (resolution === Infinity)
    return 'The capture states no sample rate: nobody knows how long anything took.';
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
    // The chip starts over, as when it is powered.
    unseenReset: (at) => {
      for (const listener of power) listener.power(true, at);
    },
    mark: (text, at) => {
      for (const listener of mark) listener.mark(text, at);
    },
  };
}
