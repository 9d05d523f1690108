import type {
  BusLock,
  Clock,
  PollStep,
  SpiDevice,
  SpiRecord,
  SpiStep,
  TransactionOptions,
} from '../../board/index.ts';
import { SpiFailure, StallMisjudged, WaitStateTimeout } from '../../board/index.ts';
import type { Direction } from '../../wire/index.ts';
import { encodeHeader, MAX_FRAME_DATA, TPM_DATA_FIFO, TPM_FW_VER } from '../../wire/index.ts';
import type { AccessGate } from '../gate/access-gate.ts';
import type { Counters } from '../counters.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import { BusFailed, FlowControlTimeout, InvalidAccess, WakeFailed } from '../errors.ts';
import type { HostTime } from '../time/host-time.ts';
import { Mutex } from '../mutex.ts';
import type { Phy } from './phy.ts';
import type { FrameRules, WakeRules } from '../profile.ts';

/** What a burstCount of 16 bits can ask for; only a driver that splits accesses gets there. */
const LONGEST_SPLIT_ACCESS = 0xffff;

const OFFSET = 0x0fff;

/** Every byte as an array of its own, so that a write of one makes none. */
const BYTES: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

interface PhyParts {
  readonly clock: Clock;
  readonly spi: SpiDevice;
  readonly bus: BusLock;
  readonly time: HostTime;
  readonly gate: AccessGate;
  readonly frame: FrameRules;
  readonly wake: WakeRules | undefined;
  readonly counters: Counters;
  readonly log: DeviceLog;
}

type Changeable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Registers of the H1 over SPI: an access waits for its turn and for the chip, wakes it when it may be asleep, and is
 * one frame of header, flow control and 1 to 64 data bytes under one CS assertion. [DRIVER 1.6] [DRIVER 1.7]
 */
export class SpiPhy implements Phy {
  readonly maxTransfer: number;
  readonly #mutex = new Mutex();
  readonly #header = new Uint8Array(4);
  readonly #data = new Uint8Array(MAX_FRAME_DATA);
  /** Views of the first n bytes of the buffer, so that a frame allocates nothing. */
  readonly #views = Array.from({ length: MAX_FRAME_DATA + 1 }, (_, n) => this.#data.subarray(0, n));
  readonly #received = new Uint8Array(MAX_FRAME_DATA);
  readonly #poll: Changeable<PollStep>;
  readonly #readStep = { kind: 'read' as const, size: 0 };
  readonly #writeStep = { kind: 'write' as const, bytes: this.#data };
  readonly #readSteps: SpiStep[];
  readonly #writeSteps: SpiStep[];
  readonly #wakeSteps: SpiStep[];
  readonly #options: Changeable<TransactionOptions>;

