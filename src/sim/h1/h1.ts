import type { Duration, Instant } from '../../units/index.ts';
import { later } from '../../units/index.ts';
import type { VirtualClock } from '../clock.ts';
import { Random } from '../random.ts';
import type { TpmEngine } from '../tpm-engine.ts';
import { BoardCfg } from './board-cfg.ts';
import type { BootCause } from './boot-cause.ts';
import type { Disturb } from './frame-disturbance.ts';
import { CommandState } from './command-state.ts';
import { FwVersionStream, versionText } from './fw-version.ts';
import { Firmware } from './firmware.ts';
import { ReadyPulse } from './ready-pulse.ts';
import { Registers } from './registers.ts';
import type { ResetHost } from './reset.ts';
import { ResetControl } from './reset.ts';
import { RollingReboots } from './rolling-reboots.ts';
import { Sleep } from './sleep.ts';
import type { Outlook, SpiTargetHost } from './spi-target.ts';
import { SpiTarget } from './spi-target.ts';
import type { ChooseLatency, TimingOptions } from './timing.ts';
import { Timing } from './timing.ts';
import type { CommandDisturbance, TpmTaskHost } from './tpm-task.ts';
import { TpmTask } from './tpm-task.ts';
import type { BoardRestriction } from './update/header.ts';
import type { VendorHost } from './vendor/vendor-host.ts';
import { VendorLayer } from './vendor/index.ts';
import { runnableVersion } from './releases.ts';
import { versionOf } from './versions.ts';

/** The chip that is simulated: its firmware, its TPM, its times. */
export interface H1Options {
  /** Cr50 RW version; 0.5.4, the one of the captured board, without it. */
  readonly firmware?: string;
  /** `allow`: a version that no source tells of opens all the same, and behaves like the last known one before it. */
  readonly unknownVersion?: 'allow';
  readonly seed: number;
  readonly engine: TpmEngine;
  /** Board ID the chip comes with; blank without it. */
  readonly boardId?: { readonly type: number; readonly flags: number };
  /** Boards that the image it comes with is made for; all without it. [CHIP 5.1] */
  readonly imageFor?: BoardRestriction;
  /** What is pinned instead of drawn. */
  readonly timing?: TimingOptions;
  /** Who chooses what is not pinned; chance without it. */
  readonly chooseLatency?: ChooseLatency;
}

/** Behaviour of the chip that a fault changes while it runs. */
export interface H1Overrides {
  /** Asleep this long after the last frame, wake or boot, in place of the rules of [CHIP 2]. */
  readonly sleepAfter?: Duration;
  readonly wakeLatency?: Duration;
  /** Asked once for every command that the task fetches; commands count from 0. */
  readonly command?: (index: number) => CommandDisturbance | undefined;
}

/** What the chip saw since it was made. */
export interface H1Counters {
  /** CS assertions with at least one byte. */
  readonly frames: number;
  readonly emptySelects: number;
  /** Frames of which at least one byte did not reach the firmware. */
  readonly lostFrames: number;
  /** Frames that were added to the one before instead of being handled. */
  readonly mergedFrames: number;
  /** Pulses that reached the pin. */
  readonly readyPulses: number;
  /** TPM resets carried out, the first start after a boot included. */
  readonly resets: number;
  /** Times the chip fell asleep, normally or deeply. */
  readonly sleeps: number;
  /** Commands the TPM task fetched. */
  readonly commands: number;
}

const DEFAULT_FIRMWARE = '0.5.4';
const FOREVER = Infinity as Instant;

/**
 * The H1 with Cr50 firmware, as seen at its pins: CS, clocked bytes, INT_AP_L, TPM_RST_L and power. Its owner moves the
 * clock between calls; what the chip does by itself rings on the way. It is made without power and with TPM_RST_L
 * asserted, as on a bench before the first switch is thrown.
 *
 * @throws BadFirmwareVersion when the firmware version cannot be read, UnknownFirmwareVersion when no source tells of it
 * and `unknownVersion` does not allow that.
 */
