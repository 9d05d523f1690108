import type { Board, Capability, DeviceControls, HostFiles, KernelSeat } from '../../board/index.ts';
import type { Duration } from '../../units/index.ts';
import { inMs, LabFailure, ms, seconds } from '../../units/index.ts';
import { AgentFiles } from '../agent-files.ts';
import type { AgentAnswer } from '../agent-files.ts';
import type { Instruments } from '../instruments/index.ts';
import { capabilitiesOf, controlsOf } from '../instruments/index.ts';
import { FifoBusLock } from '../bus-lock.ts';
import type { Dial } from './channel.ts';
import { DeviceClock } from './device-clock.ts';
import { LogMarks } from './log-marks.ts';
import { OP, textsOf } from './messages.ts';
import { NO_BUS } from './no-bus.ts';
import { AgentSession, USUAL_LIMITS } from './session.ts';
import type { SshTarget } from './ssh.ts';
import { dialAgent, installAgent } from './ssh.ts';

/** A device with an H1, its kernel's driver, and how it is reached. */
export interface RemoteBoardOptions {
  readonly ssh: SshTarget;
  /** File of an agent that was built elsewhere; built here when it is needed, unless told. */
  readonly agent?: string;
  /** The kernel's driver for the chip. */
  readonly driver: string;
  /** SPI device of the chip; the one that the driver has, unless told. */
  readonly device?: string;
  /** How long it sleeps in a suspend; 10 s unless told. */
  readonly wakeAfter?: Duration;
  /** How long it may be out of reach; 90 s unless told. */
  readonly backWithin?: Duration;
  /** What stands beside the device. */
  readonly instruments?: Instruments;
}

const WAKE_AFTER = seconds(10);
const BACK_WITHIN = seconds(90);
const CLOCKS = '/sys/class/rtc';
const O_WRONLY = 1;
/** Two clocks before and after a sleep. */
const SLEPT_SIZE = 32;

/** The device cannot be tested as it is. */
class DeviceUnfit extends LabFailure {
  readonly blames = 'rig';
}

/** What was found on the device when it was opened. */
interface Found {
  readonly device: string;
  /** The driver had the chip. */
  readonly wasBound: boolean;
  /** The alarm that ends a sleep; undefined when there is none. */
  readonly alarm: string | undefined;
  readonly memSleeps: readonly string[];
}

/** A remote board: the kernel of a device, through the agent that works there. */
export interface RemoteBoard extends Board {
  readonly kernel: KernelSeat;
  readonly clock: DeviceClock;
  readonly session: AgentSession;
  /** How far the stamps of the kernel log may be from the device's clock; undefined where they cannot be placed. */
  readonly logWithin: Duration | undefined;
  /** How long the device slept by its own clocks, for each suspend. */
  readonly sleeps: readonly Duration[];
  /** Measures the clocks again before a test. */
  renew(): Promise<void>;
}

/** @throws DeviceGone, AgentUnusable, SessionLost, or that the device has no such driver */
export async function openRemoteBoard(options: RemoteBoardOptions): Promise<RemoteBoard> {
  const { folder } = await installAgent(options.ssh, options.agent);
  return openDevice(options, dialAgent(options.ssh, folder));
}

/** The board of an agent that a connection leads to. */
export async function openDevice(
  { ssh, driver, device, wakeAfter = WAKE_AFTER, backWithin = BACK_WITHIN, instruments }: RemoteBoardOptions,
  dial: Dial,
): Promise<RemoteBoard> {
  const controls = instruments && controlsOf(instruments);
  const session = new AgentSession({
    host: ssh.host,
    dial,
    limits: { back: inMs(backWithin) },
    ...(controls && { witness: controls.witness }),
  });
  try {
    await session.opened;
    const files = filesOf(session);
    const found = await examineDevice(files, ssh.host, driver, device);
    const seat = new RemoteSeat(session, files, { ...found, driver, wakeAfter });
    await seat.claim();
    await seat.renew();
    return boardOf(seat, controls);
  } catch (failure) {
    await session.close();
    throw failure;
  }
}

