import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Cable } from './cable.ts';
import { Control } from './control.ts';
import { GuestFailed, LabUnprepared } from './errors.ts';
import { Guest } from './guest.ts';
import { makeLabFolder } from './lab-folder.ts';

const LAB = fileURLToPath(new URL('../../../rigs/virtual-lab/', import.meta.url));

/**
 * Maximum time to boot, in milliseconds. A busy machine needs ten seconds; with a minute it is too slow for the
 * driver's own limits.
 */
const BOOT_LIMIT_MS = 60_000;
const PREPARE_LIMIT_MS = 600_000;
/** Maximum time from the suspend of the board to that of the machine, in milliseconds. It takes a few of them. */
const ASLEEP_LIMIT_MS = 10_000;
const WAKE_AGAIN_MS = 5;
/** Number of bytes at the end of the guest's console that an error message may show. */
const CONSOLE_BYTES = 2048;

const KERNEL_ARGUMENTS =
  'console=ttyS0,115200 quiet panic=-1 tsc=reliable no_timer_check mitigations=off no_console_suspend';

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
  readonly memoryMb?: number;
  /** How long the guest may take to come up; a minute without it. */
  readonly bootLimitMs?: number;
}

/** One guest in QEMU, without KVM. It dies with this process. */
export class Machine {
  private constructor(
    readonly guest: Guest,
    readonly uart: Socket,
    readonly page: string,
    readonly kernelVersion: string,
    private readonly folder: string,
    private readonly qemu: ChildProcess,
    private readonly servers: readonly Server[],
    private readonly control: Control,
  ) {}

  /**
   * Prepares what is missing, boots, and waits for the agent.
   * @param attach called before the guest runs, with the chip's end of the cable
   * @throws LabUnprepared, GuestFailed
   */
  static async boot(options: MachineOptions, attach: (page: string, uart: Socket) => void): Promise<Machine> {
    const prepared = await prepare();
    const folder = makeLabFolder();
    const servers: Server[] = [];
    let qemu: ChildProcess | undefined;
    try {
      const page = join(folder, 'page');
      Cable.create(page);
      await makeInitrd(folder, prepared, options);
      const lines = ['uart', 'agent', 'control'].map((name) => listen(join(folder, name), servers));
      const listening = await Promise.all(lines);
      hurry();
      qemu = start(folder, prepared, options);
      const died = new Promise<never>((_, reject) => {
        qemu?.once('exit', (code, signal) => {
          reject(new GuestFailed(`ended with ${signal ?? `status ${String(code)}`}`, consoleOf(folder)));
        });
        qemu?.once('error', reject);
      });
      const late = limit(options.bootLimitMs ?? BOOT_LIMIT_MS, folder);
      for (const end of [died, late]) end.catch(() => undefined);
      const [uart, agent, control] = (await Promise.race([
        Promise.all(listening.map(({ connected }) => connected)),
        died,
        late,
      ])) as [Socket, Socket, Socket];
      attach(page, uart);
      const guest = new Guest(agent);
      uart.once('error', (failure) => {
        agent.destroy(failure);
      });
      await Promise.race([guest.ready, died, late]);
      const monitor = new Control(control);
      await monitor.execute('qmp_capabilities');
      const version = readFileSync(join(prepared, 'version'), 'utf8').trim();
      return new Machine(guest, uart, page, version, folder, qemu, servers, monitor);
    } catch (failure) {
      await stop(qemu, servers, folder);
      throw failure;
    }
  }

  /**
   * Ends suspend to RAM. A guest on its way there cannot be woken yet: waits until it is there, or is back without.
   * @throws GuestFailed when it is neither
   */
  async wakeFromRam(isBack: () => boolean): Promise<void> {
    const end = performance.now() + ASLEEP_LIMIT_MS;
    while (!isBack()) {
      const refused = await this.control.execute('system_wakeup');
      if (refused === undefined) return;
      if (performance.now() > end)
        throw new GuestFailed(
          `could not be woken for ${ASLEEP_LIMIT_MS / 1000} s (QEMU: ${refused})`,
          consoleOf(this.folder),
        );
      await pause(WAKE_AGAIN_MS);
    }
  }

  close(): Promise<void> {
    this.uart.destroy();
    this.control.close();
    return stop(this.qemu, this.servers, this.folder);
  }
}

/** The folder of what the guest boots, made when it is not there. @throws LabUnprepared */
const prepare = (): Promise<string> => script('prepare.sh', []);

/** Runs a script of the lab and returns what it printed. @throws LabUnprepared with what it said */
function script(name: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(join(LAB, name), args, { timeout: PREPARE_LIMIT_MS }, (error, stdout, stderr) => {
      if (error) reject(new LabUnprepared(stderr.trim() === '' ? error.message : stderr));
      else resolve(stdout.trim());
    });
  });
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
  if (programs.length > 0) await script('pack.sh', [packed, ...programs]);
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
): ChildProcess {
  const socket = (id: string): string => `socket,id=${id},path=${join(folder, id)}`;
  const args = [
    ...['-M', 'pc', '-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', String(memoryMb)],
    ...['-display', 'none', '-nodefaults', '-no-reboot'],
    ...['-serial', `file:${join(folder, 'console')}`],
    ...['-chardev', socket('uart'), '-device', 'isa-serial,chardev=uart,iobase=0x2f8,irq=3'],
    ...['-chardev', socket('agent'), '-device', 'isa-serial,chardev=agent,iobase=0x3e8,irq=5'],
    ...['-chardev', socket('control'), '-mon', 'chardev=control,mode=control'],
    ...['-object', `memory-backend-file,id=page,mem-path=${join(folder, 'page')},size=8K,share=on`],
    ...['-device', 'ivshmem-plain,memdev=page'],
    ...['-kernel', join(prepared, 'kernel'), '-initrd', join(folder, 'initrd')],
    ...['-append', `${KERNEL_ARGUMENTS} ${kernelArguments}`],
  ];
  // The kernel ends QEMU when this process ends, however it ends.
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The guest's driver gives up after 750 ms of real time: on a loaded machine the lab goes first. */
const NICENESS = -10;

/** Gives this process, which is the chip, and QEMU after it a higher priority, where the user may do so. */
function hurry(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // Without that right the lab has the same priority as every other process.
  }
}

interface Listening {
  readonly connected: Promise<Socket>;
}

function listen(path: string, servers: Server[]): Promise<Listening> {
  const server = createServer();
  servers.push(server);
  const connected = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => {
      socket.on('error', () => {
        socket.destroy();
      });
      resolve(socket);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      resolve({ connected });
    });
  });
}

async function limit(limitMs: number, folder: string): Promise<never> {
  await pause(limitMs, undefined, { ref: false });
  throw new GuestFailed(
    `did not come up within ${limitMs / 1000} s: this machine is too slow or too loaded for it`,
    consoleOf(folder),
  );
}

/** The end of what the guest's console said: it writes as much as it likes. */
function consoleOf(folder: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(join(folder, 'console'), 'r');
    const at = Math.max(0, fstatSync(descriptor).size - CONSOLE_BYTES);
    const bytes = Buffer.alloc(CONSOLE_BYTES);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, CONSOLE_BYTES, at));
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

async function stop(
  qemu: ChildProcess | undefined,
  servers: readonly Server[],
  folder: string,
): Promise<void> {
  if (qemu !== undefined && qemu.exitCode === null && qemu.signalCode === null) {
    const ended = new Promise((resolve) => qemu.once('exit', resolve));
    qemu.kill('SIGKILL');
    await ended;
  }
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
}