export class H1 {
  /** With the version that the chip came with, whatever an update brings. */
  readonly description: string;
  readonly #firmware: Firmware;
  readonly #fwVersion: FwVersionStream;
  readonly #vendor: VendorLayer;
  readonly #reboots = new RollingReboots();
  readonly #target: SpiTarget;
  readonly #pulse: ReadyPulse;
  readonly #sleep = new Sleep();
  readonly #task: TpmTask;
  readonly #reset: ResetControl;
  readonly #timing: Timing;
  readonly #state: CommandState;
  #overrides: H1Overrides = {};
  #wakesAt = 0 as Instant;

  constructor(
    private readonly clock: VirtualClock,
    options: H1Options,
  ) {
    const { boardId, imageFor } = options;
    const { version, behavesLike } = runnableVersion(
      options.firmware ?? DEFAULT_FIRMWARE,
      options.unknownVersion === 'allow',
    );
    const unknown = behavesLike === undefined ? '' : ` (unknown version, behaves like ${behavesLike})`;
    this.description = `simulated H1, Cr50 ${version.text}${unknown}`;
    this.#firmware = new Firmware(version, behavesLike);
    const { traits } = this.#firmware;
    const timing = new Timing(
      new Random(options.seed).fork('h1'),
      options.timing ?? {},
      traits,
      options.chooseLatency,
    );
    this.#timing = timing;
    this.#vendor = new VendorLayer(
      { version, traits, ...(boardId && { boardId }), ...(imageFor && { imageFor }) },
      this.#aroundVendor(),
    );
    const boardCfg = new BoardCfg();
    this.#fwVersion = new FwVersionStream(this.#versionText());
    const state = new CommandState(traits, () => {
      this.#task.requestCommand();
    });
    this.#state = state;
    const registers = new Registers(state, this.#fwVersion, boardCfg, traits);
    const pulse = new ReadyPulse(clock);
    this.#pulse = pulse;
    const shared = { clock, traits, timing, boardCfg };
    this.#target = new SpiTarget({ ...shared, registers, pulse }, this.#aroundTarget());
    this.#task = new TpmTask(
      { ...shared, engine: options.engine, vendor: this.#vendor, reboots: this.#reboots, state },
      this.#aroundTask(registers),
    );
    this.#reset = new ResetControl(
      { clock, traits, timing, sleep: this.#sleep, pulse, task: this.#task },
      this.#aroundReset(registers, boardCfg),
    );
  }

  /** The text of TPM_FW_VER. */
  get firmwareVersion(): string {
    return this.#fwVersion.text;
  }

  /** Called at each edge of INT_AP_L; true when the chip begins to hold it low. */
  get onReady(): (isAsserted: boolean) => void {
    return this.#pulse.onChange;
  }

  set onReady(listener: (isAsserted: boolean) => void) {
    this.#pulse.onChange = listener;
  }

  get readyIsAsserted(): boolean {
    return this.#pulse.isAsserted;
  }

  /** A response is there to be read, possibly one of an aborted command. */
  get hasResponse(): boolean {
    return this.#state.hasResponse;
  }

  get isAsleep(): boolean {
    return this.#reset.isAsleep;
  }

  get overrides(): H1Overrides {
    return this.#overrides;
  }

  set overrides(overrides: H1Overrides) {
    this.#overrides = overrides;
    this.#sleep.after = overrides.sleepAfter;
  }

  /** As of now; it does not change afterwards. */
  get counters(): H1Counters {
    return {
      ...this.#target.counters,
      readyPulses: this.#pulse.count,
      resets: this.#task.resets,
      sleeps: this.#reset.sleeps + (this.isAsleep ? 1 : 0),
      commands: this.#task.commands,
    };
  }

  /** Called once for each frame with data, with its number since this was set; its result disturbs that frame. */
  get disturb(): Disturb | undefined {
    return this.#target.disturb;
  }

  set disturb(disturb: Disturb | undefined) {
    this.#target.disturb = disturb;
  }

