import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Control } from './control.ts';
import { GuestFailed, LabUnprepared } from './errors.ts';
import { prepareGuest } from './kernels.ts';
import { makeLabFolder } from './lab-folder.ts';
import type { ProxyListener } from './proxy-device.ts';
import { ProxyDevice } from './proxy-device.ts';
import { runScript } from './scripts.ts';

/** A guest boots in seven seconds, on a machine with much else to do in a minute and a half. */
const BOOT_LIMIT_MS = 180_000;
/** What QEMU says on stderr, in the folder. */
const SAID = 'qemu';
/** Number of bytes at the end of the guest's console that an error message may show. */
const CONSOLE_BYTES = 2048;

/**
 * `hpet=disable` leaves the HPET to the board's alarm. `nokaslr` keeps the addresses in a kernel log the same for all seeds.
 * `cryptomgr.notests` leaves out the self-tests of the kernel's cryptography: later kernels than 6.1 run them in threads for the
 * first seconds, and on the guest's one processor each wake-up of the driver waits for its turn meanwhile.
 */
const KERNEL_ARGUMENTS =
  'console=ttyS0,115200 quiet panic=-1 nokaslr hpet=disable tsc=reliable no_timer_check mitigations=off no_console_suspend cryptomgr.notests';

/** An instruction of the guest takes two nanoseconds of its time; with more than that it is a slow computer. */
const INSTRUCTIONS = 'shift=1,sleep=off';

/** Nothing of this machine's time or chance may get in: one processor, and a clock and a seed of the guest's own. */
const BEGINNING = 'base=2026-01-01T00:00:00,clock=vm';

/** What the guest has beside a bare kernel. */
export interface MachineOptions {
  /** Parameters of h1lab, as on insmod's command line. */
  readonly parameters?: string;
  /** Archives (cpio, newc) whose files the guest has too. */
  readonly extra?: readonly string[];
  /** Programs and libraries of this host that the guest has too, with what they load: names or paths. */
  readonly programs?: readonly string[];
  /** More arguments for the guest's kernel. */
  readonly kernelArguments?: string;
  /** A kernel of `rigs/virtual-lab/kernels`, which was prepared before; that of the installed headers without it. */
  readonly kernel?: string;
  readonly memoryMb?: number;
  /** How long the guest may take to come up; three minutes without it. */
  readonly bootLimitMs?: number;
  /** How long a second of the guest's own time may take; two minutes without it. */
  readonly secondLimitMs?: number;
}

/** What happens to a machine that runs. */
export interface MachineListener extends ProxyListener {
  /** The machine is in suspend to RAM: nothing runs in it. */
  asleep(): void;
  /** QEMU ended, or the guest says what cannot be. */
  failed(reason: Error): void;
}

/** One guest in QEMU, without KVM, whose time is counted in its instructions. It dies with this process. */
export class Machine {
  private constructor(
    private readonly qemu: ChildProcess,
    private readonly folder: string,
    private readonly control: Control,
    private readonly prepared: string,
  ) {}

  /** What the guest's times depend on: QEMU, and what it boots. */
  get description(): string {
    return `QEMU ${this.control.version}, guest ${readFileSync(join(this.prepared, 'identity'), 'utf8').trim()}`;
  }

  /** Prepares what is missing, and starts. @throws LabUnprepared */
  static async start(options: MachineOptions, seed: number, listener: MachineListener): Promise<Machine> {
    const prepared = await prepareGuest(options.kernel);
    const folder = makeLabFolder();
    try {
      await makeInitrd(folder, prepared, options);
      const qemu = start(folder, prepared, options, seed);
      qemu.once('exit', (code, signal) => {
        listener.failed(endOf(signal ?? `status ${String(code)}`, consoleOf(folder)));
      });
      qemu.once('error', (failure) => {
        listener.failed(new GuestFailed(`could not be started: ${failure.message}`, ''));
      });
      const [, , , proxy, monitor] = qemu.stdio as unknown as Socket[];
      for (const line of [proxy!, monitor!]) line.on('error', () => line.destroy());
      new ProxyDevice(proxy!, listener, (reason) => {
        listener.failed(reason);
      });
      const control = new Control(monitor!);
      control.onEvent = (name) => {
        if (name === 'SUSPEND') listener.asleep();
      };
      return new Machine(qemu, folder, control, prepared);
    } catch (failure) {
      rmSync(folder, { recursive: true, force: true });
      throw failure;
    }
  }

  /** Waits until the guest is up. @throws GuestFailed when it ends first, or takes too long */
  async boot(up: Promise<unknown>, limitMs = BOOT_LIMIT_MS): Promise<void> {
    const ended = new AbortController();
    const late = pause(limitMs, undefined, { signal: ended.signal }).then(() => {
      throw new GuestFailed(
        `did not come up within ${limitMs / 1000} s: this machine is too slow or too loaded for it`,
        consoleOf(this.folder),
      );
    });
    late.catch(() => undefined);
    try {
      await Promise.race([up, late]);
      await this.control.execute('qmp_capabilities');
    } finally {
      ended.abort();
    }
  }

