import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, later, plus, us, ZERO } from '../../units/index.ts';
import type { Alarm, VirtualClock } from '../clock.ts';
import type { BoardCfg } from './board-cfg.ts';
import type { Disturb } from './frame-disturbance.ts';
import { NO_DISTURBANCE } from './frame-disturbance.ts';
import type { ReadyPulse } from './ready-pulse.ts';
import type { Registers } from './registers.ts';
import { kindOf } from './registers.ts';
import type { FrameKind, Timing } from './timing.ts';
import type { FirmwareTraits } from './versions.ts';

/** What the front end tells the chip around it, and asks of it. */
export interface SpiTargetHost {
  registerWasRead(): void;
  frameEnded(): void;
  isAsleep(): boolean;
}

/** What MISO carries for every byte that begins before `until`, as far as `count` bytes, whatever MOSI carries. */
export interface Outlook {
  readonly miso: number;
  readonly until: Instant;
  readonly count: number;
}

/** The parts of the chip that the front end works with. */
export interface SpiTargetParts {
  readonly clock: VirtualClock;
  readonly traits: FirmwareTraits;
  readonly timing: Timing;
  readonly registers: Registers;
  readonly boardCfg: BoardCfg;
  readonly pulse: ReadyPulse;
}

/** header: fewer than four bytes handled; write: its data come in; answered: the rest is ignored; bad: all of it is. */
type Phase = 'header' | 'write' | 'answered' | 'bad';

const HEADER_SIZE = 4;
const MAX_DATA = 64;
/** Maximum size of a write frame. A longer one is dropped. [CHIP 1.5] */
const MAX_WRITE_FRAME = 512;
/** Zeros before the frame, for writes shorter than their data: quirk bytesBeforeTheFrameAreZero. */
const MARGIN = MAX_DATA + 1;

const WAIT = 0x00;
const READY = 0x01;
/** What the controller sends when it was just configured. [CHIP 1.3] */
const DUMMY_AFTER_START = 0xff;
/** Quirk misoWhileAsleep. */
const MISO_DEAF = 0x00;

/** How long after an early pulse the chip has handled the frame. Quirk earlyPulse. */
export const EARLY_PULSE = us(5);

/** The receive ring of the controller, and the most of it that the firmware takes at once. [CHIP 1.5] */
const RING_SIZE = 1024;
const MAX_BATCH = 512;

const FOREVER = Infinity as Instant;

/**
 * The chip's SPI controller with the firmware that serves it: bytes in and out, header, wait state, data, and what
 * happens when CS rises. [CHIP 1]
 */
export class SpiTarget {
  readonly counters = { frames: 0, emptySelects: 0, lostFrames: 0, mergedFrames: 0 };
  #disturb: Disturb | undefined;
  #disturbed = 0;
  #disturbance = NO_DISTURBANCE;

  #isListening = false;
  #isSelected = false;
  #phase: Phase = 'header';
  /** What MISO carries when nothing is queued. */
  #dummy = DUMMY_AFTER_START;
  /** The ready byte and the answer to a read; the answer is never cleared: quirk staleBytes. */
  readonly #tx = new Uint8Array(1 + MAX_DATA);
  #txAt = 0;
  #txEnd = 0;

  readonly #rx = new Uint8Array(MARGIN + MAX_WRITE_FRAME);
  /** Bytes since the last frame was handled. */
  #count = 0;
  /** Frames with data since then; more than one means that they merged. */
  #framesInCycle = 0;
  /** Number of these frames that had their pulse before they were handled. */
  #framesToldEarly = 0;
  #bytesInSelect = 0;
  #isHeard = false;
  /** Where in the receive ring the frame begins. */
  #ringAt = 0;
  /** Where write data begin, in a version that takes them at once. */
  #dataFrom = 0;

  #headerIsPending = false;
  #headerAt: Instant = FOREVER;
  /** The header is handled when this many bytes have come, whatever the time. */
  #headerAtCount: number | undefined;

  #deafUntil: Instant = BEGINNING;
  #busyUntil: Instant = BEGINNING;
  #bytesToLose = 0;
  #hasLost = false;

