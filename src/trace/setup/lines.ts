import type { Duration, Instant } from '../../units/index.ts';
import { between, ms, ns, showDuration, us } from '../../units/index.ts';
import type { TracedLine, WireFrame } from '../events.ts';
import type { Net } from '../import/channels.ts';
import type { Finding } from './finding.ts';
import type { Channels } from './wiring.ts';

/** Minimum number of frames by which a line beside them is judged. */
const LEAST_FRAMES = 4;
/** Minimum number of turns by which a level is said to wander. */
const LEAST_TURNS = 4;
/** Maximum number of times that are held. */
const MAX_TIMES = 1000;
/** A host that sees no ready pulse waits that long before its next frame. [CHIP 1.5] */
const PAUSE = ms(2);
/** A ready pulse is over before the next frame begins, so a frame has two edges of one that is late at most. [CHIP 3] */
const MAX_EDGES_IN_FRAME = 4;
/** Longer than any ready pulse. [CHIP 3] */
const MAX_READY = us(300);
/** Edges of two lines that are the same wire are that close; a ready pulse comes at least a microsecond behind CS. [CHIP 3] */
const SAME_EDGE = ns(500);

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
  /** Frames that begin sooner behind another than a host may that sees no pulse. */
  hurried = 0;
  /** Frames within which INT_AP_L moves, those in which it does as no ready pulse does, and those at whose begin and end it moves. */
  movedIn = 0;
  movedOften = 0;
  movedWith = 0;
  /** Frames at whose begin INT_AP_L is low, and how often a frame differs in that from the one before. */
  begunLow = 0;
  lowTurns = 0;
  /** Frames after whose end it is asserted just once before the next frame ends. */
  pulsed = 0;
  /** Frames within which, or with which, TPM_RST_L moves. */
  resetMovedIn = 0;
  /** Edges of INT_AP_L that are edges of TPM_RST_L, too. */
  movedWithReset = 0;
  readonly edges: Record<TracedLine, number> = { INT_AP_L: 0, TPM_RST_L: 0 };
  #isInReset = false;
  #resetMovedAt = -Infinity as Instant;
  #wasBegunLow: boolean | undefined;
  /** Times that INT_AP_L was asserted since the last frame ended. */
  #asserted = 0;
  #beginsLow: boolean | undefined;
  #endsLow = false;
  #last: Instant | undefined;
  readonly #low: Duration[] = [];
  readonly #high: Duration[] = [];
  /** The last frame's end, and whether INT_AP_L moved at its begin, but not at its end so far. */
  #rise: Instant | undefined;
  #isBegunWith = false;
  /** The last edges of INT_AP_L behind the last frame. */
  readonly #recent: Instant[] = [];

  frame(isAnswered: boolean, { fall, rise }: Pick<WireFrame, 'fall' | 'rise'>): void {
    this.frames++;
    if (isAnswered && this.#isInReset) this.answeredInReset++;
    if (this.#rise !== undefined && between(this.#rise, fall) < PAUSE) this.hurried++;
    const inFrame = this.#recent.filter((at) => at > fall && !isSame(at, fall) && !isSame(at, rise)).length;
    this.#beginsFrame(fall);
    if (inFrame > 0) this.movedIn++;
    if (inFrame > MAX_EDGES_IN_FRAME) this.movedOften++;
    if (this.#resetMovedAt >= fall) this.resetMovedIn++;
    if (this.#asserted === 1) this.pulsed++;
    this.#asserted = 0;
    this.#isBegunWith = this.#isEdgeAt(fall);
    this.#rise = rise;
    if (this.#isEdgeAt(rise)) this.#endsWith();
    this.#recent.length = 0;
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    this.edges[line]++;
    if (line === 'INT_AP_L') this.#readyEdge(isAsserted, at);
    else {
      this.#isInReset = isAsserted;
      this.#resetMovedAt = at;
      if (this.#last !== undefined && isSame(this.#last, at)) this.movedWithReset++;
    }
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
    if (isAsserted) this.#asserted++;
    this.#endsLow = isAsserted;
    if (isSame(this.#resetMovedAt, at)) this.movedWithReset++;
    const times = isAsserted ? this.#high : this.#low;
    if (this.#last !== undefined && times.length < MAX_TIMES) times.push(between(this.#last, at));
    this.#last = at;
    if (this.#rise !== undefined && isSame(at, this.#rise)) this.#endsWith();
    if (this.#recent.length === 2 * MAX_TIMES) this.#recent.splice(0, MAX_TIMES);
    this.#recent.push(at);
  }

  /** Its level when CS falls is the one before the first edge behind that. */
  #beginsFrame(fall: Instant): void {
    const since = this.#recent.filter((at) => at > fall).length;
    const isLow = since % 2 === 0 ? this.#endsLow : !this.#endsLow;
    if (isLow) this.begunLow++;
    if (this.#wasBegunLow !== undefined && this.#wasBegunLow !== isLow) this.lowTurns++;
    this.#wasBegunLow = isLow;
  }

  #isEdgeAt(moment: Instant): boolean {
    return this.#recent.some((at) => isSame(at, moment));
  }

  #endsWith(): void {
    if (this.#isBegunWith) this.movedWith++;
    this.#isBegunWith = false;
  }
}

const isSame = (a: Instant, b: Instant): boolean => Math.abs(a - b) <= SAME_EDGE;

const middle = (times: readonly Duration[]): Duration =>
  [...times].sort((a, b) => a - b)[times.length >> 1] ?? (NaN as Duration);

const most = (part: number, of: number): boolean => 10 * part >= 9 * of;

/** What the channel of INT_AP_L shows, looked at beside the other channels. */
export interface ReadySeen {
  /** Its level where it is known and never changes. */
  readonly level?: number;
  /** The line of the bus that says the same, or the opposite. */
  readonly as?: Net;
  /** It is low whenever the clock runs. */
  readonly isLowWhileClocked: boolean;
}

/**
 * INT_AP_L is no ready line: it moves with another line or within frames, never moves, or rests low, where ready pulses
 * are short. Or TPM_RST_L is low where a chip answers, or moves as no reset does, or as ready pulses do.
 */
export function lineFindings(lines: LineCensus, channels: Channels, readySeen: () => ReadySeen): Finding[] {
  if (lines.frames < LEAST_FRAMES) return [];
  const swapped = swappedFindings(lines, channels);
  return swapped.length > 0 ? swapped : [...readyFindings(lines, readySeen), ...resetFindings(lines)];
}

/** A TPM is reset once or twice, and not at every frame. */
const movesAsNoReset = ({ edges, frames }: LineCensus): boolean => edges.TPM_RST_L >= frames;

/** TPM_RST_L pulses between the frames as INT_AP_L should, and INT_AP_L hardly moves. */
function swappedFindings(lines: LineCensus, { ready, reset }: Channels): Finding[] {
  const { edges, frames, resetMovedIn } = lines;
  const isStill = 4 * edges.INT_AP_L < frames;
  if (ready === undefined || reset === undefined || !isStill) return [];
  if (!movesAsNoReset(lines) || 2 * resetMovedIn > frames) return [];
  return [
    {
      text: `TPM_RST_L moves ${edges.TPM_RST_L} times between ${frames} frames, and INT_AP_L hardly moves. It is likely that they are swapped.`,
      option: `--channel ready=${reset} reset=${ready}`,
      fix: { channels: { ready: reset, reset: ready } },
    },
  ];
}

/** Frames begin at either level, as when a host goes on at the edge of a pulse, but there is no pulse for each frame. */
const isAtRandom = ({ begunLow, lowTurns, pulsed, frames }: LineCensus): boolean =>
  4 * begunLow >= frames && 4 * begunLow <= 3 * frames && lowTurns >= LEAST_TURNS && 5 * pulsed < 3 * frames;

function readyFindings(lines: LineCensus, readySeen: () => ReadySeen): Finding[] {
  const { ready, edges, frames, movedWith, movedWithReset, movedIn, begunLow, pulsed } = lines;
  if (2 * movedIn > frames) {
    const moving = movingReadyFindings(lines, readySeen());
    if (moving.length > 0 || !isAtRandom(lines)) return moving;
  }
  if (most(movedWith, frames))
    return [noReadyLine(`INT_AP_L moves where CS does in ${movedWith} of ${frames} frames`, 'is on CS')];
  if (edges.INT_AP_L > 0 && most(movedWithReset, edges.INT_AP_L))
    return [
      noReadyLine(
        `INT_AP_L moves where TPM_RST_L does, and hardly anywhere else beside ${frames} frames`,
        'is on TPM_RST_L',
      ),
    ];
  if (isAtRandom(lines))
    return [
      noReadyLine(
        `INT_AP_L is low at the begin of ${begunLow} of ${frames} frames and high at that of the others, and a single pulse belongs to ${pulsed} of them`,
        'floats, or is on another line',
      ),
    ];
  if (ready.restsLow && ready.low >= ready.high)
    return [
      {
        text: `INT_AP_L rests low: it is low for ${showDuration(ready.low)} and high for ${showDuration(ready.high)} at a time. It is likely that it is inverted.`,
        option: '--invert ready',
        fix: { invert: ['ready'] },
      },
    ];
  if (ready.low > MAX_READY && 4 * pulsed < frames)
    return [
      noReadyLine(
        `INT_AP_L is low for ${showDuration(ready.low)} at a time, and a single pulse belongs to ${pulsed} of ${frames} frames`,
        'floats, or is on another line',
      ),
    ];
  return edges.INT_AP_L > 0 ? [] : stillReadyFindings(lines, readySeen().level);
}

/** It moves within most frames. A ready pulse does when the host does not wait for it: that is no mistake of the set-up. */
function movingReadyFindings({ movedIn, movedOften, frames }: LineCensus, seen: ReadySeen): Finding[] {
  const within = `INT_AP_L moves within ${movedIn} of ${frames} frames`;
  if (seen.as !== undefined && !(seen.as === 'cs' && seen.isLowWhileClocked))
    return [noReadyLine(`${within}, where ${seen.as.toUpperCase()} does`, `is on ${seen.as.toUpperCase()}`)];
  if (seen.isLowWhileClocked)
    return [
      {
        text: `${within}, and is low whenever the clock runs. It is likely that it is CS, and that the channel of CS is another line.`,
        option: '--channel cs=NAME',
      },
    ];
  if (2 * movedOften <= frames) return [];
  const often = `INT_AP_L moves more than ${MAX_EDGES_IN_FRAME} times within ${movedOften} of ${frames} frames`;
  return [noReadyLine(often, 'floats, or is on another line')];
}

function stillReadyFindings({ hurried, frames }: LineCensus, level: number | undefined): Finding[] {
  if (level === 0) return [noReadyLine('INT_AP_L is low throughout', 'is open, or that it is stuck low')];
  if (level === undefined) return [];
  if (!most(hurried, frames - 1))
    return [
      noReadyLine(
        `INT_AP_L is high throughout, and no ready pulse follows any of ${frames} frames`,
        'is open, or that the chip gives no pulse',
      ),
    ];
  const seen = `INT_AP_L is high throughout, and ${hurried} of ${frames} frames begin less than ${showDuration(PAUSE)} behind another, as behind a ready pulse`;
  return [noReadyLine(seen, 'is open, or that the line is dead and the host does not wait')];
}

const noReadyLine = (seen: string, probe: string): Finding => ({
  text: `${seen}. It is likely that its probe ${probe}: it tells no ready pulse.`,
  option: '--channel ready=none',
  fix: { channels: { ready: 'none' } },
});

function resetFindings(lines: LineCensus): Finding[] {
  const { answeredInReset, frames, edges } = lines;
  if (movesAsNoReset(lines))
    return [
      noResetLine(`TPM_RST_L moves ${edges.TPM_RST_L} times beside ${frames} frames.`, 'is on another line'),
    ];
  if (10 * answeredInReset < frames || answeredInReset < LEAST_FRAMES) return [];
  const seen = `TPM_RST_L is low in ${answeredInReset} of ${frames} frames that a chip answers.`;
  if (!most(answeredInReset, frames))
    return [noResetLine(`${seen} A chip in reset answers none.`, 'floats, or is on another line')];
  // The level at the beginning is told as an edge.
  if (edges.TPM_RST_L > 1)
    return [
      {
        text: `${seen} It is likely that it is inverted.`,
        option: '--invert reset',
        fix: { invert: ['reset'] },
      },
    ];
  return [noResetLine(`${seen} It never moves.`, 'is open, or on another line')];
}

const noResetLine = (seen: string, probe: string): Finding => ({
  text: `${seen} It is likely that its probe ${probe}: it tells no reset.`,
  option: '--channel reset=none',
  fix: { channels: { reset: 'none' } },
});
