import type { Board } from '../board/index.ts';
import type { HostDriver, LogSink, Profile, OwnDriverOptions, Trust } from '../driver/index.ts';
import { OwnDriver } from '../driver/index.ts';
import { NotProvisioned, Platform, powerUp, pulseReset } from '../host/index.ts';
import { KernelDriver } from '../kernel/index.ts';
import type { TraceSink } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { copyOf, LabFailure, ms, UsageError } from '../units/index.ts';
import type { Act, CallerAct } from './schema.ts';
import { faultOf } from './schema.ts';

/** How one act ended. */
export interface Outcome {
  readonly act: Act;
  /** Index of the act in the procedure; for the act of a caller, the index of its group. */
  readonly index: number;
  readonly from: Instant;
  readonly to: Instant;
  /** The response to a command. */
  readonly response?: Uint8Array;
  /** How far the driver trusts the ready interrupt, after a probe. */
  readonly trust?: Trust;
  /** The error that the driver threw, or the host's firmware. */
  readonly error?: Error;
}

/** What the driver of a play is made of. */
export interface DriverOptions extends Pick<OwnDriverOptions, 'hasInterrupt' | 'hz'> {
  readonly profile: Profile;
  readonly onLog?: LogSink;
}

/** Makes the driver for a board: the kernel's where the board has a kernel, else our own with the profile. */
export async function driverOn(board: Board, options: DriverOptions): Promise<HostDriver> {
  const { kernel, clock } = board;
  if (kernel === undefined) return new OwnDriver({ board, ...options });
  await kernel.setInterrupt?.(options.hasInterrupt ?? true);
  return KernelDriver.open(kernel, clock, options.onLog);
}

/** Takes a driver out of use, whatever it is doing. */
export async function letGo(driver: HostDriver): Promise<void> {
  if (driver instanceof KernelDriver) await driver.release();
  else if (driver instanceof OwnDriver) driver.abandon();
}

/** What a player plays acts with. */
export interface PlayerParts {
  readonly board: Board;
  /** Told when the host sleeps and wakes. */
  readonly sink: TraceSink;
  /** Makes the driver: at the start, and again after each restart of the host. */
  readonly makeDriver: () => Promise<HostDriver>;
}

/** Does acts one after the other, and notes how each ended. An error of driver or chip is one way to end. */
export class Player {
  readonly outcomes: Outcome[] = [];
  readonly #platform: Platform;
  #driver: HostDriver | undefined;

  constructor(private readonly parts: PlayerParts) {
    this.#platform = new Platform(parts.board, parts.sink);
  }

  /** The present driver; each restart of the host makes another one. */
  get driver(): HostDriver {
    if (this.#driver === undefined) throw new RangeError('A player has a driver after its start.');
    return this.#driver;
  }

  async start(): Promise<void> {
    this.#driver = await this.parts.makeDriver();
  }

  async end(): Promise<void> {
    if (this.#driver !== undefined) await letGo(this.#driver);
  }

  /** Does one act; `index` is its place in the procedure. */
  async do(act: Act, index: number): Promise<Outcome> {
    const { clock } = this.parts.board;
    const from = clock.now();
    let outcome: Outcome;
    try {
      const response = await this.#act(act, index);
      const trust = act.act === 'probe' ? this.driver.trust : undefined;
      outcome = { act, index, from, to: clock.now(), ...(response && { response }), ...(trust && { trust }) };
    } catch (error) {
      if (isOfTheLab(error)) throw error;
      outcome = { act, index, from, to: clock.now(), error: asError(error) };
    }
    this.outcomes.push(outcome);
    return outcome;
  }

  async #act(act: Act, index: number): Promise<Uint8Array | undefined> {
    const { board } = this.parts;
    switch (act.act) {
      case 'suspend':
        await this.#platform.sleep(this.driver, act.kind, ms(act.forMs));
        return undefined;
      case 'probe':
        await this.driver.probe();
        return undefined;
      case 'remove':
        await this.driver.remove();
        return undefined;
      case 'reset':
        await pulseReset(board);
        return undefined;
      case 'restart':
        await this.#restart(act.power);
        return undefined;
      case 'frame':
        await board.spi.transaction([{ kind: 'exchange', bytes: hexBytes(act.bytes) }], { byTest: 'frames' });
        return undefined;
      case 'together':
        await board.clock.together(act.callers.map((acts) => () => this.#doAll(acts, index)));
        return undefined;
      default:
        return this.#callerAct(act);
    }
  }

  async #callerAct(act: CallerAct): Promise<Uint8Array | undefined> {
    const { clock, faults } = this.parts.board;
    switch (act.act) {
      case 'command':
        return copyOf(await this.driver.transmit(hexBytes(act.bytes)));
      case 'idle':
        await clock.sleep(ms(act.forMs));
        return undefined;
      case 'driver-sleep':
        await this.driver.suspend(act.kind);
        await clock.sleep(ms(act.forMs));
        await this.driver.resume();
        return undefined;
      case 'fault':
        await faults?.set(faultOf(act.fault));
        return undefined;
      case 'clear-faults':
        await faults?.clear();
        return undefined;
    }
  }

  async #doAll(acts: readonly CallerAct[], index: number): Promise<void> {
    for (const act of acts) await this.do(act, index);
  }

  /** Restarts the host as a reboot does: the driver does not release the chip before. */
  async #restart(withPower: boolean): Promise<void> {
    const { board, makeDriver } = this.parts;
    await letGo(this.driver);
    await (withPower ? powerUp(board) : pulseReset(board));
    this.#driver = await makeDriver();
    await this.#platform.firmware.start('clear');
  }
}

/** Whether an error says nothing of driver or chip. Such an error ends the play. */
export const isOfTheLab = (error: unknown): boolean =>
  (error instanceof LabFailure && !(error instanceof NotProvisioned)) || error instanceof UsageError;

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Makes bytes of hexadecimal digits without spaces. */
export const hexBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
