import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Check } from '../../src/doctor/index.ts';
import { causesOnce, examineHost, LinuxHost, notLooked, summaryOf, wrong } from '../../src/doctor/index.ts';
import { loadRig } from '../../src/rig/index.ts';

let root = '';
test.beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'h1-hil-host-'));
});
test.afterEach(() => {
  rmSync(root, { recursive: true });
});

/** A host of files: those that are named, links with the arrow, folders with the slash at their end. */
function files(...entries: readonly (string | readonly [path: string, text: string])[]): void {
  for (const entry of entries) {
    const [path, text = ''] = typeof entry === 'string' ? [entry] : entry;
    const [from = '', to] = path.split(' -> ');
    mkdirSync(from.endsWith('/') ? join(root, from) : dirname(join(root, from)), { recursive: true });
    if (to !== undefined) symlinkSync(to, join(root, from));
    else if (!from.endsWith('/')) writeFileSync(join(root, from), text);
  }
}

const MODEL = 'proc/device-tree/model';
const PI_4 = [MODEL, 'Raspberry Pi 4 Model B Rev 1.4\0'] as const;
const WITH_SPI = [
  'sys/class/spi_master/spi0/',
  'dev/spidev0.0',
  ['sys/module/spidev/parameters/bufsiz', '4096\n'],
  'dev/gpiochip0',
] as const;

async function examined(rigFile: string): Promise<Map<string, Check>> {
  const checks = await examineHost(loadRig(rigFile), new LinuxHost(root));
  return new Map(checks.map((check) => [check.name, check]));
}

function rigOf(board: string): string {
  const path = join(root, 'rig.yaml');
  writeFileSync(path, `description: A bench\nboard:\n  kind: linux\n${board}`);
  return path;
}
const SPI = '  spi: { device: /dev/spidev0.0, sckHz: 1000000 }\n';

test('a Raspberry Pi with its bus passes, and is told by its model', async () => {
  files(PI_4, ...WITH_SPI);
  const checks = await examined('raspberry-pi');
  expect(checks.get('host')).toEqual({
    name: 'host',
    verdict: 'right',
    seen: 'Raspberry Pi 4 Model B Rev 1.4',
  });
  expect(checks.get('SPI device')?.verdict).toBe('right');
  expect(checks.get('spidev buffer')?.seen).toBe('4096 bytes');
});

test('a host without bus and lines is not the one that the rig file means, and nothing else is blamed', async () => {
  const checks = await examined('raspberry-pi-nano');
  expect(checks.get('host')?.seen).toBe('it has no SPI bus and no GPIO line');
  expect(checks.get('host')?.remedy).toMatch(/^This host is not the one that the rig file means/);
  expect(['SPI device', 'spidev buffer', 'controller port'].map((name) => checks.get(name)?.verdict)).toEqual(
    ['not looked at', 'not looked at', 'not looked at'],
  );
});

test('a rig file of a Raspberry Pi 4 on a Raspberry Pi 5 is told by both', async () => {
  files([MODEL, 'Raspberry Pi 5 Model B Rev 1.0\0'], ...WITH_SPI);
  expect((await examined('raspberry-pi')).get('host')?.seen).toBe(
    'it is "Raspberry Pi 5 Model B Rev 1.0", and the rig file names lines of pinctrl-bcm2711, which a Raspberry Pi 4 has',
  );
});