  /** CS_L falls, now; nothing happens when it is low already. */
  select(): void {
    if (this.#target.isSelected) return;
    const now = this.clock.now();
    if (!this.#reset.isPowered) {
      this.#target.select(FOREVER);
      return;
    }
    if (this.isAsleep) {
      if (this.#reset.isDeepAsleep) {
        this.#target.select(FOREVER);
        return;
      }
      this.#reset.wake();
      this.#wakesAt = later(now, this.#overrides.wakeLatency ?? this.#timing.wakeLatency());
    }
    this.#target.select(this.#wakesAt);
  }

  /**
   * One byte begins now and ends at `end`; the result is what MISO carries meanwhile. The chip acts on `mosi` only at
   * `end`. Without CS nothing is taken in, and the result is 00.
   */
  shift(mosi: number, end: Instant): number {
    return this.#target.shift(mosi, end);
  }

  outlook(): Outlook | undefined {
    return this.#target.outlook();
  }

  /** CS_L rises, now. */
  deselect(): void {
    this.#target.deselect();
  }

  /** TPM_RST_L; the falling edge of its level is the assertion. */
  setReset(isAsserted: boolean): void {
    this.#reset.setReset(isAsserted);
  }

  setPower(isOn: boolean): void {
    this.#reset.setPower(isOn);
  }

  /** The firmware fails and the watchdog resets the whole chip, which nobody commanded. */
  crash(): void {
    this.#reset.crash();
  }

  /** What vendor commands do to the rest of the chip. */
  #aroundVendor(): VendorHost {
    return {
      now: () => this.clock.now(),
      resetChip: (delay) => {
        this.#reset.resetIn(delay);
      },
      disableTpm: () => {
        this.#task.disable();
      },
      keepAwake: () => {
        this.#reset.keepAwake();
      },
    };
  }

  /** What frames do to the rest of the chip. */
  #aroundTarget(): SpiTargetHost {
    return {
      registerWasRead: () => {
        this.#reset.registerWasRead();
      },
      frameEnded: () => {
        this.#sleep.frameEnded(this.clock.now());
      },
      isAsleep: () => this.isAsleep,
    };
  }

  /** What the TPM task does to the rest of the chip. */
  #aroundTask(registers: Registers): TpmTaskHost {
    return {
      settle: () => {
        this.#target.settle();
      },
      stopInterface: () => {
        this.#target.stop();
      },
      startInterface: () => {
        registers.isUninitialised = this.#reboots.isSuspected;
        registers.reset();
        this.#reset.resetIsDone();
        this.#sleep.frameEnded(this.clock.now());
        this.#target.start();
      },
      disturb: (index) => this.#overrides.command?.(index),
      isUninitialised: () => registers.isUninitialised,
    };
  }

  /** What power and reset do to the rest of the chip. */
  #aroundReset(registers: Registers, boardCfg: BoardCfg): ResetHost {
    const forgetRam = (): void => {
      registers.reset();
      boardCfg.restart();
      this.#target.forget();
    };
    return {
      forgetRam,
      forgetAll: () => {
        forgetRam();
        boardCfg.losePower();
        this.#target.deafen(FOREVER);
      },
      booted: (cause) => {
        this.#boot(cause);
      },
      rebootsAtReset: () => this.#vendor.rebootsAtReset,
      isInFrame: () => this.#target.isInFrame,
    };
  }

  /** Starts the newest images that may run. */
  #boot(cause: BootCause): void {
    if (cause === 'crash') this.#reboots.add();
    if (cause === 'power') this.#reboots.clear();
    this.#vendor.boot(cause);
    this.#firmware.run(versionOf(this.#vendor.flash.rw.header));
    this.#fwVersion.text = this.#versionText();
  }

  #versionText(): string {
    const { ro, rw } = this.#vendor.flash;
    return versionText(this.#firmware.version, {
      ro: { name: ro.section.name, version: versionOf(ro.header).text, checksum: ro.header.checksum },
      rw: { name: rw.section.name },
    });
  }
}