  #edge: Alarm | undefined;
  readonly #onEdge = (): void => {
    this.#edge = undefined;
    this.#handleEdge();
  };
  readonly #onEarlyPulse = (): void => {
    if (this.#isEdgeLate()) {
      this.#onEdge();
      return;
    }
    this.#edge = this.parts.clock.after(EARLY_PULSE, this.#onEdge);
    this.#framesToldEarly = this.#framesInCycle;
    this.#signal(this.parts.boardCfg.hasLongPulses);
  };

  constructor(
    private readonly parts: SpiTargetParts,
    private readonly host: SpiTargetHost,
  ) {
    this.#tx[0] = READY;
  }

  get disturb(): Disturb | undefined {
    return this.#disturb;
  }

  set disturb(disturb: Disturb | undefined) {
    this.#disturb = disturb;
    this.#disturbed = 0;
  }

  get isSelected(): boolean {
    return this.#isSelected;
  }

  /** Bytes have come in that the firmware has not handled to the end. */
  get isInFrame(): boolean {
    return this.#count > 0;
  }

  /** CS falls. Bytes that begin before `deafUntil` are lost. */
  select(deafUntil: Instant): void {
    this.#isSelected = true;
    this.#bytesInSelect = 0;
    this.#isHeard = false;
    this.#hasLost = false;
    this.#bytesToLose = 0;
    this.#deafUntil = deafUntil;
    if (deafUntil <= this.parts.clock.now() && this.parts.boardCfg.hasLongPulses)
      this.parts.pulse.endLongPulse();
  }

  shift(mosi: number, end: Instant): number {
    if (!this.#isSelected) return MISO_DEAF;
    const now = this.parts.clock.now();
    if (this.#bytesInSelect++ === 0) this.#beginFrame(now);
    // Clocks do not wake the chip when it fell asleep with CS already low.
    if (this.#count === 0 && now >= this.#deafUntil && this.host.isAsleep()) this.#deafUntil = FOREVER;
    if (now < this.#deafUntil) {
      this.#hasLost = true;
      return MISO_DEAF;
    }
    if (this.#headerIsPending && this.#isHeaderDue(now)) this.#handleHeader();
    const miso = this.#txAt < this.#txEnd ? this.#tx[this.#txAt++]! : this.#dummy;
    if (!this.#isListening || this.#bytesToLose > 0) {
      this.#bytesToLose--;
      this.#hasLost = true;
      return miso;
    }
    if (!this.#isHeard) {
      this.#isHeard = true;
      this.#framesInCycle++;
    }
    const index = this.#count++;
    if (index < MAX_WRITE_FRAME) this.#rx[MARGIN + index] = mosi;
    else if (this.#phase === 'write') this.#phase = 'bad';
    if (this.parts.traits.takesWriteDataAtOnce && this.#phase === 'write') this.#takeWriteData();
    if (index !== HEADER_SIZE - 1 || this.#phase !== 'header') return miso;
    this.#expectHeaderAt(end);
    return this.#disturbance.earlyReady === true || this.parts.traits.saysReadyInHeader ? READY : miso;
  }

  /**
   * What further bytes of a wait state would get, unless an event comes first: a host that polls can be told, and asks for
   * each byte later. Undefined when that is not one value.
   */
  outlook(): Outlook | undefined {
    if (!this.#isSelected || this.#txAt < this.#txEnd) return undefined;
    if (this.parts.clock.now() < this.#deafUntil)
      return { miso: MISO_DEAF, until: this.#deafUntil, count: Infinity };
    if (!this.#isListening) return { miso: this.#dummy, until: FOREVER, count: Infinity };
    if (this.#count < HEADER_SIZE) return undefined;
    const count =
      this.#headerIsPending && this.#headerAtCount !== undefined
        ? this.#headerAtCount - this.#count
        : Infinity;
    const until = this.#headerIsPending ? this.#headerAt : FOREVER;
    return { miso: this.#dummy, until, count };
  }

  /** CS rises. */
  deselect(): void {
    if (!this.#isSelected) return;
    this.#isSelected = false;
    if (this.#bytesInSelect === 0) {
      this.counters.emptySelects++;
    } else {
      this.counters.frames++;
      if (this.#hasLost) this.counters.lostFrames++;
    }
    const { busyAfter } = this.#disturbance;
    if (busyAfter !== undefined && this.#bytesInSelect > 0)
      this.#busyUntil = later(this.parts.clock.now(), busyAfter);
    if (this.#edge !== undefined || !this.#isListening || !this.#hasEdgeToHandle()) return;
    const isEarly =
      this.parts.traits.pulsesTooEarly && this.#wantsPulse(this.#framesInCycle > this.#framesToldEarly);
    const handle = isEarly ? this.#onEarlyPulse : this.#onEdge;
    this.#edge = this.parts.clock.after(this.parts.timing.pulseDelay(this.#kind(), isEarly), handle);
  }

  /** Handles a header whose moment has come though no byte was clocked since. */
  settle(): void {
    const isTimeUp = this.#headerAtCount === undefined && this.parts.clock.now() >= this.#headerAt;
    if (this.#headerIsPending && isTimeUp) this.#handleHeader();
  }

  /** The firmware stops serving: MISO stays as it is, no byte is received, and no pulse follows. [CHIP 1.3] */
  stop(): void {
    this.#isListening = false;
    this.#edge?.cancel();
    this.#edge = undefined;
    this.#headerIsPending = false;
    if (this.parts.boardCfg.hasLongPulses) this.parts.pulse.stop();
  }

  /** The firmware serves (again): the next frame with data is the first. [CHIP 1.3] */
  start(): void {
    this.stop();
    this.#isListening = true;
    this.#endCycle();
    this.#ringAt = 0;
    this.#dummy = DUMMY_AFTER_START;
  }

  /** The power is off, or the firmware starts afresh: bytes that earlier reads left are lost as well. */
  forget(): void {
    this.stop();
    this.parts.pulse.stop();
    this.#endCycle();
    this.#dummy = DUMMY_AFTER_START;
    this.#tx.fill(0, 1);
    this.#busyUntil = BEGINNING;
  }

  /** From now on the chip hears nothing; a frame that is under way is lost. */
  deafen(until: Instant): void {
    this.#deafUntil = until;
  }

  #beginFrame(now: Instant): void {
    this.#disturbance = this.#disturb?.(this.#disturbed++) ?? NO_DISTURBANCE;
    if (now < this.#busyUntil) this.#bytesToLose = HEADER_SIZE;
  }

  #expectHeaderAt(end: Instant): void {
    const isRead = (this.#rx[MARGIN]! & 0x80) !== 0;
    const { waitBytes, stallTime } = this.#disturbance;
    const pinned = waitBytes ?? (stallTime === undefined ? this.parts.timing.waitBytes(isRead) : undefined);
    this.#headerIsPending = true;
    this.#headerAtCount = pinned === undefined ? undefined : HEADER_SIZE + pinned;
    this.#headerAt =
      pinned === undefined ? later(end, stallTime ?? this.parts.timing.headerLatency(isRead)) : FOREVER;
  }

  #isHeaderDue(now: Instant): boolean {
    return this.#headerAtCount === undefined ? now >= this.#headerAt : this.#count >= this.#headerAtCount;
  }

  #handleHeader(): void {
    this.#headerIsPending = false;
    if ((this.#rx[MARGIN]! & 0x80) !== 0) {
      if (this.#isBatchTooLong()) {
        this.#dummy = READY;
        this.#phase = 'bad';
        return;
      }
      const size = this.#dataSize();
      this.parts.registers.read(this.#address(), this.#tx, 1, size);
      this.#txAt = 0;
      this.#txEnd = 1 + size;
      this.#phase = 'answered';
      this.host.registerWasRead();
    } else {
      this.#dummy = READY;
      this.#phase = this.#count > MAX_WRITE_FRAME ? 'bad' : 'write';
      this.#dataFrom = this.#count + 1;
    }
  }

  /**
   * A header that is handled late comes with all that was clocked since, up to the end of the ring: more than the
   * firmware's buffer makes it give the frame up. What happens beyond the ring is the quirk stallKeepsReads.
   */
  #isBatchTooLong(): boolean {
    const count = this.#count;
    if (count >= RING_SIZE) return false;
    const first = Math.min(count, RING_SIZE - this.#ringAt);
    return first > MAX_BATCH || (first < HEADER_SIZE && count > MAX_BATCH);
  }

  #dataSize(): number {
    return (this.#rx[MARGIN]! & 0x3f) + 1;
  }

  #address(): number {
    const rx = this.#rx;
    return (rx[MARGIN + 1]! << 16) | (rx[MARGIN + 2]! << 8) | rx[MARGIN + 3]!;
  }

  #hasEdgeToHandle(): boolean {
    const { lateEdgeKillsFrame, pulses } = this.parts.traits;
    return this.#count > 0 || lateEdgeKillsFrame || pulses === 'after-every-select';
  }

  #kind(): FrameKind {
    if (this.#count === 0) return 'empty';
    if (this.#count < HEADER_SIZE) return 'register-read';
    const register = kindOf(this.#address());
    if ((this.#rx[MARGIN]! & 0x80) !== 0) return register === 'fifo' ? 'fifo-read' : 'register-read';
    return register === 'sts' ? 'sts-write' : register === 'fifo' ? 'fifo-write' : 'access-write';
  }

  /** CS has fallen again before the interrupt that its rising has caused. */
  #isEdgeLate(): boolean {
    return this.#isSelected && !this.parts.traits.lateEdgeKillsFrame;
  }

  /** The interrupt that CS rising has caused; when it is late, frames merge. [CHIP 1.5] */
  #handleEdge(): void {
    if (this.#isEdgeLate()) {
      this.#txEnd = 0;
      return;
    }
    if (this.#headerIsPending) this.#handleHeader();
    const hadData = this.#count > 0;
    // The effect of a BOARD_CFG write is deferred: the answer to it is still a short pulse. [CHIP 4.6]
    const isLong = this.parts.boardCfg.hasLongPulses;
    if (hadData) {
      if (this.#phase === 'write' && !this.parts.traits.takesWriteDataAtOnce) this.#writeRegister();
      if (this.#framesInCycle > 1) this.counters.mergedFrames += this.#framesInCycle - 1;
      this.#endCycle();
      this.host.frameEnded();
    }
    this.#txEnd = 0;
    if (!this.parts.traits.pulsesTooEarly && this.#wantsPulse(hadData)) this.#signal(isLong);
  }

  #writeRegister(): void {
    const size = this.#dataSize();
    this.parts.registers.write(this.#address(), this.#rx, MARGIN + this.#count - size, size);
  }

  /** Acts when the last byte of the data has come; what follows is ignored. [CHIP 7] */
  #takeWriteData(): void {
    const size = this.#dataSize();
    if (this.#count < this.#dataFrom + size) return;
    this.#phase = 'answered';
    this.parts.registers.write(this.#address(), this.#rx, MARGIN + this.#dataFrom, size);
  }

  #endCycle(): void {
    this.#ringAt = (this.#ringAt + this.#count) % RING_SIZE;
    this.#count = 0;
    this.#framesInCycle = 0;
    this.#framesToldEarly = 0;
    this.#phase = 'header';
    this.#dummy = WAIT;
    this.#txAt = 0;
    this.#txEnd = 0;
    this.#headerIsPending = false;
  }

  #wantsPulse(hadData: boolean): boolean {
    const { pulses } = this.parts.traits;
    return pulses === 'after-every-select' || (hadData && pulses === 'after-data');
  }

  #signal(isLong: boolean): void {
    const { pulse } = this.#disturbance;
    if (pulse === undefined) {
      this.#pulseNow(isLong, undefined);
      return;
    }
    if (pulse.missing === true) return;
    const { delayBy = ZERO, width, againAfter } = pulse;
    this.#pulseIn(delayBy, isLong, width);
    if (againAfter !== undefined) this.#pulseIn(plus(delayBy, againAfter), isLong, width);
  }

  #pulseIn(delay: Duration, isLong: boolean, width: Duration | undefined): void {
    if (delay === ZERO) {
      this.#pulseNow(isLong, width);
      return;
    }
    this.parts.clock.after(delay, () => {
      if (this.#isListening) this.#pulseNow(isLong, width);
    });
  }

  #pulseNow(isLong: boolean, width: Duration | undefined): void {
    if (isLong && width === undefined) this.parts.pulse.signalLong();
    else this.parts.pulse.signalShort(width ?? this.parts.timing.pulseWidth());
  }
}
