import type { Board, EdgeWatch, SpiStep } from '../../board/index.ts';
import { WaitStateTimeout } from '../../board/index.ts';
import { traced } from '../../boards/traced.ts';
import { HostFirmware, NotProvisioned, powerUp } from '../../host/index.ts';
import type { TraceSink } from '../../trace/index.ts';
import { tee, TraceRecorder } from '../../trace/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { between, LabFailure, later, minus, ms, plus, seconds, us, ZERO } from '../../units/index.ts';
import type { HostEvent, HostSide, ReplayedFrame } from './host-side.ts';
import { hostSideOf } from './host-side.ts';

/** How long a frame may stall, and how long the pulse after it may take. [DRIVER 1.1] */
const PATIENCE = ms(750);
/** A status is polled for this long beyond what was captured, while bits are missing that the captured one had. */
const POLLED_FOR = seconds(10);
/** All these polls together take no longer. A chip that is never so far is waited for only once or twice. */
const POLLED_IN_ALL = seconds(20);
/** Pause after a frame on a board that does not have INT_AP_L. [DRIVER 1.1] */
const WITHOUT_PULSE = ms(10);
/** Pause between two polls that the capture does not have. */
const POLL_PAUSE = ms(1);
/** With `fast` no pause is longer. A chip that wakes needs less. [CHIP 2] */
const FAST_GAP = ms(1);
/** After a pulse the next frame comes this much later at least, when the captured one cannot be kept. */
const AFTER_PULSE = us(10);
const LEAD = ms(1);

const TPM_STS = 0x18;
const TPM_ACCESS = 0x00;
const HEADER = 4;

/** What the board answered to the host's side of a capture. */
export interface Replayed {
  /** For each captured frame with data the last one on the board that stands for it; undefined when none was told. */
  readonly answers: readonly (ReplayedFrame | undefined)[];
  /** Status polls that were made beyond the captured ones, while the chip was not so far. */
  readonly repeats: number;
  /** How much later than in the capture the last frame came. */
  readonly late: Duration;
  readonly trace: TraceRecorder;
  /** What the firmware of a host threw that started the chip before the capture. */
  readonly startError: unknown;
}

interface ReplayOptions {
  /** As fast as the chip allows, in the place of the captured times. */
  readonly fast?: boolean;
  readonly hear?: TraceSink;
  /** Called when the chip was started and the capture begins. */
  readonly onStart?: () => void;
}

/** Plays the host's side of a capture on a board that has started over. */
export async function replayOn(bare: Board, side: HostSide, options: ReplayOptions = {}): Promise<Replayed> {
  const kept = { events: 1 << 20, bytes: 1 << 26 };
  const trace = new TraceRecorder(kept);
  const board = traced(bare, options.hear === undefined ? trace : tee(trace, options.hear));
  try {
    await powerUp(board);
    const [first] = side.frames;
    // Where the capture begins with the first frame after a reset, that one is not used up before.
    const startError = first?.answersOnes === true ? undefined : await started(board);
    trace.clear();
    options.onStart?.();
    const player = new HostPlayer(board, options.fast === true);
    await player.playAll(side.events);
    await board.clock.sleep(ms(1));
    const { frames } = hostSideOf(trace, 'The replay');
    return {
      answers: player.frameOf.map((index) => frames[index]),
      repeats: player.repeats,
      late: player.late,
      trace,
      startError,
    };
  } finally {
    board.detach();
  }
}

/** Starts the TPM as a host does before the capture begins. Returns the error of the chip. */
async function started(board: Board): Promise<unknown> {
  try {
    await new HostFirmware(board).start('clear');
    return undefined;
  } catch (error) {
    if (error instanceof LabFailure && !(error instanceof NotProvisioned)) throw error;
    return error;
  }
}

/** Puts events of a host on a board, one after the other. */
class HostPlayer {
  /** For each captured frame the number of the frame on the board that stands for it. */
  readonly frameOf: number[] = [];
  repeats = 0;
  #made = 0;
  #watch: EdgeWatch | undefined;
  #before: HostEvent | undefined;
  /** Board time of captured time 0. */
  #origin: Instant | undefined;
  #end: Instant;
  #awaitsPulse = false;
  #polled = ZERO;
  late = ZERO;

  constructor(
    private readonly board: Board,
    private readonly isFast: boolean,
  ) {
    this.#end = board.clock.now();
  }

