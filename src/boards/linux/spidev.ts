import type {
  Clock,
  DriveLine,
  PollStep,
  SpiDevice,
  SpiRecord,
  SpiStep,
  TransactionOptions,
} from '../../board/index.ts';
import { SpiFailure, StallMisjudged, WaitStateTimeout } from '../../board/index.ts';
import type { Duration, Hertz, Instant } from '../../units/index.ts';
import { between, earlier, later, ns, plus, ZERO } from '../../units/index.ts';
import type { BusFindings } from './bus-probe.ts';
import { probeBus } from './bus-probe.ts';
import { FrameBuffers, MAX_BYTES } from './frame-buffers.ts';
import type { WakePulse } from './options.ts';
import type { SpiHandle, Transfer } from './spi-handle.ts';
import { StallMemory } from './stall-memory.ts';

const EMSGSIZE = 90;
const EIO = 5;

/** A frame with a poll, under way. */
interface PolledFrame {
  readonly steps: readonly SpiStep[];
  /** Which of the steps is the poll. */
  readonly at: number;
  readonly fall: Instant;
  /** CS stays asserted when the poll fails. */
  readonly csStaysLow: boolean;
}

/** The poll of a frame as far as it came: what a record says beside the bytes. */
type PollRecord = Pick<SpiRecord, 'pollAt' | 'polled' | 'fall' | 'polledUntil' | 'rise'>;

/** How CS is driven, and how a wake pulse is made. */
export interface SpidevOptions {
  /** Drives CS_L; without it the SPI controller does. */
  readonly cs?: DriveLine | undefined;
  readonly wakePulse?: WakePulse | undefined;
}

/**
 * One chip select of a real bus. A transaction is as few messages to the kernel as it can be:
 *
 * - without a poll, one;
 * - with a poll, one for header and wait bytes, one for the data, with CS asserted in between; the wait bytes that every
 *   frame has needed go with the header, each one more is a message of its own;
 * - a read whose caller lets the stall be guessed, one: more wait bytes than ever were needed, and the data found
 *   behind the ready byte wherever that is.
 *
 * A record's fall and rise are the earliest moments at which they can have been: just before the first call, and the start
 * of the last one with its bytes' time. What the chip answers is always later.
 *
 * spidev takes no lock from message to message, so nothing else may use the bus meanwhile: the rig's lease sees to that.
 * Calls to the kernel run to their end, so that a command needs the event loop no more than its waits do.
 */
export class Spidev implements SpiDevice {
  readonly maxBytes = MAX_BYTES;
  readonly counters = { transactions: 0, systemCalls: 0 };
  readonly #cs: DriveLine | undefined;
  readonly #frame: FrameBuffers;
  readonly #byteNs: number;
  #last: Promise<unknown> = Promise.resolve();
  /** The last message left CS asserted. */
  #isHeld = false;
  readonly #stalls = { read: new StallMemory(), write: new StallMemory() };

  constructor(
    private readonly handle: SpiHandle,
    private readonly clock: Clock,
    readonly sck: Hertz,
    { cs, wakePulse = 'empty' }: SpidevOptions = {},
  ) {
    this.#cs = cs;
    this.#frame = new FrameBuffers(wakePulse);
    this.#byteNs = 8e9 / sck;
  }

  /** CS_L is driven by a line of its own and not by the SPI controller. */
  get hasOwnLine(): boolean {
    return this.#cs !== undefined;
  }

  async transaction(steps: readonly SpiStep[], options: TransactionOptions = {}): Promise<SpiRecord> {
    this.counters.transactions++;
    if (this.#cs === undefined) return this.#run(steps, options);
    const cs = this.#cs;
    const run = this.#last.then(() => this.#runUnder(cs, steps, options));
    this.#last = run.catch(() => undefined);
    return run;
  }

  /**
   * Finds out what the controller can do; the chip has to be powered and out of reset. Where an empty message does not move CS,
   * wake pulses and the release of CS clock one byte from then on.
   * @throws SpiFailure
   */
  async probe(triesEmpty: boolean): Promise<BusFindings> {
    const findings = await probeBus(this.handle, this.clock, triesEmpty);
    if (findings.answers && findings.emptyMovesCs === false) this.#frame.wakePulse = 'byte';
    return findings;
  }

  close(): void {
    try {
      // spidev itself leaves CS as it is when it is closed.
      if (this.#isHeld) this.handle.transferSync([this.#frame.release()]);
    } finally {
      this.handle.closeSync();
    }
  }

  /** The same under a line of its own, which falls before the first message and rises after the last. */
  async #runUnder(cs: DriveLine, steps: readonly SpiStep[], options: TransactionOptions): Promise<SpiRecord> {
    const fall = this.clock.now();
    this.counters.systemCalls++;
    await cs.assert();
    let staysLow = false;
    try {
      const record = steps.every(isDelay) ? await this.#wait(steps) : this.#run(steps, options);
      return await this.#risen(cs, { ...record, fall });
    } catch (failure) {
      staysLow = failure instanceof WaitStateTimeout && options.csStaysLowAfterError === true;
      throw failure;
    } finally {
      if (cs.isAsserted && !staysLow) await this.#deassert(cs);
    }
  }

  /** As early as CS can have risen. */
  async #risen(cs: DriveLine, record: SpiRecord): Promise<SpiRecord> {
    const rise = this.clock.now();
    await this.#deassert(cs);
    return { ...record, rise };
  }