/** The files of a device, each call of which is a request of its session. */
export function filesOf(session: AgentSession): HostFiles {
  const call = (
    op: number,
    numbers: readonly number[],
    bytes: Uint8Array,
    { what, waitsMs = 0 }: { readonly what: string; readonly waitsMs?: number | undefined },
  ): Promise<AgentAnswer> =>
    session.call(op, numbers, bytes, { what, limitMs: USUAL_LIMITS.request + waitsMs });
  const files = new AgentFiles(({ op, numbers, bytes, what, waitsMs }) =>
    call(op, numbers, bytes, { what, waitsMs }),
  );
  return Object.assign(files, {
    toEnd: async (descriptor: number) =>
      (await call(OP.seekEnd, [descriptor], new Uint8Array(0), { what: 'seek to the end' })).result,
  });
}

async function examineDevice(
  files: HostFiles,
  host: string,
  driver: string,
  wanted: string | undefined,
): Promise<Found> {
  const bound = await files.list(`/sys/bus/spi/drivers/${driver}`);
  if (typeof bound === 'number')
    throw new DeviceUnfit(
      `Device ${host} has no SPI driver ${driver} (error ${bound}). See ls /sys/bus/spi/drivers there; name it in the rig file (driver:), or load it (modprobe ${driver}).`,
    );
  const all = await files.list('/sys/bus/spi/devices');
  const devices = typeof all === 'number' ? [] : all;
  const device = wanted ?? devices.find((name) => bound.includes(name));
  if (device === undefined || !devices.includes(device))
    throw new DeviceUnfit(
      `${wanted === undefined ? `Driver ${driver} of device ${host} has no SPI device` : `Device ${host} has no SPI device ${wanted}`}; there are ${devices.join(', ') || 'none'}. Name the one of the chip in the rig file (device:).`,
    );
  return {
    device,
    wasBound: bound.includes(device),
    alarm: await findAlarm(files),
    memSleeps: await memSleepsOf(files),
  };
}

/** The first real-time clock whose alarm this user may set. */
async function findAlarm(files: HostFiles): Promise<string | undefined> {
  const clocks = await files.list(CLOCKS);
  for (const name of typeof clocks === 'number' ? [] : [...clocks].sort()) {
    const path = `${CLOCKS}/${name}/wakealarm`;
    const descriptor = await files.open(path, O_WRONLY);
    if (descriptor < 0) continue;
    await files.close(descriptor);
    return path;
  }
  return undefined;
}

/** `s2idle [deep]`: the names, without the mark of the present one. */
async function memSleepsOf(files: HostFiles): Promise<readonly string[]> {
  const descriptor = await files.open('/sys/power/mem_sleep', 0);
  if (descriptor < 0) return [];
  const text = await files.read(descriptor, 256);
  await files.close(descriptor);
  return typeof text === 'number' ? [] : (Buffer.from(text).toString().match(/\w+/g) ?? []);
}

interface SeatOptions extends Found {
  readonly driver: string;
  readonly wakeAfter: Duration;
}

/** The device's kernel, and what is done with it over a session. */
class RemoteSeat {
  readonly clock: DeviceClock;
  readonly marks: LogMarks;
  readonly sleeps: Duration[] = [];
  canPlaceLog = false;
  #tellAsleep: (() => void) | undefined;

  constructor(
    readonly session: AgentSession,
    readonly files: HostFiles,
    private readonly options: SeatOptions,
  ) {
    this.clock = new DeviceClock(async () => {
      await session.connected();
      return session.ping();
    });
    this.marks = new LogMarks(files, (text): Promise<AgentAnswer> =>
      session.call(OP.mark, [], Buffer.from(text), { what: 'mark the kernel log' }),
    );
  }

  /** The tests bind the driver. Whatever happens, the agent binds it again where it was bound. */
  async claim(): Promise<void> {
    const { driver, device, wasBound } = this.options;
    if (!wasBound) return;
    const folder = `/sys/bus/spi/drivers/${driver}`;
    await this.session.call(OP.undo, [], textsOf(`${folder}/bind`, device), { what: 'keep an undo' });
    await this.#write(`${folder}/unbind`, device);
  }

