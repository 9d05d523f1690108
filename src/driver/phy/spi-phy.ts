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
import { HANDED_OVER, Mutex } from '../mutex.ts';
import type { Phy } from './phy.ts';
import type { FrameRules, WakeRules } from '../profile.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** The largest burstCount, which has 16 bits; only a driver that splits accesses gets there. */
const MAX_SPLIT_ACCESS = 0xffff;

const OFFSET = 0x0fff;

/** One array for each byte value, so that writing a single byte allocates nothing. */
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

/** One access: `size` bytes of a register, to or from `bytes` at index `at`. */
interface Access {
  readonly direction: Direction;
  readonly register: number;
  /** Undefined for a read of which only the number is wanted. */
  readonly bytes: Uint8Array | undefined;
  readonly at: number;
  readonly size: number;
  /** The chip will send the same bytes again when it is asked. */
  readonly isRepeatable?: boolean;
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
    this.maxTransfer = frame.longAccess === 'split' ? MAX_SPLIT_ACCESS : MAX_FRAME_DATA;
    this.#poll = {
      kind: 'poll',
      mask: 1,
      value: 1,
      limit: time.limit(frame.flowControlLimit),
      grid: time.grid(),
      timeoutFirst: frame.timeoutBeatsReady,
      countsByteBefore: frame.readyInHeader,
      ...(frame.maxWaitBytes !== undefined && { most: frame.maxWaitBytes }),
    };
    const before: SpiStep[] = [{ kind: 'exchange', bytes: this.#header }, this.#poll];
    const after: SpiStep[] = frame.tailDelay > 0 ? [{ kind: 'delay', duration: frame.tailDelay }] : [];
    this.#readSteps = [...before, this.#readStep, ...after];
    this.#writeSteps = [...before, this.#writeStep, ...after];
    this.#wakeSteps = wake === undefined ? [] : [{ kind: 'delay', duration: wake.pulse }];
    this.#options = { csStaysLowAfterError: frame.csStaysLowAfterError, mayGuessStall: false };
  }

  *read(register: number, into: Uint8Array, at = 0, size = into.length - at): Work<void> {
    yield* this.#access({ direction: 'read', register, bytes: into, at, size });
  }

  *readRepeatable(register: number, into: Uint8Array, at: number, size: number): Work<void> {
    yield* this.#access({ direction: 'read', register, bytes: into, at, size, isRepeatable: true });
  }

  *write(register: number, bytes: Uint8Array, at = 0, size = bytes.length - at): Work<void> {
    yield* this.#access({ direction: 'write', register, bytes, at, size });
  }

  read8(register: number): Work<number> {
    return this.#readNumber(register, 1);
  }

  read16(register: number): Work<number> {
    return this.#readNumber(register, 2);
  }

  read32(register: number): Work<number> {
    return this.#readNumber(register, 4);
  }

  write8(register: number, value: number): Work<void> {
    return this.write(register, BYTES[value & 0xff]!, 0, 1);
  }

  write32(register: number, value: number): Work<void> {
    return this.write(register, littleEndian(value), 0, 4);
  }

  #readNumber(register: number, size: number): Work<number> {
    return this.#access({ direction: 'read', register, bytes: undefined, at: 0, size });
  }

  /** One access, repeated as the profile says; a read resolves with its first up to four bytes as a little-endian number. */
  *#access(access: Access): Work<number> {
    const { direction, register, size } = access;
    if (size < 1 || size > this.maxTransfer)
      throw this.#counted(new InvalidAccess(direction, register, size, this.maxTransfer));
    const turn = this.#mutex.acquire();
    if (turn !== undefined) yield turn;
    try {
      for (let repeats = repeatsOf(this.parts.frame, access); ; repeats--) {
        try {
          return yield* this.#try(access, repeats > 0);
        } catch (failure) {
          if (repeats === 0 || !(failure instanceof FlowControlTimeout)) throw failure;
        }
      }
    } finally {
      if (this.#mutex.release()) yield HANDED_OVER;
    }
  }

  /** Waits for the chip, wakes it when it may be asleep, and clocks the frame. `isRepeated` says that a failure is no loss. */
  *#try(access: Access, isRepeated: boolean): Work<number> {
    const { bus, counters, gate, wake } = this.parts;
    counters.accesses++;
    const pause = gate.pace();
    if (pause !== undefined) yield* pause;
    if (wake?.decided === 'before-bus-lock') {
      if (gate.needsWaking()) yield* this.#wakeUp(wake);
      gate.wakeChecked();
    }
    const turnOnBus = bus.acquire();
    const unlock = turnOnBus instanceof Promise ? ((yield turnOnBus) as () => void) : turnOnBus;
    try {
      if (wake?.decided === 'under-bus-lock') {
        if (gate.needsWaking()) yield* this.#wakeUp(wake);
        gate.wakeChecked();
      }
      if (access.size > MAX_FRAME_DATA) return yield* this.#splitAccess(access);
      return yield* this.#frame(access, isRepeated || access.isRepeatable === true);
    } catch (cause) {
      throw this.#failed(cause, access);
    } finally {
      unlock();
    }
  }

  /** The frames of a long access follow each other with nothing between them. [BUGS L-34] */
  *#splitAccess(access: Access): Work<number> {
    let first = 0;
    for (let done = 0; done < access.size; done += MAX_FRAME_DATA) {
      const size = Math.min(access.size - done, MAX_FRAME_DATA);
      const value = yield* this.#frame({ ...access, at: access.at + done, size }, false);
      if (done === 0) first = value;
    }
    return first;
  }

  /** A device may guess how long the chip stalls only where the bytes that a wrong guess loses can be had again. */
  *#frame(access: Access, mayGuess: boolean): Work<number> {
    this.#options.mayGuessStall = this.parts.frame.guessesStall && mayGuess;
    const sent = this.parts.spi.transaction(this.#stepsOf(access), this.#options);
    const record = sent instanceof Promise ? ((yield sent) as SpiRecord) : sent;
    this.parts.counters.countFrame(record);
    const value = access.direction === 'read' ? this.#deliver(record, access) : 0;
    this.parts.gate.accessEnded(record.polledUntil, record.rise);
    return value;
  }

  /** The steps of one frame: the same objects each time, with other contents. */
  #stepsOf({ direction, register, bytes, at, size }: Access): readonly SpiStep[] {
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

  #deliver(record: SpiRecord, { bytes: into, at, size }: Access): number {
    const { received } = record;
    const from = record.pollAt + record.polled;
    if (this.parts.frame.copiesStaleData)
      for (let i = 0; i < size; i++) this.#received[i] = received[from + i]!;
    if (into !== undefined) for (let i = 0; i < size; i++) into[at + i] = received[from + i]!;
    let value = 0;
    for (let i = Math.min(size, 4) - 1; i >= 0; i--) value = value * 256 + received[from + i]!;
    return value;
  }

  /** Notes a failed frame in gate, counters and log; the result is the failure in this layer's words. */
  #failed(cause: unknown, access: Access): unknown {
    const { counters, gate, log } = this.parts;
    const { direction, register, size } = access;
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
    if (cause.duringData) this.#deliverStale(access);
    return this.#counted(new BusFailed(direction, register, size, cause));
  }

  /** A driver that copies before it looks hands its caller what the buffer held before. */
  #deliverStale({ direction, bytes, at, size }: Access): void {
    if (!this.parts.frame.copiesStaleData || direction !== 'read' || bytes === undefined) return;
    for (let i = 0; i < size; i++) bytes[at + i] = this.#received[i]!;
  }

  #counted<E extends { readonly errno: number }>(error: E): E {
    this.parts.counters.countError(error.errno);
    return error;
  }

  /** A pulse that is decided on before the bus is locked locks the bus for itself alone. [DRIVER 1.5] */
  *#wakeUp(wake: WakeRules): Work<void> {
    const { bus, clock, counters, gate, spi } = this.parts;
    const pause = gate.untilClearOfEdge();
    if (pause > 0) yield* waited(clock.sleep(pause));
    const unlock = wake.decided === 'before-bus-lock' ? yield* waited(bus.acquire()) : undefined;
    counters.wakePulses++;
    try {
      yield* waited(spi.transaction(this.#wakeSteps));
    } catch (cause) {
      if (!(cause instanceof SpiFailure)) throw cause;
      if (wake.failure === 'thrown') throw this.#counted(new WakeFailed(cause));
    } finally {
      unlock?.();
    }
    yield* waited(clock.sleep(gate.settleTime()));
  }
}

/** A frame that failed in flow control is repeated only where the chip cannot have moved a pointer for it. */
function repeatsOf(frame: FrameRules, { direction, register }: Access): number {
  const offset = register & OFFSET;
  const isStream = offset === TPM_DATA_FIFO || (offset === TPM_FW_VER && direction === 'read');
  return isStream ? 0 : frame.repeats;
}

const littleEndian = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