  /** The guest's memory, opened as a file. */
  openMemory(): number {
    const descriptors = `/proc/${String(this.qemu.pid)}/fd`;
    const memory = readdirSync(descriptors).find((name) =>
      readlinkSync(join(descriptors, name)).startsWith('/memfd:'),
    );
    if (memory === undefined) throw new GuestFailed('has no memory that this process can see', '');
    return openSync(join(descriptors, memory), 'r+');
  }

  /** Ends suspend to RAM. @throws GuestFailed when QEMU refuses */
  async wakeFromRam(): Promise<void> {
    const refused = await this.control.execute('system_wakeup');
    if (refused !== undefined)
      throw new GuestFailed(`could not be woken (QEMU: ${refused})`, consoleOf(this.folder));
  }

  get console(): string {
    return consoleOf(this.folder);
  }

  async close(): Promise<void> {
    this.control.close();
    const { qemu } = this;
    if (qemu.pid !== undefined && qemu.exitCode === null && qemu.signalCode === null) {
      const ended = new Promise((resolve) => qemu.once('exit', resolve));
      qemu.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Archives one behind the other: the kernel unpacks them all. */
async function makeInitrd(
  folder: string,
  prepared: string,
  { extra = [], programs = [], parameters }: MachineOptions,
): Promise<void> {
  const file = join(folder, 'initrd');
  writeFileSync(file, '');
  const packed = join(folder, 'programs.cpio');
  if (programs.length > 0) await runScript('pack.sh', [packed, ...programs]);
  const parts = [...extra, ...(programs.length > 0 ? [packed] : []), join(prepared, 'initrd')];
  for (const part of parts) await pipeline(createReadStream(part), createWriteStream(file, { flags: 'a' }));
  if (parameters !== undefined)
    writeFileSync(file, singleFile('h1lab.parameters', parameters), { flag: 'a' });
}

/** A cpio archive (newc) of one file. */
function singleFile(name: string, text: string): string {
  const entry = (entryName: string, body: string, mode: number): string => {
    const fields = [0, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, entryName.length + 1, 0];
    const head = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${entryName}\0`;
    const padded = (part: string): string => part.padEnd(Math.ceil(part.length / 4) * 4, '\0');
    return padded(head) + padded(body);
  };
  return entry(name, text, 0o100644) + entry('TRAILER!!!', '', 0);
}

function start(
  folder: string,
  prepared: string,
  { memoryMb = 512, kernelArguments = '' }: MachineOptions,
  seed: number,
): ChildProcess {
  const args = [
    ...['-M', 'q35,memory-backend=ram', '-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', String(memoryMb)],
    ...['-object', `memory-backend-memfd,id=ram,size=${memoryMb}M,share=on`],
    ...['-icount', INSTRUCTIONS, '-rtc', BEGINNING, '-seed', String(seed)],
    ...['-display', 'none', '-nodefaults', '-no-reboot'],
    ...['-serial', `file:${join(folder, 'console')}`],
    ...['-device', 'x-pci-proxy-dev,id=h1,fd=3'],
    ...['-chardev', 'socket,id=control,fd=4', '-mon', 'chardev=control,mode=control'],
    ...['-kernel', join(prepared, 'kernel'), '-initrd', join(folder, 'initrd')],
    ...['-append', `${KERNEL_ARGUMENTS} ${kernelArguments}`],
  ];
  // The kernel ends QEMU when this process ends, however it ends.
  const said = openSync(join(folder, SAID), 'w');
  try {
    return spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
      stdio: ['ignore', 'ignore', said, 'pipe', 'pipe'],
    });
  } finally {
    closeSync(said);
  }
}

/** Why QEMU ended: it may have been built without the device that the guest reaches the chip by. */
function endOf(how: string, said: string): GuestFailed | LabUnprepared {
  if (!said.includes("'x-pci-proxy-dev' is not a valid device model name"))
    return new GuestFailed(`ended with ${how}`, said);
  return new LabUnprepared(
    "virtual lab: this QEMU has no device x-pci-proxy-dev, by which a guest reaches the chip: Debian 12's package qemu-system-x86 (QEMU 7.2) has it.",
  );
}

/** The end of what the guest wrote to its console; of what QEMU said itself when there is nothing. */
function consoleOf(folder: string): string {
  const said = tailOf(join(folder, 'console'));
  return said.trim() === '' ? tailOf(join(folder, SAID)) : said;
}

/** The end of a file, which may be missing and as long as it likes. */
function tailOf(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const at = Math.max(0, fstatSync(descriptor).size - CONSOLE_BYTES);
    const bytes = Buffer.alloc(CONSOLE_BYTES);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, CONSOLE_BYTES, at));
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
