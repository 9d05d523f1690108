import type { Board } from '../board/index.ts';
import type { HostDriver, LogSink, Profile, OwnDriverOptions, Trust } from '../driver/index.ts';
import { OwnDriver } from '../driver/index.ts';
import { NotProvisioned, Platform, powerUp, pulseReset } from '../host/index.ts';
import { KernelDriver } from '../kernel/index.ts';
import type { TraceSink } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { copyOf, LabFailure, ms, UsageError } from '../units/index.ts';
import { callOn } from './calls.ts';
import { hexBytes } from './hex-bytes.ts';
import type { DriverMaking } from './made-driver.ts';
import { makingOf } from './made-driver.ts';
import type { ActOf, AnyAct, CallerAct } from './schema.ts';
import { faultOf } from './schema.ts';
import { stepsOf } from './steps.ts';

/** How one act ended. */
export interface Outcome {
  readonly act: AnyAct;
  /** Index of the act in the procedure; for the act of a caller, the index of its group. */
  readonly index: number;
  readonly from: Instant;
  readonly to: Instant;
  /** The response to a command. */
  readonly response?: Uint8Array;
  /** What a call returned. */
  readonly returned?: unknown;
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

type TestAct = Exclude<
  CallerAct,
  {
    readonly act:
      'probe' | 'remove' | 'command' | 'idle' | 'suspend' | 'driver-sleep' | 'fault' | 'clear-faults';
  }
>;

/** What a player plays acts with. */
export interface PlayerParts {
  readonly board: Board;
  /** Told when the host sleeps and wakes. */
  readonly sink: TraceSink;
  /** Makes the driver: at the start, and again after each restart of the host. */
  readonly makeDriver: () => Promise<HostDriver>;
  /** For the acts of a suite test. Without it such acts are refused. */
  readonly test?: TestParts | undefined;
}

/** What the acts of a suite test need beside the others. */
export interface TestParts {
  readonly profile: Profile;
  /** Makes a driver as an act says. */
  readonly make: (making: DriverMaking) => Promise<HostDriver>;
  readonly platform?: Platform;
  /** Told from when to when breaches of these rules, by their ids, are provoked; the result ends it. */
  readonly provoke?: (rules: readonly string[]) => () => void;
}

/** Does acts one after the other, and notes how each ended. An error of driver or chip is one way to end. */
export class Player {
  readonly outcomes: Outcome[] = [];
  readonly #platform: Platform;
  readonly #drivers: HostDriver[] = [];
  readonly #held: (() => void)[] = [];
  readonly #provoked: (() => void)[] = [];

  constructor(private readonly parts: PlayerParts) {
    this.#platform = parts.test?.platform ?? new Platform(parts.board, parts.sink);
  }

  /** The first driver. Each restart of the host makes another one. */
  get driver(): HostDriver {
    return this.#driverOf({});
  }

  /** The drivers that there are now. */
  get drivers(): readonly HostDriver[] {
    return this.#drivers;
  }

  async start(): Promise<void> {
    this.#drivers[0] = await this.parts.makeDriver();
  }