  async giveBack(): Promise<void> {
    const { driver, device, wasBound } = this.options;
    const folder = `/sys/bus/spi/drivers/${driver}`;
    const bound = await this.files.list(folder);
    const isBound = typeof bound !== 'number' && bound.includes(device);
    if (isBound !== wasBound) await this.#write(`${folder}/${wasBound ? 'bind' : 'unbind'}`, device);
  }

  async renew(): Promise<void> {
    await this.clock.measure();
    this.canPlaceLog = await this.marks.add();
  }

  get seat(): KernelSeat {
    const { device, driver, alarm, memSleeps } = this.options;
    return {
      files: this.files,
      device,
      driver,
      memSleeps,
      ...(this.canPlaceLog && { logTime: (stampNs: number) => this.marks.at(stampNs)! }),
      ...(alarm !== undefined && {
        suspended: () => this.#untilAsleep(),
        enter: (state: string) => this.#enter(state, alarm),
        // The alarm does it.
        wake: () => Promise.resolve(),
      }),
    };
  }

  #untilAsleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#tellAsleep = resolve;
    });
  }

  /** Sleeps until the alarm; the answer comes when the device is back. @throws DeviceUnfit when the alarm cannot be set */
  async #enter(state: string, alarm: string): Promise<number> {
    const { wakeAfter } = this.options;
    const secondsAsleep = Math.ceil(inMs(wakeAfter) / 1000);
    await this.marks.add();
    const { result, body } = await this.session.call(OP.sleep, [secondsAsleep], textsOf(state, alarm), {
      what: `sleep (${state}) for ${secondsAsleep} s`,
      asleepMs: secondsAsleep * 1000,
      onAsleep: () => this.#tellAsleep?.(),
    });
    if (body.length !== SLEPT_SIZE)
      throw new DeviceUnfit(
        `Device ${this.session.host} was not sent to sleep: its alarm ${alarm} cannot be set (error ${-result}), and nobody else would wake it.`,
      );
    if (result >= 0) this.sleeps.push(sleptIn(body));
    await this.renew();
    return result;
  }

  async #write(path: string, text: string): Promise<void> {
    const descriptor = await this.files.open(path, O_WRONLY);
    const written = descriptor < 0 ? descriptor : await this.files.write(descriptor, Buffer.from(text));
    if (descriptor >= 0) await this.files.close(descriptor);
    if (written < 0)
      throw new DeviceUnfit(
        `Device ${this.session.host} does not take "${text}" at ${path}: error ${-written}. See its kernel log; a program there may hold /dev/tpm0 (on ChromeOS: stop trunksd).`,
      );
  }
}

/** CLOCK_BOOTTIME goes on while a device sleeps, and CLOCK_MONOTONIC does not: boottime and monotonic before, then after. */
function sleptIn(body: Uint8Array): Duration {
  const view = Buffer.from(body);
  const [boot0 = 0, mono0 = 0, boot1 = 0, mono1 = 0] = [0, 8, 16, 24].map((at) =>
    Number(view.readBigUInt64LE(at)),
  );
  return ms((boot1 - boot0 - (mono1 - mono0)) / 1e6);
}

function boardOf(seat: RemoteSeat, device: DeviceControls | undefined): RemoteBoard {
  const capabilities = new Set<Capability>([
    'kernel',
    ...(device === undefined ? [] : capabilitiesOf(device)),
  ]);
  return {
    facts: { isSimulated: false, hasController: false, isRemote: true },
    capabilities,
    clock: seat.clock,
    session: seat.session,
    sleeps: seat.sleeps,
    spi: NO_BUS,
    bus: new FifoBusLock(),
    kernel: seat.seat,
    device,
    get logWithin() {
      return seat.canPlaceLog ? seat.marks.within : undefined;
    },
    renew: () => seat.renew(),
    close: async () => {
      try {
        await seat.giveBack();
      } finally {
        await seat.session.close();
      }
    },
  };
}
