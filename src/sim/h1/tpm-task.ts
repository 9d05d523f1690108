import type { Duration, Instant } from '../../units/index.ts';
import { ms } from '../../units/index.ts';
import type { Alarm, VirtualClock } from '../clock.ts';
import type { TpmEngine } from '../tpm-engine.ts';
import type { BoardCfg } from './board-cfg.ts';
import type { CommandState } from './command-state.ts';
import { FIFO_SIZE } from './fifo.ts';
import { NvCommits } from './nv-commits.ts';
import type { RollingReboots } from './rolling-reboots.ts';
import type { Timing } from './timing.ts';
import type { VendorLayer } from './vendor/index.ts';
import type { FirmwareTraits } from './versions.ts';

const PCR_READ = 0x17e;
const PCR_EXTEND = 0x182;
/** Both codes mean the same. [CHIP 5.1] */
const VENDOR = 0x20000000;
const OLD_VENDOR = 0xbaccd00a;

/** From the response to TPM_MODE "disabled" until the interface is dead. [CHIP 5.2] */
const BEFORE_DISABLED = ms(10);

/** The answer to every TPM2 command when the library was not initialised: TPM_RC_INITIALIZE. [CHIP 6] */
const INITIALIZE = [0x80, 0x01, 0, 0, 0, 0x0a, 0, 0, 0x01, 0x00];

/** How a fault changes one command. */
export interface CommandDisturbance {
  /** In place of the time from the fetch to the response. */
  readonly time?: (healthy: Duration) => Duration;
  /** In place of the answer of the TPM to the command. */
  readonly response?: (healthy: Uint8Array, command: Uint8Array) => Uint8Array;
}

/** The result of one command. */
interface Execution {
  readonly bytes: Uint8Array;
  /** What happens once the response is there. */
  readonly effect: (() => void) | undefined;
  /** Nanoseconds of writing an image to flash. */
  readonly flashTime: number;
}

/** What the task needs of the chip around it. */
export interface TpmTaskHost {
  /** Registers are about to change: handle first what is due. */
  settle(): void;
  stopInterface(): void;
  /** Registers are to be as after a reset, and the interface to run again. */
  startInterface(): void;
  disturb(command: number): CommandDisturbance | undefined;
  /** The library was not initialised, after too many resets. */
  isUninitialised(): boolean;
}

/** The parts of the chip that the task works with. */
export interface TpmTaskParts {
  readonly clock: VirtualClock;
  readonly engine: TpmEngine;
  readonly vendor: VendorLayer;
  readonly reboots: RollingReboots;
  readonly traits: FirmwareTraits;
  readonly timing: Timing;
  readonly state: CommandState;
  readonly boardCfg: BoardCfg;
}

/**
 * The one task that executes commands and TPM resets, one at a time: what is asked for meanwhile waits for its end.
 * [CHIP 4.3, 5.1, 6]
 */
export class TpmTask {
  commands = 0;
  resets = 0;
  #isRunning = false;
  #wantsCommand = false;
  #wantsReset = false;
  #isFresh = true;
  #step: Alarm | undefined;
  #disabling: Alarm | undefined;
  readonly #commits: NvCommits;

  constructor(
    private readonly parts: TpmTaskParts,
    private readonly host: TpmTaskHost,
  ) {
    this.#commits = new NvCommits(parts.timing);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  requestCommand(): void {
    this.#wantsCommand = true;
    this.#continue();
  }

  requestReset(): void {
    this.#wantsReset = true;
    this.#continue();
  }

  /** The firmware starts afresh; the task waits for its first reset. */
  restart(): void {
    this.halt();
    this.#isFresh = true;
    const { engine, traits, vendor } = this.parts;
    const factory = traits.tellsFactoryNv ? { factoryNv: vendor.factoryNv } : {};
    engine.powerCycle({ ...traits.library, ...factory });
  }

