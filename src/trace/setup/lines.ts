import type { Duration, Instant } from '../../units/index.ts';
import { between, showDuration } from '../../units/index.ts';
import type { TracedLine } from '../events.ts';
import type { Finding } from './finding.ts';

/** Minimum number of frames by which a line beside them is judged. */
const LEAST_FRAMES = 4;
/** Maximum number of times that are held. */
const MAX_TIMES = 1000;

/** How INT_AP_L moves. A capture that begins or ends inside a pulse shows its rest at the other end. */
interface ReadyTimes {
  /** It is low before its first edge and behind its last. */
  readonly restsLow: boolean;
  readonly low: Duration;
  readonly high: Duration;
}

/** How INT_AP_L and TPM_RST_L stand while frames pass. */
export class LineCensus {
  /** Frames that a chip answers while TPM_RST_L is asserted. */
  answeredInReset = 0;
  frames = 0;
  readonly edges: Record<TracedLine, number> = { INT_AP_L: 0, TPM_RST_L: 0 };
  #isInReset = false;
  #beginsLow: boolean | undefined;
  #endsLow = false;
  #last: Instant | undefined;
  readonly #low: Duration[] = [];
  readonly #high: Duration[] = [];

  frame(isAnswered: boolean): void {
    this.frames++;
    if (isAnswered && this.#isInReset) this.answeredInReset++;
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    this.edges[line]++;
    if (line === 'TPM_RST_L') this.#isInReset = isAsserted;
    else this.#readyEdge(isAsserted, at);
  }

  unseen(line: TracedLine): void {
    if (line === 'TPM_RST_L') this.#isInReset = false;
  }

  /** How long INT_AP_L is low, and high, between two edges: half the times are as long or longer. NaN without edges. */
  get ready(): ReadyTimes {
    const restsLow = this.#beginsLow === true && this.#endsLow;
    return { restsLow, low: middle(this.#low), high: middle(this.#high) };
  }

  #readyEdge(isAsserted: boolean, at: Instant): void {
    this.#beginsLow ??= !isAsserted;
    this.#endsLow = isAsserted;
    const times = isAsserted ? this.#high : this.#low;
    if (this.#last !== undefined && times.length < MAX_TIMES) times.push(between(this.#last, at));
    this.#last = at;
  }
}

const middle = (times: readonly Duration[]): Duration =>
  [...times].sort((a, b) => a - b)[times.length >> 1] ?? (NaN as Duration);

const most = (part: number, of: number): boolean => 10 * part >= 9 * of;

/** INT_AP_L rests low, where ready pulses are short, or TPM_RST_L is low where a chip answers. */
export function lineFindings(lines: LineCensus, isReadyStuckLow: () => boolean): Finding[] {
  if (lines.frames < LEAST_FRAMES) return [];
  return [...readyFindings(lines, isReadyStuckLow), ...resetFindings(lines)];
}

function readyFindings({ ready, edges }: LineCensus, isStuckLow: () => boolean): Finding[] {
  if (ready.restsLow && ready.low >= ready.high)
    return [
      {
        text: `INT_AP_L rests low: it is low for ${showDuration(ready.low)} and high for ${showDuration(ready.high)} at a time. It is likely that it is inverted.`,
        option: '--invert ready',
        fix: { invert: ['ready'] },
      },
    ];
  if (edges.INT_AP_L > 0 || !isStuckLow()) return [];
  return [
    {
      text: 'INT_AP_L is low throughout. It is likely that it is stuck low, or that its probe is open: it tells no ready pulse.',
      option: '--channel ready=none',
      fix: { channels: { ready: 'none' } },
    },
  ];
}

function resetFindings({ answeredInReset, frames, edges }: LineCensus): Finding[] {
  if (!most(answeredInReset, frames)) return [];
  const seen = `TPM_RST_L is low in ${answeredInReset} of ${frames} frames that a chip answers.`;
  // The level at the beginning is told as an edge.
  if (edges.TPM_RST_L > 1)
    return [
      {
        text: `${seen} It is likely that it is inverted.`,
        option: '--invert reset',
        fix: { invert: ['reset'] },
      },
    ];
  return [
    {
      text: `${seen} It never moves: it is likely that its probe is open, or on another line.`,
      option: '--channel reset=none',
      fix: { channels: { reset: 'none' } },
    },
  ];
}