for (const { missing, entries, rig, why, remedy } of [
  {
    missing: 'the overlay of a Raspberry Pi',
    entries: [PI_4, 'dev/gpiochip0'],
    rig: SPI,
    why: '/dev/spidev0.0 does not exist: SPI is off',
    remedy: 'Write dtparam=spi=on into /boot/firmware/config.txt and restart (docs/rig-setup.md, step 1).',
  },
  {
    missing: 'the overlay of a second bus',
    entries: [PI_4, 'sys/class/spi_master/spi0/'],
    rig: '  spi: { device: /dev/spidev1.0, sckHz: 1000000 }\n',
    why: '/dev/spidev1.0 does not exist: SPI is off',
    remedy:
      'Write dtoverlay=spi1-1cs into /boot/firmware/config.txt and restart (docs/rig-setup.md, step 1).',
  },
  {
    missing: 'a device that another driver has',
    entries: [
      PI_4,
      'sys/class/spi_master/spi0/',
      'sys/bus/spi/devices/spi0.0/driver -> ../../drivers/tpm_tis_spi',
    ],
    rig: SPI,
    why: '/dev/spidev0.0 does not exist: driver tpm_tis_spi has spi0.0',
    remedy: /^Say stack: kernel .* echo spi0\.0 > \/sys\/bus\/spi\/drivers\/tpm_tis_spi\/unbind/,
  },
  {
    missing: 'the module spidev',
    entries: ['sys/class/spi_master/spi0/', 'sys/bus/spi/devices/spi0.0/'],
    rig: SPI,
    why: '/dev/spidev0.0 does not exist: no driver has spi0.0',
    remedy: /^As root: modprobe spidev; echo spidev > /,
  },
  {
    missing: 'another number',
    entries: ['sys/class/spi_master/spi10/', 'dev/spidev10.0'],
    rig: SPI,
    why: '/dev/spidev0.0 does not exist: this host has /dev/spidev10.0',
    remedy: /^Name the one that the board is wired to/,
  },
  {
    missing: 'the overlay of another host',
    entries: ['sys/class/spi_master/spi0/'],
    rig: SPI,
    why: '/dev/spidev0.0 does not exist: spi0 has no device for spidev',
    remedy: /^Load a device tree overlay that declares a spidev device at spi0\.0/,
  },
  {
    missing: 'the driver of a kernel rig',
    entries: ['sys/class/spi_master/spi0/', 'sys/bus/spi/devices/spi0.0/', 'sys/bus/spi/drivers/spidev/'],
    rig: `  stack: kernel\n${SPI}`,
    why: 'driver tpm_tis_spi is not loaded',
    remedy: 'As root: modprobe tpm_tis_spi',
  },
] as const)
  test(`the step that is missing is told: ${missing}`, async () => {
    files(...entries);
    const checks = await examined(rigOf(rig));
    expect(checks.get('SPI device')?.seen).toBe(why);
    expect(checks.get('SPI device')?.remedy).toMatch(remedy);
    expect(checks.get('spidev buffer')?.verdict).toBe('not looked at');
  });

test('a user is told the group to join', async () => {
  test.skip(process.getuid?.() === 0, 'root may open everything');
  files(PI_4, ...WITH_SPI, ['etc/group', `root:x:0:\nspi:x:${process.getgid?.()}:\n`]);
  chmodSync(join(root, 'dev/spidev0.0'), 0);
  expect((await examined(rigOf(SPI))).get('SPI device')?.remedy).toMatch(/usermod -aG spi \$USER/);
});

test('a buffer that is too small is told with the file that makes it larger', async () => {
  files(PI_4, ...WITH_SPI.slice(0, 2), ['sys/module/spidev/parameters/bufsiz', '32\n']);
  expect((await examined(rigOf(SPI))).get('spidev buffer')).toMatchObject({
    seen: '32 bytes; a frame has 69',
    remedy: 'Add spidev.bufsiz=4096 to /boot/firmware/cmdline.txt and restart.',
  });
});

test('a serial port that is not there is told with those that are', async () => {
  files(PI_4, ...WITH_SPI, 'dev/ttyUSB3');
  expect((await examined('raspberry-pi-nano')).get('controller port')?.seen).toMatch(
    /does not exist; there are \/dev\/ttyUSB3$/,
  );
});

test('the last line counts what is wrong, and says where to begin', () => {
  const right = { name: 'Node', verdict: 'right', seen: '' } as const;
  const device = wrong('SPI device', '', '');
  expect(summaryOf([right])).toBe('1 of 1 right.');
  expect(summaryOf([right, notLooked('supply', '')])).toBe('1 of 1 right, 1 not looked at.');
  expect(summaryOf([right, device, wrong('console', '', ''), notLooked('board', '')])).toBe(
    '2 of 3 wrong, 1 not looked at, begin with SPI device.',
  );
});

test('what is wrong only since something else is has no line of blame', () => {
  const all = ['identity', 'INT_AP_L', 'CS at the chip', 'interrupt switch'].map((name) =>
    wrong(name, '', ''),
  );
  const left = causesOnce(all).filter(({ verdict }) => verdict === 'wrong');
  expect(left.map(({ name }) => name)).toEqual(['INT_AP_L', 'CS at the chip']);
  expect(
    causesOnce([wrong('INT_AP_L', '', ''), wrong('interrupt switch', '', '')]).map(({ seen }) => seen),
  ).toEqual(['it cannot be right before interrupt switch is', '']);
});
