import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { openLinuxBoard } from '../../../src/boards/linux/index.ts';
import { sysfsNumber } from '../../../src/boards/linux/sysfs-number.ts';
import { isBuilt } from '../../is-built.ts';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  chmodSync(folder, 0o755);
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a device file that is not there is named, with what to do', async () => {
  await expect(
    openLinuxBoard({ spi: { device: '/dev/spidev99.7', sckHz: 1_000_000 }, lines: {} }),
  ).rejects.toThrow(/^\/dev\/spidev99\.7 does not exist on this host\. Switch the bus on /);
});

test('a device file that may not be opened is named, with what to do', () => {
  const NOBODY = 65_534;
  const device = join(folder, 'spidev0.0');
  writeFileSync(device, '');
  chmodSync(device, 0o600);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) chmodSync(device, 0);
  const script = fileURLToPath(new URL('device-check.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, device], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder, TSX_DISABLE_CACHE: '1' },
    // Root may open everything; anybody else is refused as he is.
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  expect(stdout, stderr).toMatch(
    /^DeviceForbidden: .*spidev0\.0 may not be read and written by this user\. Join the group that owns it/,
  );
});

/** The packages of boards on this host, where those named are not installed. */
function hostPackages(...missing: readonly string[]): unknown {
  const script = fileURLToPath(new URL('host-packages.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...missing], {
    encoding: 'utf8',
  });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout);
}

test('spidev is reached by system calls where koffi is installed, else through spi-device, unless told', () => {
  test.skip(!isBuilt('koffi'), 'the package koffi is not installed here');
  expect(hostPackages()).toEqual({
    nothingTold: ['koffi'],
    packageTold: ['spi-device'],
    callsTold: ['koffi'],
    cdev: ['koffi'],
    onoff: ['koffi', 'onoff'],
  });
  expect(hostPackages('koffi')).toEqual({
    nothingTold: ['spi-device'],
    packageTold: ['spi-device'],
    callsTold: ['koffi'],
    cdev: ['spi-device', 'koffi'],
    onoff: ['spi-device', 'onoff'],
  });
});

/** As /sys/class/gpio shows two chips. */
function gpioClass(): string {
  for (const [name, label, base, count] of [
    ['gpiochip512', 'pinctrl-bcm2711', 512, 58],
    ['gpiochip570', 'raspberrypi-exp-gpio', 570, 8],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'label'), `${label}\n`);
    writeFileSync(join(folder, name, 'base'), `${base}\n`);
    writeFileSync(join(folder, name, 'ngpio'), `${count}\n`);
  }
  return folder;
}

test('a line is found by the label of its chip, wherever the kernel begins to count', () => {
  expect(sysfsNumber('INT_AP_L', { chip: 'pinctrl-bcm2711', offset: 24 }, gpioClass())).toBe(536);
  expect(sysfsNumber('INT_AP_L', { gpio: 17 }, folder)).toBe(17);
});

test('a chip or line that does not exist is named, beside those that do', () => {
  const chips = gpioClass();
  expect(() => sysfsNumber('INT_AP_L', { chip: 'pinctrl-rp1', offset: 1 }, chips)).toThrow(
    /^Line INT_AP_L \(pinctrl-rp1:1\) cannot be had: no chip has that label; there are pinctrl-bcm2711, raspberrypi-exp-gpio\./,
  );
  expect(() => sysfsNumber('INT_AP_L', { chip: 'raspberrypi-exp-gpio', offset: 8 }, chips)).toThrow(
    'the chip has 8 lines',
  );
  expect(() => sysfsNumber('INT_AP_L', { chip: 'x', offset: 0 }, join(folder, 'none'))).toThrow(
    'this kernel shows no GPIO',
  );
});
