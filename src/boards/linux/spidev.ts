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
import { between, earlier, inUs, later, ns, plus, ZERO } from '../../units/index.ts';
import type { BusFindings } from './bus-probe.ts';
import { probeBus } from './bus-probe.ts';
import type { WakePulse } from './options.ts';
import type { SpiHandle, Transfer } from './spi-handle.ts';
import { StallMemory } from './stall-memory.ts';

const EMSGSIZE = 90;
const EIO = 5;
/** The kernel's delay is a 16 bit number of microseconds. */
const MOST_DELAY_US = 65_535;
/** Sum of the bytes of one message with spidev's default `bufsiz`. */
const MOST_BYTES = 4096;

/** For transfers that have to clock a byte to be there at all. */
const SPARE_BYTES = 16;

const NOTHING = Buffer.alloc(0);
const ONE_BYTE = Buffer.alloc(1);

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
  readonly maxBytes = MOST_BYTES;
  readonly counters = { transactions: 0, systemCalls: 0 };
  readonly #cs: DriveLine | undefined;
  #wakePulse: WakePulse;
  #last: Promise<unknown> = Promise.resolve();
  #sent: Buffer = Buffer.alloc(MOST_BYTES);
  #received: Buffer = Buffer.alloc(MOST_BYTES);
  #length = 0;
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
    this.#wakePulse = wakePulse;
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
   * Looks what the controller can; the chip has to be powered and out of reset. Where an empty message does not move CS,
   * wake pulses and the release of CS clock one byte from then on.
   * @throws SpiFailure
   */
  async probe(triesEmpty: boolean): Promise<BusFindings> {
    const findings = await probeBus(this.handle, this.clock, triesEmpty);
    if (findings.answers && findings.emptyMovesCs === false) this.#wakePulse = 'byte';
    return findings;
  }

  close(): void {
    try {
      // spidev itself leaves CS as it is when it is closed.
      if (this.#isHeld) this.handle.transferSync([this.#release()]);
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
    this.#length = 0;
    await this.clock.sleep(steps.reduce((sum, step) => plus(sum, delayOf(step)), ZERO));
    const now = this.clock.now();
    return this.#record(0, 0, now, now, now);
  }

  #run(
    steps: readonly SpiStep[],
    { csStaysLowAfterError = false, mayGuessStall = false }: TransactionOptions,
  ): SpiRecord {
    this.#length = 0;
    const fall = this.clock.now();
    const at = steps.findIndex(isPoll);
    if (at < 0) {
      const end = this.#message(steps, false, 'one message');
      return this.#record(this.#length, 0, fall, end, end);
    }
    const isRead = steps.some(isReadStep);
    const stalls = isRead ? this.#stalls.read : this.#stalls.write;
    const { guess } = stalls;
    return isRead && mayGuessStall && guess !== undefined
      ? this.#atOnce(steps, at, guess, fall)
      : this.#stepByStep(steps, at, stalls, fall, csStaysLowAfterError);
  }

  /** Header, a guessed stall and the data in one message, and the ready byte found in what came back. */
  #atOnce(steps: readonly SpiStep[], at: number, guess: number, fall: Instant): SpiRecord {
    const poll = steps[at] as PollStep;
    const pollAt = steps.reduce((sum, step, index) => (index < at ? sum + sizeOf(step) : sum), 0);
    const waits: SpiStep = { kind: 'read', size: guess };
    const rise = this.#message(
      steps.map((step, index) => (index === at ? waits : step)),
      false,
      'header and data',
    );
    const size = this.#length - pollAt - guess;
    let ready = pollAt;
    while (ready < this.#length && (this.#received[ready]! & poll.mask) !== poll.value) ready++;
    const polled = ready + 1 - pollAt;
    const spare = this.#length - ready - 1;
    if (spare < size) {
      this.#stalls.read.missed(ready < this.#length ? polled : undefined);
      const wire = this.#record(pollAt, polled, fall, rise, rise);
      throw new StallMisjudged(guess, fall, rise, wire);
    }
    this.#stalls.read.saw(polled);
    return this.#record(pollAt, polled, fall, earlier(rise, ns(spare * this.#byteNs)), rise);
  }

  #stepByStep(
    steps: readonly SpiStep[],
    at: number,
    stalls: StallMemory,
    fall: Instant,
    csStaysLow: boolean,
  ): SpiRecord {
    const poll = steps[at] as PollStep;
    // Where the header itself may end the stall, a byte sent ahead could be data.
    const ahead = poll.countsByteBefore === true ? 0 : stalls.fewest;
    const waits: SpiStep[] = ahead === 0 ? [] : [{ kind: 'read', size: ahead }];
    const end = this.#message([...steps.slice(0, at), ...waits], true, 'the header');
    const pollAt = this.#length - ahead;
    const { polled, until } = this.#poll(poll, fall, pollAt, end, csStaysLow);
    if (polled > 0) stalls.saw(polled);
    const data = this.#rest(steps.slice(at + 1), this.#length - pollAt - polled);
    const rise = this.#message(data, false, 'the data', true);
    return this.#record(pollAt, polled, fall, until, rise);
  }

  /** What is left of the steps after a poll when so many bytes of a read have come already. */
  #rest(steps: readonly SpiStep[], come: number): readonly SpiStep[] {
    if (come === 0) return steps;
    let left = come;
    return steps.map((step) => {
      if (step.kind !== 'read') return step;
      const size = Math.max(0, step.size - left);
      left -= step.size - size;
      return { ...step, size };
    });
  }

  /** One call to the kernel. @returns the earliest moment at which its last clock, or its last delay, can have ended */
  #message(steps: readonly SpiStep[], keepsCs: boolean, attempted: string, duringData = false): Instant {
    let bytes = 0;
    let least = 0;
    for (const step of steps) {
      bytes += sizeOf(step);
      least += delayOf(step);
    }
    least += bytes * this.#byteNs;
    if (bytes > MOST_BYTES) {
      this.#letGo();
      throw new SpiFailure(`${bytes} bytes in ${attempted}`, EMSGSIZE, undefined, duringData);
    }
    this.#reserve(bytes + SPARE_BYTES);
    const transfers = this.#transfersOf(steps);
    const last = transfers.length - 1;
    if (keepsCs && this.#cs === undefined) transfers[last] = { ...transfers[last]!, chipSelectChange: true };
    const begun = this.clock.now();
    this.#transfer(transfers, attempted, duringData);
    return earliest(later(begun, ns(least)), this.clock.now());
  }

  /** Bytes that follow each other are one transfer, and a delay belongs to the transfer before it. */
  #transfersOf(steps: readonly SpiStep[]): Transfer[] {
    const transfers: Transfer[] = [];
    let from = this.#length;
    let pause = ZERO;
    const end = (): void => {
      const size = this.#length - from;
      if (size > 0) transfers.push(this.#transferOf(from, size));
      if (pause > 0) this.#addDelay(transfers, pause);
      from = this.#length;
      pause = ZERO;
    };
    for (const step of steps) {
      if (isPoll(step)) throw new RangeError('A transaction has at most one poll.');
      if (isDelay(step)) pause = plus(pause, delayOf(step));
      else {
        if (pause > 0) end();
        const at = this.#take(sizeOf(step));
        if ('bytes' in step) this.#sent.set(step.bytes, at);
      }
    }
    end();
    // Nothing but the end of CS.
    if (transfers.length === 0) transfers.push(this.#release());
    return transfers;
  }

  #addDelay(transfers: Transfer[], pause: Duration): void {
    for (let left = Math.ceil(inUs(pause)); left > 0; left -= MOST_DELAY_US) {
      const microSecondDelay = Math.min(left, MOST_DELAY_US);
      const before = transfers.at(-1);
      if (before !== undefined && before.microSecondDelay === undefined)
        transfers[transfers.length - 1] = { ...before, microSecondDelay };
      else transfers.push({ ...this.#bare(), microSecondDelay });
    }
  }

  /** A transfer for the sake of CS alone. Where it has to clock a byte, the byte is one of the frame. */
  #bare(): Transfer {
    if (this.#wakePulse === 'empty') return { byteLength: 0, sendBuffer: NOTHING };
    this.#reserve(1);
    return this.#transferOf(this.#take(1), 1);
  }

  /** Lets go of CS at its end, and its bytes are nobody's. */
  #release(): Transfer {
    return this.#wakePulse === 'empty'
      ? { byteLength: 0, sendBuffer: NOTHING }
      : { byteLength: 1, sendBuffer: ONE_BYTE };
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
    this.#isHeld = message.at(-1)?.chipSelectChange === true;
  }

  /** After a failure; the failure is what counts, not whether this works. */
  #letGo(): void {
    if (this.#cs !== undefined) return;
    try {
      this.#call([this.#release()]);
    } catch {
      return;
    }
  }

  /**
   * Judges the wait bytes that went with the header, then clocks one at a time. Resolves with the number of wait bytes
   * and the moment after the last of them, as far as a host can tell.
   */
  #poll(
    step: PollStep,
    fall: Instant,
    pollAt: number,
    end: Instant,
    csStaysLow: boolean,
  ): { readonly polled: number; readonly until: Instant } {
    const begun = earlier(end, ns((this.#length - pollAt) * this.#byteNs));
    if (step.countsByteBefore === true && pollAt > 0 && isSatisfied(step, this.#received[pollAt - 1]!))
      return { polled: 0, until: end };
    for (let at = pollAt, now = end; ; at++) {
      if (at === this.#length) {
        this.#reserve(1);
        const wait = this.#transferOf(this.#take(1), 1);
        this.#transfer(
          [this.#cs === undefined ? { ...wait, chipSelectChange: true } : wait],
          'a wait byte',
          false,
        );
        now = this.clock.now();
      }
      const isReady = isSatisfied(step, this.#received[at]!);
      const isLate = this.#isLate(step, begun, now) || at + 1 - pollAt >= (step.most ?? Infinity);
      if (isReady && !(isLate && step.timeoutFirst)) return { polled: at + 1 - pollAt, until: now };
      if (!isLate || at + 1 < this.#length) continue;
      if (!csStaysLow) this.#letGo();
      const waits = this.#length - pollAt;
      throw new WaitStateTimeout(waits, step.limit, fall, now, this.#record(pollAt, waits, fall, now, now));
    }
  }

  #isLate({ limit, grid }: PollStep, begun: Instant, now: Instant): boolean {
    if (grid === undefined) return between(begun, now) > limit;
    const tickOf = (moment: Instant): number => Math.floor((moment - grid.origin) / grid.tick);
    return tickOf(now) - tickOf(begun) > Math.round(limit / grid.tick);
  }

  get #byteNs(): number {
    return 8e9 / this.sck;
  }

  #transferOf(from: number, size: number): Transfer {
    return {
      byteLength: size,
      sendBuffer: this.#sent.subarray(from, from + size),
      receiveBuffer: this.#received.subarray(from, from + size),
    };
  }

  /** The next so many bytes, all zero to be sent; where they begin. */
  #take(size: number): number {
    const from = this.#length;
    this.#length += size;
    this.#sent.fill(0, from, this.#length);
    return from;
  }

  /** Room for so many more bytes; buffers given to the kernel before are not moved while a message is made. */
  #reserve(size: number): void {
    if (this.#length + size <= this.#sent.length) return;
    const more = Buffer.alloc(this.#sent.length + size);
    this.#sent = Buffer.concat([this.#sent, more]);
    this.#received = Buffer.concat([this.#received, more]);
  }

  #record(pollAt: number, polled: number, fall: Instant, polledUntil: Instant, rise: Instant): SpiRecord {
    return {
      sent: this.#sent.subarray(0, this.#length),
      received: this.#received.subarray(0, this.#length),
      pollAt,
      polled,
      fall,
      polledUntil,
      rise,
    };
  }
}

/** The process may have waited long for the processor when a call came back. */
const earliest = (a: Instant, b: Instant): Instant => (a < b ? a : b);

const isPoll = (step: SpiStep): step is PollStep => step.kind === 'poll';
const isDelay = (step: SpiStep): boolean => step.kind === 'delay';
const isReadStep = (step: SpiStep): boolean => step.kind === 'read';

const delayOf = (step: SpiStep): Duration => (step.kind === 'delay' ? step.duration : ZERO);

const isSatisfied = ({ mask, value }: PollStep, byte: number): boolean => (byte & mask) === value;

const sizeOf = (step: SpiStep): number =>
  step.kind === 'read' ? step.size : 'bytes' in step ? step.bytes.length : 0;
