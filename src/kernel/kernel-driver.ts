import { constants } from 'node:fs';
import type { Clock, HostFiles, KernelSeat } from '../board/index.ts';
import type {
  LogLine,
  LogSink,
  Trust,
  HostDriver,
  PcrBank,
  DriverCounters,
  SuspendKind,
} from '../driver/index.ts';
import { ERRNO, ChipNotAvailable } from '../driver/index.ts';
import type { BankDigest } from '../tpm/index.ts';
import { execute, getRandom, pcrExtend } from '../tpm/index.ts';
import type { Duration } from '../units/index.ts';
import { inSeconds, later, ms, plus, seconds } from '../units/index.ts';
import { DIGEST_SIZE, TPM_ALG } from '../wire/index.ts';
import { readText, withFile, writeText } from './files.ts';
import { KernelLog } from './kernel-log.ts';
import { KernelAstray, KernelRefused, KernelUnable } from './kernel-error.ts';

const TPM = '/dev/tpm0';
const SYSFS = '/sys/class/tpm/tpm0';
const MAX_RESPONSE = 4096;
/** Maximum time from the bind to the end of the background reader's first turn, as seen in the virtual lab. */
const FIRST_TURN = seconds(1.5);
/**
 * A bus without a message for this long is at rest: on delays alone, a driver pauses 50 ms at most within a command.
 */
const QUIET = ms(250);
/** Maximum time for a turn: some 60 frames, each of which may wait 750 ms for a pulse that does not come. */
const MAX_TURN = seconds(60);

/** Names of the sysfs folders of PCR banks. [DRIVER 3.9] */
const BANK_FOLDERS: readonly (readonly [string, number])[] = [
  ['pcr-sha1', TPM_ALG.SHA1],
  ['pcr-sha256', TPM_ALG.SHA256],
  ['pcr-sha384', TPM_ALG.SHA384],
  ['pcr-sha512', TPM_ALG.SHA512],
];

/** What /sys/power/pm_test can stop a suspend at. */
export type SuspendTest = 'freezer' | 'devices' | 'platform' | 'processors' | 'core';

/** The kernel's driver, its log and its version. */
export interface KernelDriverOptions {
  readonly seat: KernelSeat;
  readonly clock: Clock;
  readonly log: KernelLog;
  readonly kernelVersion: string;
  readonly onLog?: LogSink;
}

/** The kernel's own driver, by what user space can do with it. [DRIVER 3.8] [DRIVER 3.9] */
export class KernelDriver implements HostDriver {
  readonly name: string;
  readonly log: LogLine[] = [];
  readonly #errors = new Map<number, number>();
  #commands = 0;
  #isProbed = false;
  #banks: readonly PcrBank[] = [];
  #logTaken: number;
  #suspending: Promise<void> | undefined;
  #isPoolElsewhere = false;

  constructor(private readonly options: KernelDriverOptions) {
    this.name = `Linux ${options.kernelVersion}`;
    this.#logTaken = options.log.records.length;
  }

  /** The driver of a seat, and the version of its kernel. */
  static async open(seat: KernelSeat, clock: Clock, onLog?: LogSink): Promise<KernelDriver> {
    const log = await logOf(seat);
    await log.update(clock);
    const kernelVersion = versionOf(await readText(seat.files, '/proc/version'));
    return new KernelDriver({ seat, clock, log, kernelVersion, ...(onLog && { onLog }) });
  }

  /** The release the kernel was made of, such as `6.1.192`. */
  get version(): string {
    return this.options.kernelVersion;
  }

  /** The profile with the expectations of this kernel. */
  get profileName(): string {
    return `linux-${this.version.split('.').slice(0, 2).join('.')}`;
  }

  /** The files of the kernel's host. */
  get files(): HostFiles {
    return this.options.seat.files;
  }