  async end(): Promise<void> {
    for (const driver of this.#drivers) await letGo(driver);
  }

  /** Does one act; `index` is its place in the procedure. */
  async do(act: AnyAct, index: number): Promise<Outcome> {
    const { clock } = this.parts.board;
    const from = clock.now();
    let outcome: Outcome;
    try {
      const returned = await this.#act(act, index);
      const trust = act.act === 'probe' ? this.#driverOf(act).trust : undefined;
      const response = act.act === 'command' && returned instanceof Uint8Array ? returned : undefined;
      outcome = {
        ...{ act, index, from, to: clock.now() },
        ...(response && { response }),
        ...(returned !== undefined && { returned }),
        ...(trust && { trust }),
      };
    } catch (error) {
      if (isOfTheLab(error)) throw error;
      outcome = { act, index, from, to: clock.now(), error: asError(error) };
    }
    this.outcomes.push(outcome);
    return outcome;
  }

  async #act(act: AnyAct, index: number): Promise<unknown> {
    const { board } = this.parts;
    switch (act.act) {
      case 'reset':
        return pulseReset(board);
      case 'restart':
        return this.#restart(act.power);
      case 'frame':
        await board.spi.transaction([{ kind: 'exchange', bytes: hexBytes(act.bytes) }], { byTest: 'frames' });
        return undefined;
      case 'together':
        await board.clock.together(act.callers.map((acts) => () => this.#doAll(acts, index)));
        return undefined;
      case 'make-driver':
        return this.#make(act, index);
      default:
        return this.#callerAct(act);
    }
  }

  async #callerAct(act: CallerAct): Promise<unknown> {
    const { clock, faults } = this.parts.board;
    switch (act.act) {
      case 'probe':
        return this.#driverOf(act).probe();
      case 'remove':
        return this.#driverOf(act).remove();
      case 'command':
        return copyOf(await this.#driverOf(act).transmit(hexBytes(act.bytes)));
      case 'idle':
        return clock.sleep(ms(act.forMs));
      case 'suspend':
        return this.#platform.sleep(this.#driverOf(act), act.kind, ms(act.forMs));
      case 'driver-sleep':
        await this.driver.suspend(act.kind);
        await clock.sleep(ms(act.forMs));
        return this.driver.resume();
      case 'fault':
        return faults?.set(faultOf(act.fault));
      case 'clear-faults':
        return faults?.clear();
      default:
        return this.#testAct(act);
    }
  }

  async #testAct(act: TestAct): Promise<unknown> {
    const { board, sink, test } = this.parts;
    switch (act.act) {
      case 'call':
        return callOn(this.#driverOf(act), act.method, act.with);
      case 'transaction':
        return this.#transaction(act);
      case 'hold-bus':
        this.#held.push(await board.bus.acquire());
        return undefined;
      case 'release-bus':
        this.#held.pop()?.();
        return undefined;
      case 'line':
        return this.#drive(act);
      case 'platform':
        return act.to === 'suspend'
          ? this.#platform.suspend(this.#driverOf(act), act.kind)
          : this.#platform.resume(this.#driverOf(act), act.kind);
      case 'firmware':
        return this.#platform.firmware.start(act.type);
      case 'provoke':
        this.#provoked.push(test?.provoke?.(act.rules) ?? (() => undefined));
        return undefined;
      case 'provoke-end':
        this.#provoked.pop()?.();
        return undefined;
      case 'note':
        sink.mark(act.text, board.clock.now());
        return undefined;
    }
  }

  async #doAll(acts: readonly CallerAct[], index: number): Promise<void> {
    for (const act of acts) await this.do(act, index);
  }

  async #make(act: ActOf<'make-driver'>, index: number): Promise<void> {
    const { test } = this.parts;
    if (test === undefined)
      throw new UsageError('The procedure makes several drivers, which cannot be done here.');
    const making = makingOf(act, test.profile, this.parts.board.clock, (acts) => this.#doAll(acts, index));
    this.#drivers.push(await test.make(making));
  }

  async #transaction({
    steps,
    byTest,
    csStaysLowAfterError,
    second,
  }: ActOf<'transaction'>): Promise<Uint8Array> {
    const { board } = this.parts;
    const device = second === true ? board.secondDevice : board.spi;
    if (device === undefined)
      throw new UsageError('The procedure uses another device of the bus, which this rig does not have.');
    const record = await device.transaction(stepsOf(steps), {
      ...(byTest && { byTest }),
      ...(csStaysLowAfterError !== undefined && { csStaysLowAfterError }),
    });
    return copyOf(record.received);
  }

  async #drive({ line, on }: ActOf<'line'>): Promise<void> {
    const { reset, power } = this.parts.board;
    if (line === 'supply') await (on ? power?.on() : power?.off());
    else await (on ? reset?.assert() : reset?.deassert());
  }

  #driverOf({ driver: which = 0 }: { readonly driver?: number | undefined }): HostDriver {
    const driver = this.#drivers[which];
    if (driver === undefined)
      throw new UsageError(
        `The procedure uses driver ${which} before it makes it. Put an act make-driver before.`,
      );
    return driver;
  }

  /** Restarts the host as a reboot does: the driver does not release the chip before. */
  async #restart(withPower: boolean): Promise<void> {
    const { board, makeDriver } = this.parts;
    await letGo(this.driver);
    await (withPower ? powerUp(board) : pulseReset(board));
    this.#drivers[0] = await makeDriver();
    await this.#platform.firmware.start('clear');
  }
}

/** Whether an error says nothing of driver or chip. Such an error ends the play. */
export const isOfTheLab = (error: unknown): boolean =>
  (error instanceof LabFailure && !(error instanceof NotProvisioned)) || error instanceof UsageError;

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