  /** The interface stops soon, and only a reboot of the chip starts it again. [CHIP 1.3, 5.2] */
  disable(): void {
    this.#disabling = this.parts.clock.after(BEFORE_DISABLED, () => {
      this.host.settle();
      this.host.stopInterface();
    });
  }

  halt(): void {
    this.#disabling?.cancel();
    this.#step?.cancel();
    this.#step = undefined;
    this.#isRunning = false;
    this.#wantsCommand = false;
    this.#wantsReset = false;
  }

  #continue(): void {
    if (this.#isRunning) return;
    if (this.#wantsReset) this.#beginReset();
    else if (this.#wantsCommand)
      this.#run(this.parts.timing.taskLatency(), () => {
        this.#fetch();
      });
  }

  #run(duration: Duration, end: () => void): void {
    this.#isRunning = true;
    this.#step = this.parts.clock.after(duration, () => {
      this.host.settle();
      end();
    });
  }

  #end(): void {
    this.#isRunning = false;
    this.#continue();
  }

  /** A reset drops every command that waits. */
  #beginReset(): void {
    this.#wantsReset = false;
    this.#wantsCommand = false;
    this.host.stopInterface();
    this.#run(this.parts.timing.resetTime(), () => {
      if (!this.#isFresh) this.parts.engine.reset();
      this.#isFresh = false;
      this.parts.vendor.mode.reset();
      this.#commits.reset(this.parts.clock.now());
      this.resets++;
      this.host.startInterface();
      this.#end();
    });
  }

  /** A reset that came since tpmGo goes first, and the command with it. */
  #fetch(): void {
    if (this.#wantsReset) {
      this.#end();
      return;
    }
    this.#wantsCommand = false;
    const disturbance = this.host.disturb(this.commands++);
    const code = this.parts.state.fifo.commandCode;
    const isVendor = this.#isVendor(code);
    const time = this.#timeOf(code, isVendor, this.parts.clock.now());
    const { bytes, effect, flashTime } = isVendor ? this.#executeVendor() : this.#executeLibrary();
    const response = disturbance?.response?.(bytes, this.parts.state.fifo.command()) ?? bytes;
    const healthy = (time + flashTime) as Duration;
    this.#run(disturbance?.time?.(healthy) ?? healthy, () => {
      if (code === PCR_EXTEND && response.length > 0 && response.length <= FIFO_SIZE)
        this.parts.boardCfg.block();
      if (code === PCR_READ) this.parts.reboots.clear();
      this.parts.state.complete(response);
      effect?.();
      this.#end();
    });
  }

  #executeVendor(): Execution {
    const { update } = this.parts.vendor;
    const { bytes, effect } = this.parts.vendor.execute(this.parts.state.fifo.bytes);
    const { erased, written } = update.takeWork();
    const flashTime =
      (erased ? this.parts.timing.eraseTime() : 0) + (written ? this.parts.timing.blockTime() : 0);
    return { bytes, effect, flashTime };
  }

  #executeLibrary(): Execution {
    const bytes = this.parts.vendor.lockout() ?? this.#askLibrary();
    return { bytes, effect: undefined, flashTime: 0 };
  }

  #askLibrary(): Uint8Array {
    if (this.host.isUninitialised()) return Uint8Array.from(INITIALIZE);
    return this.parts.engine.execute(this.parts.state.fifo.command());
  }

  #isVendor(code: number): boolean {
    if (code === VENDOR || code === OLD_VENDOR) return true;
    return this.parts.traits.takesVendorBit && (code & VENDOR) !== 0;
  }

  #timeOf(code: number, isVendor: boolean, now: Instant): Duration {
    const { bytes } = this.parts.state.fifo;
    const subCommand = isVendor ? (bytes[10]! << 8) | bytes[11]! : undefined;
    return (this.parts.timing.commandTime(code, isVendor) +
      this.#commits.costOf(code, subCommand, now)) as Duration;
  }
}