  /** Only what user space can see: a kernel shows neither accesses nor wait bytes, so those fields are absent. */
  get counters(): DriverCounters {
    return {
      readyWaits: { timeout: this.#count('Timeout waiting for TPM ready IRQ') },
      commands: this.#commands,
      errors: this.#errors,
    };
  }

  get isProbed(): boolean {
    return this.#isProbed;
  }

  /** It was sent to sleep, and nobody has woken it. */
  get isSuspended(): boolean {
    return this.#suspending !== undefined;
  }

  get inventory(): { readonly banks: readonly PcrBank[] } {
    return { banks: this.#banks };
  }

  /** As the kernel log tells it. [DRIVER 1.14] */
  get trust(): Trust {
    const said = (phrase: string): boolean => this.#count(phrase) > 0;
    if (said('TPM ready IRQ confirmed')) return 'trusted';
    if (said('IRQ not confirmed')) return 'given-up';
    return said('No IRQ') || said('Requesting IRQ') ? 'no-line' : 'unproven';
  }

  /** Binds the driver. @throws KernelRefused with the error of the probe; -11 stands for a deferred one too */
  async probe(): Promise<void> {
    const { files, device, claim } = this.options.seat;
    await claim?.();
    await this.#logged(() => writeText(files, `${this.#driverFolder}/bind`, device));
    this.#isProbed = true;
    this.#banks = await this.#readBanks();
  }

  async remove(): Promise<void> {
    const { files, device } = this.options.seat;
    this.#isProbed = false;
    await this.#logged(() => writeText(files, `${this.#driverFolder}/unbind`, device));
  }

  /** Unbinds whatever is left, for the end of a test. */
  async release(): Promise<void> {
    if (this.#suspending) await this.resume();
    if (this.#isPoolElsewhere) await this.#fillPoolElsewhere(false);
    const bound = await this.options.seat.files.list(this.#driverFolder);
    if (Array.isArray(bound) && bound.includes(this.options.seat.device)) await this.remove();
  }

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    const { files } = this.options.seat;
    return this.#logged(() =>
      withFile(files, TPM, constants.O_RDWR, async (descriptor) => {
        this.#commands++;
        const written = await files.write(descriptor, command);
        if (written < 0) throw this.#counted(new KernelRefused('send a command', written));
        const response = await files.read(descriptor, MAX_RESPONSE);
        if (typeof response === 'number')
          throw this.#counted(new KernelRefused('give the response', response));
        return response;
      }),
    );
  }

  async firmwareVersion(): Promise<string> {
    for (const { text } of this.log.toReversed()) {
      const match = /Cr50 firmware version: (.*)$/.exec(text);
      if (match) return match[1]!;
    }
    throw new ChipNotAvailable(
      ERRNO.EPIPE,
      'The kernel has not logged a firmware version: bind the driver first.',
    );
  }

  async random(count: number): Promise<Uint8Array> {
    return execute(this, getRandom(count));
  }

  async pcrRead(index: number, hash: number): Promise<Uint8Array> {
    const folder = BANK_FOLDERS.find(([, id]) => id === hash)?.[0];
    if (folder === undefined) throw new RangeError(`The kernel names no PCR bank 0x${hash.toString(16)}.`);
    const text = await this.#logged(() => readText(this.options.seat.files, `${SYSFS}/${folder}/${index}`));
    return Buffer.from(text.trim(), 'hex');
  }

  async pcrExtend(index: number, digests: readonly BankDigest[]): Promise<void> {
    await execute(this, pcrExtend(index, digests));
  }

  /** Returns when the kernel is suspended and its devices with it. */
  async suspend(kind: SuspendKind): Promise<void> {
    const { files, suspended, enter } = this.options.seat;
    if (suspended === undefined)
      throw new KernelUnable(ERRNO.EINVAL, 'This host cannot be suspended from outside: use testSuspend.');
    if (kind === 'via-firmware') await writeText(files, '/sys/power/mem_sleep', 'deep');
    const asleep = suspended();
    const state = kind === 'to-idle' ? 'freeze' : 'mem';
    const back =
      enter === undefined
        ? writeText(files, '/sys/power/state', state)
        : enter(state).then((result) => {
            if (result < 0) throw new KernelRefused(`sleep (${state})`, result);
          });
    this.#suspending = back;
    back.catch(() => undefined);
    await Promise.race([
      asleep,
      back.then(() => {
        throw new KernelAstray(ERRNO.EBUSY, 'The kernel came back before it was asleep.');
      }),
    ]);
  }

  async resume(): Promise<void> {
    const { wake } = this.options.seat;
    const back = this.#suspending;
    if (back === undefined || wake === undefined)
      throw new KernelUnable(ERRNO.EINVAL, 'The kernel is not suspended.');
    this.#suspending = undefined;
    await this.#logged(async () => {
      await wake();
      await back;
    });
  }

  /** A suspend that the kernel stops at this point and takes back. */
  async testSuspend(level: SuspendTest, kind: SuspendKind = 'via-firmware'): Promise<void> {
    const { files } = this.options.seat;
    await this.#logged(async () => {
      await writeText(files, '/sys/module/suspend/parameters/pm_test_delay', '1');
      await writeText(files, '/sys/power/pm_test', level);
      try {
        await writeText(files, '/sys/power/state', kind === 'to-idle' ? 'freeze' : 'mem');
      } finally {
        await writeText(files, '/sys/power/pm_test', 'none');
      }
    });
  }

  /** Interrupts of the READY line since the driver was bound, from /proc/interrupts. */
  async interrupts(): Promise<number> {
    const text = await readText(this.options.seat.files, '/proc/interrupts');
    const line = text.split('\n').find((row) => row.trimEnd().endsWith(' cr50_spi'));
    return Number(/^\s*\d+:\s+(\d+)/.exec(line ?? '')?.[1] ?? 0);
  }

  /**
   * Leaves the bus to what the test sends for `span`: the kernel asks for random bytes in the background when the driver
   * is bound, and again after half its uptime (1 to 60 s, `crng_reseed_interval` of drivers/char/random.c). Makes it ask
   * another source where that is possible. Where it is not, binds again when the second request would come too soon, and
   * waits until the first one is over.
   */
  async rest(span: Duration): Promise<void> {
    if (this.options.seat.fillPoolElsewhere === undefined) await this.#bindLongBefore(span);
    else await this.#fillPoolElsewhere(true);
    await this.settle();
  }

  async #fillPoolElsewhere(isElsewhere: boolean): Promise<void> {
    this.#isPoolElsewhere = isElsewhere;
    await this.options.seat.fillPoolElsewhere?.(isElsewhere);
  }

  async #bindLongBefore(span: Duration): Promise<void> {
    const { seat, clock } = this.options;
    const uptime = Number((await readText(seat.files, '/proc/uptime')).split(' ')[0]);
    const missing = 2 * inSeconds(plus(span, FIRST_TURN)) - uptime;
    if (missing > 0) {
      await this.remove();
      await clock.sleep(seconds(missing));
      await this.probe();
    }
  }

  /** Waits until the kernel, which asks for random bytes of its own when the driver is bound, leaves the bus alone. */
  async settle(): Promise<void> {
    const { clock } = this.options;
    const limit = later(clock.now(), MAX_TURN);
    for (let before = -1, now = await this.statistic('messages'); now !== before;) {
      if (clock.now() > limit)
        throw new KernelAstray(
          ERRNO.ETIME,
          `The kernel was still busy with the chip ${inSeconds(MAX_TURN)} s after its driver was bound, and should have been done.`,
        );
      before = now;
      await clock.sleep(QUIET);
      now = await this.statistic('messages');
    }
  }

  /** One of the SPI core's counters for the device, such as `messages`, `transfers` or `errors`. */
  async statistic(name: string): Promise<number> {
    const { files, device } = this.options.seat;
    return Number(await readText(files, `/sys/bus/spi/devices/${device}/statistics/${name}`));
  }

  /** Random bytes by the kernel's hwrng framework, through the driver. */
  async hwrng(count: number): Promise<Uint8Array> {
    const { files } = this.options.seat;
    return this.#logged(() =>
      withFile(files, '/dev/hwrng', constants.O_RDONLY, async (descriptor) => {
        const bytes = await files.read(descriptor, count);
        if (typeof bytes === 'number') throw new KernelRefused('give random bytes', bytes);
        return bytes;
      }),
    );
  }

  /** Gives the device to another driver, or with an empty name to its own again. */
  async overrideDriver(name: string): Promise<void> {
    const { files, device } = this.options.seat;
    await writeText(files, `/sys/bus/spi/devices/${device}/driver_override`, `${name}\n`);
  }

  get #driverFolder(): string {
    return `/sys/bus/spi/drivers/${this.options.seat.driver}`;
  }

  async #readBanks(): Promise<readonly PcrBank[]> {
    const names = await this.options.seat.files.list(SYSFS);
    if (!Array.isArray(names)) return [];
    return BANK_FOLDERS.filter(([folder]) => names.includes(folder)).map(([, hash]) => ({
      hash,
      digestSize: DIGEST_SIZE[hash] ?? 0,
    }));
  }

  /** Runs an action, then takes what the kernel logged meanwhile, however it ended. */
  async #logged<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } finally {
      const { log, clock, onLog } = this.options;
      await log.update(clock);
      for (const line of log.records.slice(this.#logTaken)) {
        this.log.push(line);
        onLog?.(line);
      }
      this.#logTaken = log.records.length;
    }
  }

  #counted(error: KernelRefused): KernelRefused {
    this.#errors.set(error.errno, (this.#errors.get(error.errno) ?? 0) + 1);
    return error;
  }

  #count(phrase: string): number {
    return this.log.filter(({ text }) => text.includes(phrase)).length;
  }
}

/** Debian names its kernels `6.1.0-56-amd64`, and tells the release they are made of in the build's name. */
function versionOf(said: string): string {
  const [, release = '', debian] =
    /^Linux version (\d+(?:\.\d+)*).*?(?: Debian (\d+(?:\.\d+)+)|$)/.exec(said.trim()) ?? [];
  return debian ?? release;
}

const LOGS = new WeakMap<KernelSeat, Promise<KernelLog>>();

/** One reader of the kernel log for a seat, however many drivers use it. */
function logOf(seat: KernelSeat): Promise<KernelLog> {
  const known = LOGS.get(seat);
  if (known !== undefined) return known;
  const log = KernelLog.open(seat);
  LOGS.set(seat, log);
  return log;
}
