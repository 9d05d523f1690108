import type { Duration, Instant } from '../../units/index.ts';
import { later } from '../../units/index.ts';
import type { VirtualClock } from '../clock.ts';
import { Random } from '../random.ts';
import type { TpmEngine } from '../tpm-engine.ts';
import { BoardCfg } from './board-cfg.ts';
import { CommandState } from './command-state.ts';
import { FwVersionStream, versionText } from './fw-version.ts';
import { ReadyPulse } from './ready-pulse.ts';
import { Registers } from './registers.ts';
import { ResetControl } from './reset.ts';
import { Sleep } from './sleep.ts';
import type { Disturb } from './spi-target.ts';
import { SpiTarget } from './spi-target.ts';
import type { TimingOptions } from './timing.ts';
import { Timing } from './timing.ts';
import type { CommandDisturbance, VendorCommands } from './tpm-task.ts';
import { TpmTask } from './tpm-task.ts';
import { parseVersion, traitsOf } from './versions.ts';

export interface H1Options {
  /** Cr50 RW version; 0.5.4, the one of the captured board, without it. */
  readonly firmware?: string;
  readonly seed: number;
  readonly engine: TpmEngine;
  /** Stands in front of the engine for vendor commands; without it the engine gets them too. */
  readonly vendor?: VendorCommands;
  /** What is pinned instead of drawn. */
  readonly timing?: TimingOptions;
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
 * @throws BadFirmwareVersion when the firmware version cannot be read.
 */
export class H1 {
  readonly firmwareVersion: string;
  readonly description: string;
  readonly #target: SpiTarget;
  readonly #pulse: ReadyPulse;
  readonly #sleep = new Sleep();
  readonly #task: TpmTask;
  readonly #reset: ResetControl;
  readonly #timing: Timing;
  #overrides: H1Overrides = {};
  #wakesAt = 0 as Instant;

  constructor(
    private readonly clock: VirtualClock,
    options: H1Options,
  ) {
    const version = parseVersion(options.firmware ?? DEFAULT_FIRMWARE);
    const traits = traitsOf(version);
    const timing = new Timing(
      new Random(options.seed).fork('h1'),
      options.timing ?? {},
      traits.hasShortPulses,
    );
    this.#timing = timing;
    this.firmwareVersion = versionText(version);
    this.description = `simulated H1, Cr50 ${version.text}`;
    const boardCfg = new BoardCfg();
    const fwVersion = new FwVersionStream(this.firmwareVersion);
    const command = new CommandState(traits, () => {
      this.#task.requestCommand();
    });
    const registers = new Registers(command, fwVersion, traits.hasBoardCfg ? boardCfg : undefined);
    this.#pulse = new ReadyPulse(clock);
    this.#target = new SpiTarget(clock, traits, timing, registers, boardCfg, this.#pulse, {
      registerWasRead: () => {
        this.#reset.registerWasRead();
      },
      frameEnded: () => {
        this.#sleep.frameEnded(clock.now());
      },
      isAsleep: () => this.isAsleep,
    });
    this.#task = new TpmTask(clock, options.engine, options.vendor, traits, timing, command, boardCfg, {
      settle: () => {
        this.#target.settle();
      },
      stopInterface: () => {
        this.#target.stop();
      },
      startInterface: () => {
        registers.reset();
        this.#reset.resetIsDone();
        this.#sleep.frameEnded(clock.now());
        this.#target.start();
      },
      disturb: (index) => this.#overrides.command?.(index),
    });
    const forgetRam = (): void => {
      registers.reset();
      boardCfg.restart();
      this.#target.forget();
    };
    this.#reset = new ResetControl(
      clock,
      traits,
      timing,
      this.#sleep,
      this.#pulse,
      this.#task,
      {
        forgetRam,
        forgetAll: () => {
          forgetRam();
          boardCfg.losePower();
          this.#target.deafen(FOREVER);
        },
      },
      () => this.#target.isInFrame,
    );
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

  /** CS_L falls, now. */
  select(): void {
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
}