  constructor(private readonly parts: PhyParts) {
    const { frame, time, wake } = parts;
    this.maxTransfer = frame.longAccess === 'split' ? LONGEST_SPLIT_ACCESS : MAX_FRAME_DATA;
    this.#poll = {
      kind: 'poll',
      mask: 1,
      value: 1,
      limit: time.limit(frame.flowControlLimit),
      grid: time.grid(),
      timeoutFirst: frame.timeoutBeatsReady,
      countsByteBefore: frame.readyInHeader,
      ...(frame.mostWaitBytes !== undefined && { most: frame.mostWaitBytes }),
    };
    const before: SpiStep[] = [{ kind: 'exchange', bytes: this.#header }, this.#poll];
    const after: SpiStep[] = frame.tailDelay > 0 ? [{ kind: 'delay', duration: frame.tailDelay }] : [];
    this.#readSteps = [...before, this.#readStep, ...after];
    this.#writeSteps = [...before, this.#writeStep, ...after];
    this.#wakeSteps = wake === undefined ? [] : [{ kind: 'delay', duration: wake.pulse }];
    this.#options = { csStaysLowAfterError: frame.csStaysLowAfterError, mayGuessStall: false };
  }

  async read(
    register: number,
    into: Uint8Array,
    at = 0,
    size = into.length - at,
    canAskAgain = false,
  ): Promise<void> {
    await this.#access('read', register, into, at, size, canAskAgain);
  }

  write(register: number, bytes: Uint8Array, at = 0, size = bytes.length - at): Promise<void> {
    return this.#access('write', register, bytes, at, size);
  }

  read8(register: number): Promise<number> {
    return this.#access('read', register, undefined, 0, 1);
  }

  read16(register: number): Promise<number> {
    return this.#access('read', register, undefined, 0, 2);
  }

  read32(register: number): Promise<number> {
    return this.#access('read', register, undefined, 0, 4);
  }

  write8(register: number, value: number): Promise<void> {
    return this.#access('write', register, BYTES[value & 0xff]!, 0, 1);
  }

  write32(register: number, value: number): Promise<void> {
    return this.#access('write', register, littleEndian(value), 0, 4);
  }

  #access(
    direction: 'read',
    register: number,
    into: Uint8Array | undefined,
    at: number,
    size: number,
    canAskAgain?: boolean,
  ): Promise<number>;
  #access(direction: 'write', register: number, bytes: Uint8Array, at: number, size: number): Promise<void>;
  /** One access; a read resolves with its first up to four bytes as a little-endian number. */
  async #access(
    direction: Direction,
    register: number,
    bytes: Uint8Array | undefined,
    at: number,
    size: number,
    canAskAgain = false,
  ): Promise<unknown> {
    const { bus, frame, counters, gate, spi, wake } = this.parts;
    if (size < 1 || size > this.maxTransfer)
      throw this.#counted(new InvalidAccess(direction, register, size, this.maxTransfer));
    const turn = this.#mutex.acquire();
    if (turn !== undefined) await turn;
    try {
      for (let repeats = repeatsOf(frame, direction, register); ; repeats--) {
        counters.accesses++;
        const pause = gate.pace();
        if (pause !== undefined) await pause;
        if (wake?.decided === 'before-bus-lock') {
          if (gate.needsWaking()) await this.#wakeUp(wake);
          gate.wakeChecked();
        }
        const turnOnBus = bus.acquire();
        const unlock = turnOnBus instanceof Promise ? await turnOnBus : turnOnBus;
        try {
          if (wake?.decided === 'under-bus-lock') {
            if (gate.needsWaking()) await this.#wakeUp(wake);
            gate.wakeChecked();
          }
          if (size > MAX_FRAME_DATA) return await this.#frames(direction, register, bytes, at, size);
          // What a wrong guess loses has to be had in another way.
          this.#options.mayGuessStall = frame.guessesStall && (repeats > 0 || canAskAgain);
          const steps = this.#prepare(direction, register, bytes, at, size);
          return this.#finish(await spi.transaction(steps, this.#options), direction, bytes, at, size);
        } catch (cause) {
          const failure = this.#failed(cause, direction, register, bytes, at, size);
          if (repeats === 0 || !(failure instanceof FlowControlTimeout)) throw failure;
        } finally {
          unlock();
        }
      }
    } finally {
      this.#mutex.release();
    }
  }

  /** The frames of a long access follow each other with nothing between them. [BUGS L-34] */
  async #frames(
    direction: Direction,
    register: number,
    bytes: Uint8Array | undefined,
    at: number,
    size: number,
  ): Promise<number> {
    this.#options.mayGuessStall = false;
    let first = 0;
    for (let done = 0; done < size; done += MAX_FRAME_DATA) {
      const part = Math.min(size - done, MAX_FRAME_DATA);
      const steps = this.#prepare(direction, register, bytes, at + done, part);
      const record = await this.parts.spi.transaction(steps, this.#options);
      const value = this.#finish(record, direction, bytes, at + done, part);
      if (done === 0) first = value;
    }
    return first;
  }

  /** The steps of one frame: the same objects each time, with other contents. */
  #prepare(
    direction: Direction,
    register: number,
    bytes: Uint8Array | undefined,
    at: number,
    size: number,
  ): readonly SpiStep[] {
    encodeHeader(this.#header, direction, register, size);
    this.#poll.grid = this.parts.time.grid();
    if (direction === 'read') {
      this.#readStep.size = size;
      return this.#readSteps;
    }
    if (bytes !== undefined) for (let i = 0; i < size; i++) this.#data[i] = bytes[at + i]!;
    this.#writeStep.bytes = this.#views[size]!;
    return this.#writeSteps;
  }

  #finish(
    record: SpiRecord,
    direction: Direction,
    bytes: Uint8Array | undefined,
    at: number,
    size: number,
  ): number {
    this.parts.counters.countFrame(record);
    const value = direction === 'read' ? this.#deliver(record, bytes, at, size) : 0;
    this.parts.gate.accessEnded(record.polledUntil, record.rise);
    return value;
  }

  #deliver(record: SpiRecord, into: Uint8Array | undefined, at: number, size: number): number {
    const { received } = record;
    const from = record.pollAt + record.polled;
    if (this.parts.frame.copiesStaleData)
      for (let i = 0; i < size; i++) this.#received[i] = received[from + i]!;
    if (into !== undefined) for (let i = 0; i < size; i++) into[at + i] = received[from + i]!;
    let value = 0;
    for (let i = Math.min(size, 4) - 1; i >= 0; i--) value = value * 256 + received[from + i]!;
    return value;
  }

  /** Books a failed frame, and says in this layer's words what went wrong. */
  #failed(
    cause: unknown,
    direction: Direction,
    register: number,
    bytes: Uint8Array | undefined,
    at: number,
    size: number,
  ): unknown {
    const { counters, gate, frame, log } = this.parts;
    if (cause instanceof StallMisjudged) {
      // The chip heard the header, and answers the frame with a pulse.
      gate.accessEnded(cause.gaveUp, cause.gaveUp);
      return this.#counted(new FlowControlTimeout(direction, register, size, cause));
    }
    if (cause instanceof WaitStateTimeout) {
      counters.waitBytes += cause.waitBytes;
      gate.accessFailed();
      log.warn('Timeout during flow control');
      return this.#counted(new FlowControlTimeout(direction, register, size, cause));
    }
    if (!(cause instanceof SpiFailure)) return cause;
    gate.accessFailed();
    if (frame.copiesStaleData && cause.duringData && direction === 'read' && bytes !== undefined)
      for (let i = 0; i < size; i++) bytes[at + i] = this.#received[i]!;
    return this.#counted(new BusFailed(direction, register, size, cause));
  }

  #counted<E extends { readonly errno: number }>(error: E): E {
    this.parts.counters.countError(error.errno);
    return error;
  }

  /** A pulse that is decided on before the bus is locked takes the lock for itself alone. [DRIVER 1.5] */
  async #wakeUp(wake: WakeRules): Promise<void> {
    const { bus, clock, counters, gate, spi } = this.parts;
    const pause = gate.untilClearOfEdge();
    if (pause > 0) await clock.sleep(pause);
    const unlock = wake.decided === 'before-bus-lock' ? await bus.acquire() : undefined;
    counters.wakePulses++;
    try {
      await spi.transaction(this.#wakeSteps);
    } catch (cause) {
      if (!(cause instanceof SpiFailure)) throw cause;
      if (wake.failure === 'thrown') throw this.#counted(new WakeFailed(cause));
    } finally {
      unlock?.();
    }
    await clock.sleep(gate.settleTime());
  }
}

/** A frame that failed in flow control is repeated only where the chip cannot have moved a pointer for it. */
function repeatsOf(frame: FrameRules, direction: Direction, register: number): number {
  const offset = register & OFFSET;
  const isStream = offset === TPM_DATA_FIFO || (offset === TPM_FW_VER && direction === 'read');
  return isStream ? 0 : frame.repeats;
}

const littleEndian = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
