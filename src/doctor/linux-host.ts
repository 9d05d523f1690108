import { accessSync, constants, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LinuxBoardFile } from '../rig/index.ts';
import type { Check } from './check.ts';
import { notLooked, right, wrong } from './check.ts';

const CONFIG = '/boot/firmware/config.txt';
const KERNEL_DRIVER = 'tpm_tis_spi';
/** A frame of the longest transfer with its header and a first wait byte. */
const LEAST_BUFFER = 64 + 4 + 1;

/** Whose GPIO chip has that label, and how the device tree names such a host. */
const OWNERS: readonly (readonly [label: string, owner: string, model: RegExp])[] = [
  ['pinctrl-bcm2711', 'a Raspberry Pi 4', /Raspberry Pi (4|400|Compute Module 4)/],
  ['pinctrl-rp1', 'a Raspberry Pi 5', /Raspberry Pi (5|500|Compute Module 5)/],
  [
    'pinctrl-bcm2835',
    'a Raspberry Pi up to the third',
    /Raspberry Pi (Zero|Model|[23]|Compute Module( 3|$))/,
  ],
];

/** What the files of a Linux host tell. A test has them in another folder than /, which is `root`. */
export class LinuxHost {
  constructor(readonly root = '/') {}

  /** What the device tree or the firmware calls this host. */
  get model(): string | undefined {
    return this.#read('proc/device-tree/model') ?? this.#read('sys/class/dmi/id/product_name');
  }

  get isRaspberryPi(): boolean {
    return this.model?.startsWith('Raspberry Pi') === true;
  }

  /** Device files of a kind, such as spidev, by their whole path. */
  devices(kind: string): string[] {
    return this.#list('dev')
      .filter((name) => name.startsWith(kind))
      .map((name) => `/dev/${name}`);
  }

  get spiBuses(): readonly string[] {
    return this.#list('sys/class/spi_master');
  }

  isKnown(path: string): boolean {
    return statSync(join(this.root, path), { throwIfNoEntry: false }) !== undefined;
  }

  /** The driver that has an SPI device such as spi0.0. */
  driverOf(device: string): string | undefined {
    try {
      return basename(readlinkSync(join(this.root, 'sys/bus/spi/devices', device, 'driver')));
    } catch {
      return undefined;
    }
  }

  number(path: string): number | undefined {
    const text = this.#read(path);
    return text === undefined ? undefined : Number(text);
  }

  /** @returns undefined when this user may read and write the file, else the name of its group */
  groupThatMay(device: string): string | undefined {
    const path = join(this.root, device);
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
      return undefined;
    } catch {
      return this.#groupName(statSync(path).gid);
    }
  }

  #groupName(gid: number): string {
    const groups = this.#read('etc/group')?.split('\n') ?? [];
    return groups.map((line) => line.split(':')).find(([, , id]) => id === String(gid))?.[0] ?? String(gid);
  }

  #read(path: string): string | undefined {
    try {
      return readFileSync(join(this.root, path), 'utf8').replace(/\0/g, '').trim();
    } catch {
      return undefined;
    }
  }

  #list(path: string): string[] {
    try {
      return readdirSync(join(this.root, path)).sort();
    } catch {
      return [];
    }
  }
}

/** The host, its SPI device and the ports, each with the step that is missing. */
export function examineLinuxHost(board: LinuxBoardFile, host: LinuxHost): Check[] {
  const whose = examineHost(board, host);
  const ports = [
    ['controller port', board.controller?.port],
    ['console port', board.console?.port],
  ] as const;
  const local = ports.flatMap(([name, port]) => (port?.startsWith('/dev/') === true ? [{ name, port }] : []));
  if (whose.verdict === 'wrong')
    return [
      whose,
      ...['SPI device', 'spidev buffer', ...local.map(({ name }) => name)].map((name) =>
        notLooked(name, 'this is another host'),
      ),
    ];
  const device = board.stack === 'kernel' ? examineKernelDevice(board, host) : examineSpidev(board, host);
  return [
    whose,
    device,
    device.verdict === 'wrong' ? notLooked('spidev buffer', 'there is no SPI device') : examineBuffer(host),
    ...local.map(({ name, port }) => examinePort(name, port, host)),
  ];
}

/** Whether this host can be the one that the rig file means. */
function examineHost({ spi, lines }: LinuxBoardFile, host: LinuxHost): Check {
  const name = 'host';
  const { model } = host;
  const remedy = `This host is not the one that the rig file means. Run the doctor where the board is wired to, or mend the rig file (${spi.device}).`;
  const labels = Object.values(lines).flatMap((line) => (line && 'chip' in line ? [line.chip] : []));
  const foreign = OWNERS.find(
    ([label, , models]) => labels.includes(label) && model !== undefined && !models.test(model),
  );
  if (foreign !== undefined)
    return wrong(
      name,
      `it is "${model}", and the rig file names lines of ${foreign[0]}, which ${foreign[1]} has`,
      `${remedy} gpioinfo shows the labels of this host.`,
    );
  const gpioChips = host.devices('gpiochip').length;
  if (host.spiBuses.length === 0 && !host.isRaspberryPi)
    return wrong(
      name,
      `${model ?? 'it'} has no SPI bus${gpioChips === 0 ? ' and no GPIO line' : ''}`,
      remedy,
    );
  return right(name, model ?? `${host.spiBuses.length} SPI buses, ${gpioChips} GPIO chips`);
}