  #deassert(cs: DriveLine): Promise<void> {
    this.counters.systemCalls++;
    return cs.deassert();
  }

  /** CS is asserted by its line already. */
  async #wait(steps: readonly SpiStep[]): Promise<SpiRecord> {
    this.#frame.beginFrame();
    await this.clock.sleep(steps.reduce((sum, step) => plus(sum, delayOf(step)), ZERO));
    const now = this.clock.now();
    return this.#record({ pollAt: 0, polled: 0, fall: now, polledUntil: now, rise: now });
  }

  #run(
    steps: readonly SpiStep[],
    { csStaysLowAfterError = false, mayGuessStall = false }: TransactionOptions,
  ): SpiRecord {
    this.#frame.beginFrame();
    const fall = this.clock.now();
    const at = steps.findIndex(isPoll);
    if (at < 0) {
      this.#begin(steps, 0, steps.length);
      const end = this.#send(false, 'one message', fall);
      return this.#record({ pollAt: this.#frame.length, polled: 0, fall, polledUntil: end, rise: end });
    }
    const isRead = steps.some(isReadStep);
    const stalls = isRead ? this.#stalls.read : this.#stalls.write;
    const { guess } = stalls;
    const polled: PolledFrame = { steps, at, fall, csStaysLow: csStaysLowAfterError };
    return isRead && mayGuessStall && guess !== undefined
      ? this.#atOnce(polled, guess)
      : this.#stepByStep(polled, stalls);
  }

  /** Header, a guessed stall and the data in one message, and the ready byte found in what came back. */
  #atOnce({ steps, at, fall }: PolledFrame, guess: number): SpiRecord {
    const frame = this.#frame;
    const poll = steps[at] as PollStep;
    this.#begin(steps, 0, at);
    const pollAt = frame.length;
    frame.clock(guess);
    this.#put(steps, at + 1);
    const rise = this.#send(false, 'header and data', fall);
    const { length } = frame;
    const size = length - pollAt - guess;
    let ready = pollAt;
    while (ready < length && !isSatisfied(poll, frame.received(ready))) ready++;
    const polled = ready + 1 - pollAt;
    const spare = length - ready - 1;
    if (spare < size) {
      this.#stalls.read.missed(ready < length ? polled : undefined);
      const wire = this.#record({ pollAt, polled, fall, polledUntil: rise, rise });
      throw new StallMisjudged(guess, fall, rise, wire);
    }
    this.#stalls.read.saw(polled);
    const polledUntil = earlier(rise, ns(spare * this.#byteNs));
    return this.#record({ pollAt, polled, fall, polledUntil, rise });
  }

  #stepByStep(polledFrame: PolledFrame, stalls: StallMemory): SpiRecord {
    const { steps, at, fall } = polledFrame;
    const frame = this.#frame;
    const poll = steps[at] as PollStep;
    // Where the header itself may end the stall, a byte sent ahead could be data.
    const ahead = poll.countsByteBefore === true ? 0 : stalls.fewest;
    this.#begin(steps, 0, at);
    const pollAt = frame.length;
    if (ahead > 0) frame.clock(ahead);
    const end = this.#send(true, 'the header', fall);
    const { polled, until: polledUntil } = this.#poll(polledFrame, pollAt, end);
    if (polled > 0) stalls.saw(polled);
    const come = frame.length - pollAt - polled;
    frame.beginMessage();
    this.#put(steps, at + 1, come);
    const rise = this.#send(false, 'the data', this.clock.now(), true);
    return this.#record({ pollAt, polled, fall, polledUntil, rise });
  }

  #begin(steps: readonly SpiStep[], first: number, end: number): void {
    this.#frame.beginMessage();
    for (let i = first; i < end; i++) this.#frame.put(steps[i]!);
  }

  /** The steps from `first` on, without the bytes of reads that have `come` already. */
  #put(steps: readonly SpiStep[], first: number, come = 0): void {
    let left = come;
    for (let i = first; i < steps.length; i++) {
      const step = steps[i]!;
      if (left === 0 || step.kind !== 'read') this.#frame.put(step);
      else {
        const size = Math.max(0, step.size - left);
        left -= step.size - size;
        this.#frame.clock(size);
      }
    }
  }

  /**
   * The message that was begun: one call to the kernel, from `begun` on.
   * @returns the earliest moment at which its last clock, or its last delay, can have ended
   */
  #send(keepsCs: boolean, attempted: string, begun: Instant, duringData = false): Instant {
    const frame = this.#frame;
    const bytes = frame.size;
    const least = bytes * this.#byteNs + frame.pauses;
    if (bytes > MAX_BYTES) {
      this.#letGo();
      throw new SpiFailure(`${bytes} bytes in ${attempted}`, EMSGSIZE, undefined, duringData);
    }
    this.#transfer(frame.endMessage(keepsCs && this.#cs === undefined), attempted, duringData);
    return earliest(later(begun, ns(least)), this.clock.now());
  }

  #transfer(message: Transfer[], attempted: string, duringData: boolean): void {
    try {
      this.#call(message);
    } catch (cause) {
      this.#letGo();
      const errno = (cause as NodeJS.ErrnoException).errno ?? EIO;
      throw new SpiFailure(attempted, Math.abs(errno), { cause }, duringData);
    }
  }

  #call(message: Transfer[]): void {
    this.counters.systemCalls++;
    this.#isHeld = false;
    this.handle.transferSync(message);
    this.#isHeld = message[message.length - 1]!.chipSelectChange === true;
  }

  /**
   * Releases CS after a failure. An error of the release is dropped, since the first failure is the one that is
   * thrown.
   */
  #letGo(): void {
    if (this.#cs !== undefined) return;
    try {
      this.#call([this.#frame.release()]);
    } catch {
      return;
    }
  }

  /**
   * Judges the wait bytes that went with the header, then clocks one at a time. Resolves with the number of wait bytes
   * and the moment after the last of them, as far as a host can tell.
   */
  #poll(
    { steps, at: stepAt, fall, csStaysLow }: PolledFrame,
    pollAt: number,
    end: Instant,
  ): { readonly polled: number; readonly until: Instant } {
    const step = steps[stepAt] as PollStep;
    const frame = this.#frame;
    const begun = earlier(end, ns((frame.length - pollAt) * this.#byteNs));
    if (step.countsByteBefore === true && pollAt > 0 && isSatisfied(step, frame.received(pollAt - 1)))
      return { polled: 0, until: end };
    for (let at = pollAt, now = end; ; at++) {
      if (at === frame.length) {
        frame.beginMessage();
        frame.clock(1);
        this.#transfer(frame.endMessage(this.#cs === undefined), 'a wait byte', false);
        now = this.clock.now();
      }
      const isReady = isSatisfied(step, frame.received(at));
      const isLate = this.#isLate(step, begun, now) || at + 1 - pollAt >= (step.most ?? Infinity);
      if (isReady && !(isLate && step.timeoutFirst)) return { polled: at + 1 - pollAt, until: now };
      if (!isLate || at + 1 < frame.length) continue;
      if (!csStaysLow) this.#letGo();
      const waits = frame.length - pollAt;
      const wire = this.#record({ pollAt, polled: waits, fall, polledUntil: now, rise: now });
      throw new WaitStateTimeout(waits, step.limit, { fall, gaveUp: now }, wire);
    }
  }

  #isLate({ limit, grid }: PollStep, begun: Instant, now: Instant): boolean {
    if (grid === undefined) return between(begun, now) > limit;
    const tickOf = (moment: Instant): number => Math.floor((moment - grid.origin) / grid.tick);
    return tickOf(now) - tickOf(begun) > Math.round(limit / grid.tick);
  }

  #record(poll: PollRecord): SpiRecord {
    return { ...this.#frame.bytes(), ...poll };
  }
}

/** The earlier of two moments. The process may have waited long for the processor when a call came back. */
const earliest = (a: Instant, b: Instant): Instant => (a < b ? a : b);

const isPoll = (step: SpiStep): step is PollStep => step.kind === 'poll';
const isDelay = (step: SpiStep): boolean => step.kind === 'delay';
const isReadStep = (step: SpiStep): boolean => step.kind === 'read';

const delayOf = (step: SpiStep): Duration => (step.kind === 'delay' ? step.duration : ZERO);

const isSatisfied = ({ mask, value }: PollStep, byte: number): boolean => (byte & mask) === value;
