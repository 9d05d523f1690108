import type { Duration, Instant } from '../../units/index.ts';
import { later, seconds } from '../../units/index.ts';
import type { Alarm, VirtualClock } from '../clock.ts';
import type { BootCause } from './boot-cause.ts';
import type { ReadyPulse } from './ready-pulse.ts';
import type { Sleep } from './sleep.ts';
import type { Timing } from './timing.ts';
import type { TpmTask } from './tpm-task.ts';
import type { FirmwareTraits } from './versions.ts';

/** DS_DIS_TEMP is forgotten after this time, unless the host is off by then. [CHIP 2] */
const KEPT_AWAKE = seconds(10);

/** What power and reset do to the rest of the chip. */
export interface ResetHost {
  /** RAM is lost, the interface down. */
  forgetRam(): void;
  /** What outlives deep sleep is lost too. */
  forgetAll(): void;
  /** The firmware starts, after power-on, deep sleep, or a full reset. */
  booted(cause: BootCause): void;
  /** The rising edge of TPM_RST_L reboots the chip instead of resetting the TPM. [CHIP 6] */
  rebootsAtReset(): boolean;
  /** Bytes of a frame lie unhandled, which keeps the chip awake. */
  isInFrame(): boolean;
}

/** The parts of the chip that power and reset act on. */
export interface ResetParts {
  readonly clock: VirtualClock;
  readonly traits: FirmwareTraits;
  readonly timing: Timing;
  readonly sleep: Sleep;
  readonly pulse: ReadyPulse;
  readonly task: TpmTask;
}

/**
 * Power, boot and TPM_RST_L. The rising edge of TPM_RST_L resets the TPM; staying asserted it tells that the host is
 * off, and only then may the chip sleep deeply, from which nothing but the rising edge wakes it. [CHIP 2, 6]
 */
export class ResetControl {
  sleeps = 0;
  #state: 'off' | 'booting' | 'up' = 'off';
  #isAsserted = true;
  #hostIsOff = false;
  /** A reset was asked for, and another one is refused. */
  #isBusy = false;
  #boot: Alarm | undefined;
  #hostOff: Alarm | undefined;
  #reboot: Alarm | undefined;
  #isKeptAwake = false;
  #keptAwake: Alarm | undefined;

  constructor(
    private readonly parts: ResetParts,
    private readonly host: ResetHost,
  ) {}

  get isPowered(): boolean {
    return this.#state !== 'off';
  }

  get isDeepAsleep(): boolean {
    return this.#hostIsOff && !this.#isKeptAwake && this.#isIdleSince(this.parts.sleep.isAllowedFrom);
  }

  /** Asleep in either way. While TPM_RST_L is asserted its level keeps the chip out of normal sleep. [CHIP 6] */
  get isAsleep(): boolean {
    return (!this.#isAsserted || this.#hostIsOff) && this.#isIdleSince(this.parts.sleep.isAllowedFrom);
  }

  /** CS has fallen while the chip sleeps. */
  wake(): void {
    this.sleeps++;
    this.parts.sleep.wokeAt(this.parts.clock.now());
  }

  setPower(isOn: boolean): void {
    if (isOn === this.isPowered) return;
    if (isOn) {
      this.#beginBoot('power');
      return;
    }
    if (this.isAsleep) this.sleeps++;
    this.#goDown();
    this.#state = 'off';
    this.host.forgetAll();
  }

  setReset(isAsserted: boolean): void {
    if (isAsserted === this.#isAsserted) return;
    const wasAsleep = this.isAsleep;
    const wasDeepAsleep = this.isDeepAsleep;
    this.#isAsserted = isAsserted;
    if (this.#state !== 'up') return;
    if (isAsserted) {
      if (wasAsleep) this.wake();
      this.#awaitHostOff();
    } else if (wasDeepAsleep) {
      this.sleeps++;
      this.#goDown();
      this.#beginBoot('deep-sleep');
    } else if (this.host.rebootsAtReset()) {
      this.#resetChip();
    } else {
      this.#hostIsOn();
    }
  }

  /** A full reset of the chip, after `delay` unless something else takes it down before. [CHIP 6] */
  resetIn(delay: Duration): void {
    this.#reboot?.cancel();
    this.#reboot = this.parts.clock.after(delay, () => {
      this.#resetChip();
    });
  }

  /** The firmware fails: a full reset at once. */
  crash(): void {
    if (this.#state === 'up') this.#resetChip('crash');
  }

  /** No deep sleep during the next assertion of TPM_RST_L, if it is the host's being off and begins soon. [CHIP 2, 5.2] */
  keepAwake(): void {
    this.#keptAwake?.cancel();
    this.#isKeptAwake = true;
    this.#keptAwake = this.parts.clock.after(KEPT_AWAKE, () => {
      this.#isKeptAwake = false;
    });
  }

  /** A register was read: the next reset is not refused. [CHIP 6] */
  registerWasRead(): void {
    if (this.parts.traits.debouncesReset) this.#isBusy = false;
  }

  resetIsDone(): void {
    if (!this.parts.traits.debouncesReset) this.#isBusy = false;
  }

  #isIdleSince(moment: Instant): boolean {
    return (
      this.#state === 'up' &&
      this.parts.clock.now() >= moment &&
      !this.parts.task.isRunning &&
      !this.host.isInFrame()
    );
  }

  #resetChip(cause: BootCause = 'hard-reset'): void {
    this.#goDown();
    this.host.forgetAll();
    this.#beginBoot(cause);
  }

  #goDown(): void {
    this.#reboot?.cancel();
    this.#boot?.cancel();
    this.#hostOff?.cancel();
    this.parts.task.halt();
    this.parts.pulse.drive(false);
    this.host.forgetRam();
    this.#hostIsOff = false;
    this.#isBusy = false;
    this.#forgetKeptAwake();
  }

  #forgetKeptAwake(): void {
    this.#keptAwake?.cancel();
    this.#isKeptAwake = false;
  }

  #beginBoot(cause: BootCause): void {
    this.#state = 'booting';
    this.#boot = this.parts.clock.after(this.parts.timing.bootTime(), () => {
      this.#state = 'up';
      this.host.booted(cause);
      this.parts.sleep.booted(this.parts.clock.now());
      this.parts.task.restart();
      if (this.#isAsserted) this.#awaitHostOff();
      else this.#hostIsOn();
    });
  }

  #awaitHostOff(): void {
    this.#hostOff?.cancel();
    this.#hostOff = this.parts.clock.at(later(this.parts.clock.now(), this.parts.traits.hostOffAfter), () => {
      this.#hostIsOff = true;
      this.#keptAwake?.cancel();
      this.parts.pulse.drive(false);
    });
  }

  #hostIsOn(): void {
    this.#hostOff?.cancel();
    this.#hostIsOff = false;
    this.#forgetKeptAwake();
    this.parts.pulse.drive(true);
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.parts.task.requestReset();
  }
}