const spiNameOf = (device: string): string => device.replace('/dev/spidev', 'spi');

function examineSpidev({ spi }: LinuxBoardFile, host: LinuxHost): Check {
  const { device } = spi;
  if (host.isKnown(device)) return examineAccess('SPI device', device, 'spi', host);
  const [why, remedy] = missingSpidev(device, host);
  return wrong('SPI device', `${device} does not exist: ${why}`, remedy);
}

/** Why a device file of spidev is not there, and the step that brings it. */
function missingSpidev(device: string, host: LinuxHost): readonly [why: string, remedy: string] {
  const name = spiNameOf(device);
  const bus = name.replace(/\.\d+$/, '');
  const bind = `echo spidev > /sys/bus/spi/devices/${name}/driver_override; echo ${name} > /sys/bus/spi/drivers/spidev/bind`;
  const driver = host.driverOf(name);
  if (driver !== undefined)
    return [
      `driver ${driver} has ${name}`,
      `Say stack: kernel in the rig file to test that driver; or, as root: echo ${name} > /sys/bus/spi/drivers/${driver}/unbind; ${bind}`,
    ];
  if (host.isKnown(`sys/bus/spi/devices/${name}`))
    return [`no driver has ${name}`, `As root: modprobe spidev; ${bind}`];
  const others = host.devices('spidev');
  if (others.length > 0)
    return [
      `this host has ${others.join(', ')}`,
      'Name the one that the board is wired to as device of board.spi.',
    ];
  if (host.isRaspberryPi)
    return [
      'SPI is off',
      `Write ${bus === 'spi0' ? 'dtparam=spi=on' : `dtoverlay=${bus}-1cs`} into ${CONFIG} and restart (docs/rig-setup.md, step 1).`,
    ];
  return [
    `${host.spiBuses.join(', ')} ${host.spiBuses.length === 1 ? 'has' : 'have'} no device for spidev`,
    `Load a device tree overlay that declares a spidev device at ${name} (for a module: modprobe spidev).`,
  ];
}

/** With `stack: kernel` the device is the kernel's, and spidev has it in between. */
function examineKernelDevice({ spi, driver = KERNEL_DRIVER }: LinuxBoardFile, host: LinuxHost): Check {
  const name = 'SPI device';
  const device = spiNameOf(spi.device);
  const folder = `sys/bus/spi/devices/${device}`;
  if (!host.isKnown(folder))
    return wrong(
      name,
      `the kernel knows no ${device}`,
      'Load the device tree overlay that declares the chip there (docs/rig-setup.md, step 1).',
    );
  for (const needed of [driver, 'spidev'])
    if (!host.isKnown(`sys/bus/spi/drivers/${needed}`))
      return wrong(name, `driver ${needed} is not loaded`, `As root: modprobe ${needed}`);
  if (host.groupThatMay(`${folder}/driver_override`) !== undefined)
    return wrong(
      name,
      `this user may not hand ${device} from one driver to another`,
      'Run as root: a rig with stack: kernel binds and unbinds drivers.',
    );
  return right(name, `${device}, which ${host.driverOf(device) ?? 'no driver'} has`);
}

function examinePort(name: string, port: string, host: LinuxHost): Check {
  if (host.isKnown(port)) return examineAccess(name, port, 'dialout', host);
  const others = ['ttyUSB', 'ttyACM'].flatMap((kind) => host.devices(kind));
  return wrong(
    name,
    `${port} does not exist; ${others.length === 0 ? 'no serial port over USB is plugged in' : `there are ${others.join(', ')}`}`,
    others.length === 0
      ? 'Plug it in.'
      : 'Name its port in the rig file, by its id: ls -l /dev/serial/by-id.',
  );
}

/** Which group a user has to join, or that none was given the device. */
function examineAccess(name: string, device: string, wanted: string, host: LinuxHost): Check {
  const group = host.groupThatMay(device);
  if (group === undefined) return right(name, `${device} can be read and written`);
  return wrong(
    name,
    `${device} may not be read and written by this user; it belongs to group ${group}`,
    group === 'root'
      ? `Give it to group ${wanted} by the udev rule of docs/rig-setup.md (step 5), then: sudo usermod -aG ${wanted} $USER, and log in again.`
      : `Join that group: sudo usermod -aG ${group} $USER, then log in again (docs/rig-setup.md, step 4).`,
  );
}

function examineBuffer(host: LinuxHost): Check {
  const name = 'spidev buffer';
  const size = host.number('sys/module/spidev/parameters/bufsiz');
  if (size === undefined)
    return wrong(name, 'the module spidev does not tell it', 'As root: modprobe spidev');
  if (size >= LEAST_BUFFER) return right(name, `${size} bytes`);
  const where = host.isRaspberryPi ? '/boot/firmware/cmdline.txt' : 'the kernel command line';
  return wrong(
    name,
    `${size} bytes; a frame has ${LEAST_BUFFER}`,
    `Add spidev.bufsiz=4096 to ${where} and restart.`,
  );
}