  async playAll(events: readonly HostEvent[]): Promise<void> {
    this.#watch = this.board.ready?.arm('asserted');
    try {
      for (const event of events) await this.#play(event);
    } finally {
      this.#watch?.close();
    }
  }

  async #play(event: HostEvent): Promise<void> {
    await this.#waitFor(event);
    const { clock, reset, power, spi } = this.board;
    switch (event.kind) {
      case 'reset':
        await (event.isOn ? reset?.assert() : reset?.deassert());
        break;
      case 'power':
        await (event.isOn ? power?.on() : power?.off());
        break;
      case 'select':
        await spi.transaction([{ kind: 'delay', duration: between(event.fall, event.rise) }]);
        break;
      case 'frame':
        await this.#frame(event);
    }
    this.#before = event;
    this.#end = clock.now();
  }

  /** Waits for the captured moment, and for the pulse for which the captured host waited as well. */
  async #waitFor(event: HostEvent): Promise<void> {
    const { clock } = this.board;
    if (this.#awaitsPulse && this.#before?.kind === 'frame' && this.#before.pulseFrom <= event.fall)
      await this.#pulse();
    const now = clock.now();
    this.#origin ??= (now + LEAD - event.fall) as Instant;
    let due = later(this.#origin, event.fall as unknown as Duration);
    if (this.isFast) due = this.#soon(event, due);
    if (due > now) await clock.sleep(between(now, due));
    else {
      this.late = (this.late + between(due, now)) as Duration;
      this.#origin = (this.#origin + between(due, now)) as Instant;
    }
  }

  /** The captured gap, or a short one where that is long. Everything that follows comes earlier by the difference. */
  #soon(event: HostEvent, due: Instant): Instant {
    const soon = later(this.#end, FAST_GAP);
    if (due <= soon || event.kind === 'reset' || this.#before?.kind === 'reset') return due;
    this.#origin = (this.#origin! - between(soon, due)) as Instant;
    return soon;
  }

  async #pulse(): Promise<void> {
    this.#awaitsPulse = false;
    const { clock } = this.board;
    if (this.#watch === undefined) await clock.sleep(WITHOUT_PULSE);
    else if ((await this.#watch.next(PATIENCE)) !== undefined) await clock.sleep(AFTER_PULSE);
  }

  async #frame(frame: ReplayedFrame): Promise<void> {
    let data = await this.#once(frame);
    if (isStatus(frame) && frame.isWhole) {
      const { clock } = this.board;
      const from = clock.now();
      const until = Math.min(later(from, POLLED_FOR), later(from, minus(POLLED_IN_ALL, this.#polled)));
      // The chip may need longer than the captured one did.
      while (lacks(data, frame.data) && clock.now() < until) {
        await this.#pulse();
        await clock.sleep(POLL_PAUSE);
        data = await this.#once(frame);
        this.repeats++;
      }
      this.#polled = plus(this.#polled, between(from, clock.now()));
    }
    this.frameOf.push(this.#made - 1);
  }

  /** Clocks one frame. Returns what the chip answered as data; nothing when it did not end its wait state. */
  async #once(frame: ReplayedFrame): Promise<Uint8Array> {
    while (this.#watch?.take() !== undefined);
    this.#made++;
    this.#awaitsPulse = frame.pulses > 0;
    try {
      const { received, pollAt, polled } = await this.board.spi.transaction(stepsOf(frame));
      return received.slice(pollAt + polled);
    } catch (error) {
      if (!(error instanceof WaitStateTimeout)) throw error;
      return new Uint8Array();
    }
  }
}

/** A whole frame waits for the chip as a driver does. Another one is clocked byte for byte as it was captured. */
function stepsOf({ sent, isWhole, answersOnes, direction, data }: ReplayedFrame): SpiStep[] {
  if (!isWhole || answersOnes) return [{ kind: 'exchange', bytes: sent }];
  const last: SpiStep =
    direction === 'read' ? { kind: 'read', size: data.length } : { kind: 'write', bytes: data };
  return [
    { kind: 'exchange', bytes: sent.subarray(0, HEADER) },
    { kind: 'poll', mask: 1, value: 1, limit: PATIENCE, timeoutFirst: false },
    last,
  ];
}

const isStatus = ({ direction, register }: ReplayedFrame): boolean =>
  direction === 'read' && (register === TPM_STS || register === TPM_ACCESS);

/** Whether bits of the first byte are missing that the captured one had. */
const lacks = ([seen = 0]: Uint8Array, [captured = 0]: Uint8Array): boolean => (captured & ~seen) !== 0;
