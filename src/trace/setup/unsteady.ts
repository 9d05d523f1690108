import type { Instant } from '../../units/index.ts';
import { between, inMs, ns, showDuration } from '../../units/index.ts';
import type { TracedLine, TraceSink, WireFrame } from '../events.ts';
import type { Finding } from './finding.ts';

/** No chip and no host drives a line for so short a time: a ready pulse and a wake pulse take a microsecond at least. [CHIP 3] */
const SPIKE = ns(100);
/** Minimum number of spikes by which the recording is doubted: a single one may have been on the wire. */
const LEAST_SPIKES = 3;
/** Minimum number of frames with a spike on the clock. */
const LEAST_SPOILT = 2;
/** Minimum number of frames in a row, or of assertions of CS without a clock, that are no slip of the host. */
const LEAST_IN_A_ROW = 8;
const LEAST_SELECTS = 4;
/** More ready pulses than that behind a frame belong to frames that were not seen. */
const LEAST_PULSES = 3;

/** What comes and goes within a capture whose frames look right on the whole: spikes, and a probe that comes off. */
export class UnsteadyCensus {
  /** Frames with a clock phase far too short, and with clocks that make no whole byte. */
  spoilt = 0;
  /** Frames that address no TPM, one after another, at most; and when the first of them began. */
  astray = 0;
  astrayFrom = NaN as Instant;
  /** Spikes of each line. On CS only those that assert it without a clock. */
  readonly spikes: Record<TracedLine | 'CS', number> = { CS: 0, INT_AP_L: 0, TPM_RST_L: 0 };
  #row = 0;
  #rowFrom = NaN as Instant;
  #selects = 0;
  #mostSelects = 0;
  #pulses = 0;
  #mostPulses = 0;
  readonly #last: Record<TracedLine, Instant | undefined> = { INT_AP_L: undefined, TPM_RST_L: undefined };

  frame({ fall, spareClocks = 0, hasGlitch }: WireFrame, isToTpm: boolean): void {
    if (hasGlitch === true && spareClocks > 0) this.spoilt++;
    this.#selects = 0;
    this.#pulses = 0;
    if (this.#row === 0) this.#rowFrom = fall;
    this.#row = isToTpm ? 0 : this.#row + 1;
    if (this.#row <= this.astray) return;
    this.astray = this.#row;
    this.astrayFrom = this.#rowFrom;
  }

  readonly select: TraceSink['select'] = (fall, rise) => {
    if (between(fall, rise) < SPIKE) this.spikes.CS++;
    this.#mostSelects = Math.max(this.#mostSelects, ++this.#selects);
  };

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    const last = this.#last[line];
    this.#last[line] = at;
    if (last !== undefined && between(last, at) < SPIKE) this.spikes[line]++;
    if (line === 'INT_AP_L' && isAsserted) this.#mostPulses = Math.max(this.#mostPulses, ++this.#pulses);
  }

  /** CS is asserted again and again without a clock, or the chip answers frames that nobody saw. */
  get hasUnseenFrames(): boolean {
    return this.#mostSelects >= LEAST_SELECTS || this.#mostPulses >= LEAST_PULSES;
  }
}

/** Lines with spikes, and a stretch of the capture in which the bus was recorded wrongly. */
export function unsteadyFindings(census: UnsteadyCensus, frames: number): Finding[] {
  const { spikes, spoilt, astray, astrayFrom } = census;
  if (spoilt >= LEAST_SPOILT)
    return [
      {
        text: `In ${spoilt} of ${frames} frames a phase of CLK is far too short, and the clocks make no whole bytes: it has spikes. ${PROBE}`,
      },
    ];
  if (spikes.CS >= LEAST_SPIKES && 10 * spikes.CS >= frames)
    return [{ text: `CS has ${spikes.CS} spikes beside ${frames} frames. ${PROBE}` }];
  if (astray >= LEAST_IN_A_ROW && 20 * astray >= frames)
    return [
      {
        text: `${astray} frames one after another, from ${inMs(between(0 as Instant, astrayFrom)).toFixed(4)} ms on, address no TPM, and the others do. It is likely that a probe came off or was moved: record again.`,
      },
    ];
  return (['reset', 'ready'] as const).flatMap((net) => {
    const line = net === 'reset' ? 'TPM_RST_L' : 'INT_AP_L';
    // A spike is two edges, and what is between two spikes may be as short as one. One on TPM_RST_L is taken for a reset.
    if (spikes[line] < (net === 'reset' ? 1 : LEAST_SPIKES)) return [];
    return [
      {
        text: `${line} has ${spikes[line]} spikes shorter than ${showDuration(SPIKE)}. ${PROBE}`,
        option: `--channel ${net}=none`,
        fix: { channels: { [net]: 'none' } },
      },
    ];
  });
}

const PROBE =
  'It is likely that its probe rings, or catches another line: put the ground clip close to it and record again.';
