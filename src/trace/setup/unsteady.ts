import type { Instant } from '../../units/index.ts';
import { between, inMs, ms, ns, showDuration } from '../../units/index.ts';
import type { TracedLine, TraceSink, WireFrame } from '../events.ts';
import type { Finding } from './finding.ts';

/** No chip and no host drives a line for so short a time: a ready pulse and a wake pulse take a microsecond at least. [CHIP 3] */
const SPIKE = ns(100);
/** Minimum number of spikes by which the recording is doubted: a single one may have been on the wire. */
const LEAST_SPIKES = 3;
/** Minimum number of frames with a spike on the clock. */
const LEAST_SPOILT = 2;
/** Minimum number of frames in a row, or of assertions of CS without a clock, that are no slip of the host. */
const LEAST_IN_A_ROW = 6;
const LEAST_SELECTS = 4;
const LEAST_CLOCKLESS = 5;
/** Minimum number of frames in a row that are odd in a way in which neither host nor chip is, and of others before them. */
const LEAST_ODD = 5;
/** A ready pulse is over before the next frame begins, so a frame has two edges of one that is late at most. [CHIP 3] */
const MAX_EDGES_IN_FRAME = 4;
/** A host that sees no ready pulse waits that long before its next frame. [CHIP 1.5] */
const PAUSE = ms(2);
/** A frame that ends with the capture has at most a header, wait bytes and 64 bytes of data, unless CS stays low. [CHIP 1.2] */
const LONG_FRAME = 100;
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
  /** Frames that are odd, one after another, at most. */
  odd: Stretch = NO_STRETCH;
  /** Assertions of CS without a clock, one after another, at most. */
  clockless: Stretch = NO_STRETCH;
  /** A long frame that ends with the capture. */
  isLongCut = false;
  #odd: Stretch = NO_STRETCH;
  #clockless: Stretch = NO_STRETCH;
  #rise: Instant | undefined;
  #isReadyLow = false;
  /** Edges of INT_AP_L since the last frame ended, and frames that had some before them. */
  #moved = 0;
  #alive = 0;
  /** The last edges of INT_AP_L, one more than a frame may have. */
  readonly #recent: Instant[] = [];
  /** TPM_RST_L had a spike, and nobody knows yet whether it reset the chip. */
  #mayBeReset = false;
  #row = 0;
  #rowFrom = NaN as Instant;
  #selects = 0;
  #mostSelects = 0;
  #pulses = 0;
  #mostPulses = 0;
  readonly #last: Record<TracedLine, Instant | undefined> = { INT_AP_L: undefined, TPM_RST_L: undefined };

  frame(frame: WireFrame, isToTpm: boolean, look: Look): void {
    const { fall, spareClocks = 0, hasGlitch } = frame;
    if (hasGlitch === true && spareClocks > 0) this.spoilt++;
    this.#note(frame, this.#oddityOf(frame, look));
    this.#clockless = NO_STRETCH;
    // A chip that was reset holds FF in the header of its first frame: the spike was on the wire. [CHIP 1.3]
    if (this.#mayBeReset && frame.received[0] !== 0xff) this.spikes.TPM_RST_L++;
    this.#mayBeReset = false;
    this.#selects = 0;
    this.#pulses = 0;
    if (this.#row === 0) this.#rowFrom = fall;
    this.#row = isToTpm ? 0 : this.#row + 1;
    if (this.#row <= this.astray) return;
    this.astray = this.#row;
    this.astrayFrom = this.#rowFrom;
  }

  cut({ sent }: WireFrame): void {
    this.isLongCut = sent.length > LONG_FRAME;
  }

  #oddityOf({ fall }: WireFrame, look: Look): Oddity | undefined {
    if (this.#recent.length > MAX_EDGES_IN_FRAME && this.#recent[0]! > fall) return 'moves';
    if (this.#isReadyLow) return 'low';
    if (look === 'inverted' || look === 'echo' || look === 'noise') return look;
    // A chip that is asked again and again, and pulses, is there.
    if (look === 'mute' && this.#moved > 0) return 'mute';
    const isHurried = this.#rise !== undefined && between(this.#rise, fall) < PAUSE;
    return this.#moved === 0 && isHurried && this.#alive >= LEAST_ODD ? 'still' : undefined;
  }

  #note({ fall, rise }: WireFrame, oddity: Oddity | undefined): void {
    if (this.#moved > 0) this.#alive++;
    this.#moved = 0;
    this.#rise = rise;
    this.#odd = oddity === undefined ? NO_STRETCH : longer(this.#odd, fall, oddity);
    if (this.#odd.count > this.odd.count) this.odd = this.#odd;
  }

  readonly select: TraceSink['select'] = (fall, rise) => {
    this.#clockless = longer(this.#clockless, fall);
    if (this.#clockless.count > this.clockless.count) this.clockless = this.#clockless;
    if (between(fall, rise) < SPIKE) this.spikes.CS++;
    this.#mostSelects = Math.max(this.#mostSelects, ++this.#selects);
  };

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    const last = this.#last[line];
    this.#last[line] = at;
    if (last !== undefined && between(last, at) < SPIKE) {
      if (line === 'TPM_RST_L') this.#mayBeReset = true;
      else this.spikes[line]++;
    }
    if (line !== 'INT_AP_L') return;
    this.#isReadyLow = isAsserted;
    this.#moved++;
    this.#recent.push(at);
    if (this.#recent.length > MAX_EDGES_IN_FRAME + 1) this.#recent.shift();
    if (isAsserted) this.#mostPulses = Math.max(this.#mostPulses, ++this.#pulses);
  }

  /** CS is asserted again and again without a clock, or the chip answers frames that nobody saw. */
  get hasUnseenFrames(): boolean {
    return this.#mostSelects >= LEAST_SELECTS || this.#mostPulses >= LEAST_PULSES || this.isLongCut;
  }
}

/** What the answer of a frame looks like, where no chip answers so. */
export type Look = 'inverted' | 'echo' | 'noise' | 'mute' | undefined;
/** Why a frame is odd: by its answer, or by INT_AP_L, which is low when CS rises, moves within, or stands still. */
type Oddity = Exclude<Look, undefined> | 'low' | 'moves' | 'still';

/** Things of one kind, one after another. */
interface Stretch {
  readonly count: number;
  readonly from: Instant;
  /** How often it was odd in which way. */
  readonly ways: Readonly<Partial<Record<Oddity, number>>>;
}

const NO_STRETCH: Stretch = { count: 0, from: NaN as Instant, ways: {} };

const longer = ({ count, from, ways }: Stretch, at: Instant, way?: Oddity): Stretch => ({
  count: count + 1,
  from: count === 0 ? at : from,
  ways: way === undefined ? ways : { ...ways, [way]: (ways[way] ?? 0) + 1 },
});

/** What a stretch of odd frames shows, and the line whose probe is likely to be at fault. */
const ODDITIES: Readonly<Record<Oddity, readonly [text: string, net: 'miso' | 'ready']>> = {
  inverted: ['MISO is high while the header is sent, and says FE before the data', 'miso'],
  echo: ['MISO says what MOSI says', 'miso'],
  noise: ['MISO is not still while the header is sent', 'miso'],
  mute: ['MISO never changes, though INT_AP_L moves', 'miso'],
  low: ['INT_AP_L is low when CS rises, where a chip asserts it afterwards', 'ready'],
  moves: [`INT_AP_L moves more than ${MAX_EDGES_IN_FRAME} times within each`, 'ready'],
  still: ['INT_AP_L stands still, though the host goes on as behind a ready pulse', 'ready'],
};

function oddFinding({ count, from, ways }: Stretch): Finding {
  const [way] = Object.entries(ways).reduce((a, b) => (b[1] > a[1] ? b : a)) as [Oddity, number];
  const [seen, net] = ODDITIES[way];
  const text = `In ${count} frames one after another, from ${momentOf(from)} on, ${seen}, and not in those before. It is likely that a probe came off or was moved: record again.`;
  return net === 'ready'
    ? { text, option: '--channel ready=none', fix: { channels: { ready: 'none' } } }
    : { text, option: '--channel miso=NAME' };
}

const momentOf = (at: Instant): string => `${inMs(between(0 as Instant, at)).toFixed(4)} ms`;

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
        text: `${astray} frames one after another, from ${momentOf(astrayFrom)} on, address no TPM, and the others do. It is likely that a probe came off or was moved: record again.`,
      },
    ];
  return (['reset', 'ready'] as const).flatMap((net) => {
    const line = net === 'reset' ? 'TPM_RST_L' : 'INT_AP_L';
    // A spike is two edges, and what is between two spikes may be as short as one. One on TPM_RST_L passes for a reset.
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

/** A stretch in which one line says nothing more, or nothing that a chip says. */
export function stretchFindings({ odd, clockless }: UnsteadyCensus, frames: number): Finding[] {
  // Before a stretch that is odd there have to be frames that are not.
  if (odd.count >= LEAST_ODD && frames - odd.count >= LEAST_ODD) return [oddFinding(odd)];
  if (clockless.count >= LEAST_CLOCKLESS)
    return [
      {
        text: `CS is asserted ${clockless.count} times one after another, from ${momentOf(clockless.from)} on, without a clock. It is likely that the probe of CLK came off: record again.`,
        option: '--channel clk=NAME',
      },
    ];
  return [];
}

const PROBE =
  'It is likely that its probe rings, or catches another line: put the ground clip close to it and record again.';
