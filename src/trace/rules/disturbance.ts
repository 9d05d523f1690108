import type { Instant } from '../../units/index.ts';
import { between, inMs } from '../../units/index.ts';
import { STS, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { isUsable } from './command-stages.ts';

/** A host that uses delays needs no pulse after this time. [DRIVER 1.1] */
const PACED_MS = 2;
/** The chip may sleep when the bus was idle for this long. [CHIP 2] */
const AWAKE_MS = 1000;
/** After a reset the chip stays awake for this long. [CHIP 2] */
const FRESH_MS = 5000;
/** After a waking CS edge the chip listens within this time. [CHIP 2] */
const WAKING_MS = 0.15;
/** After the release of TPM_RST_L the chip may be silent for this long. [CHIP 1.3] */
const SILENT_MS = 150;
/** Maximum number of bytes of a frame that the chip keeps. [CHIP 1.5] */
const MAX_BYTES = 512;

/**
 * A host that does not give the chip its time makes it lose frames, or take two for one. From then on the chip is not
 * judged by its answers, until host and chip agree again.
 */
export class Disturbance {
  /** The shape of frames cannot be judged now. */
  hasFrames = false;
  /** Registers and commands cannot be judged now. */
  hasRegisters = false;
  #rise = NaN as Instant;
  #pulseFrom = NaN as Instant;
  /** The end of an empty CS assertion since the frame before; NaN without one. */
  #wokenAt = NaN as Instant;
  /** Since when the chip runs: TPM_RST_L is deasserted and the supply is on. NaN while it does not run. */
  #runsSince = NaN as Instant;
  #isPowered = true;
  #isReset = false;
  /** commandReady was written while frames were whole. */
  #isAsked = false;
  #isSettling = false;
  /** INT_AP_L pulses, and somebody watches it. */
  #hasPulses = false;
  /** No frame since the last reset. */
  #isFresh = false;

  get listener(): TraceListener {
    return {
      access: (access) => {
        this.#see(access);
      },
      select: (_fall, rise) => {
        this.#wokenAt = rise;
      },
      reset: (isAsserted, at) => {
        this.#isReset = isAsserted;
        this.#restart(at);
      },
      power: (isOn, at) => {
        this.#isPowered = isOn;
        this.#restart(at);
      },
    };
  }

  #restart(at: Instant): void {
    this.#runsSince = this.#isPowered && !this.#isReset ? at : (Infinity as Instant);
    this.#rise = at;
    this.#isFresh = true;
    this.#pulseFrom = NaN as Instant;
    this.#isSettling = false;
    this.hasFrames = false;
    this.hasRegisters = false;
    this.#isAsked = false;
  }

  #see(access: Access): void {
    if (this.#isUnfair(access)) {
      this.hasFrames = true;
      this.hasRegisters = true;
      this.#isAsked = false;
      this.#isSettling = false;
    } else {
      if (this.#isSettling) this.hasFrames = false;
      // The first frame that had its time may still be answered as a part of the one before.
      this.#isSettling = this.hasFrames && access.isWhole && (access.pulses === 1 || !this.#hasPulses);
      if (!access.isWhole || this.#mayBeLost(access)) this.hasRegisters = true;
      else if (this.hasRegisters && !this.hasFrames) this.#resynchronise(access);
    }
    if (access.pulses > 0) this.#hasPulses = true;
    this.#rise = access.rise;
    this.#isFresh = false;
    this.#pulseFrom = access.pulseFrom;
    this.#wokenAt = NaN as Instant;
  }

  /** No pulse says that the chip took the frame, on a line that had pulses. */
  #mayBeLost({ pulses, isCutOff }: Access): boolean {
    return this.#hasPulses && pulses === 0 && !isCutOff;
  }

  /** Whether the chip could not be expected to take the frame: it came too early, or is too long. */
  #isUnfair({ fall, length, pulses, isWhole, answersOnes }: Access): boolean {
    const gap = inMs(between(this.#rise, fall));
    const isPulsed = this.#pulseFrom <= fall;
    const isEarly = gap < PACED_MS && !isPulsed;
    const settled = inMs(between(this.#wokenAt, fall));
    const awake = this.#isFresh ? FRESH_MS : AWAKE_MS;
    const mayBeAsleep = (gap >= awake && Number.isNaN(settled)) || settled < WAKING_MS;
    const isStarting = fall < this.#runsSince || inMs(between(this.#runsSince, fall)) < SILENT_MS;
    const isTaken = isWhole && pulses === 1;
    // The first frame of a chip that was reset unseen is answered with ones, and then as any other. [CHIP 1.3]
    const isLost = (mayBeAsleep && !(isTaken && answersOnes)) || (isStarting && !isTaken);
    return isEarly || isLost || length > MAX_BYTES;
  }

  /**
   * After a commandReady and a status that shows nothing else, host and chip agree that the chip is ready. [CHIP 4.3]
   */
  #resynchronise(access: Access): void {
    if (access.offset !== TPM_STS || !isUsable(access)) return;
    const status = access.value & 0xff;
    if (access.direction === 'write') this.#isAsked = status === STS.commandReady;
    else if (this.#isAsked && status === (STS.stsValid | STS.commandReady)) this.hasRegisters = false;
  }
}
