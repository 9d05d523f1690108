import { expect, test } from '@playwright/test';
import type { KernelSeat } from '../../src/board/index.ts';
import { KernelRefused, KernelDriver } from '../../src/kernel/index.ts';
import { VirtualClock } from '../../src/sim/index.ts';
import { instant } from '../../src/units/index.ts';
import { FakeKernel } from './fake-kernel.ts';

const seat = (files: FakeKernel, rest: Partial<KernelSeat> = {}): KernelSeat => ({
  files,
  device: 'spi0.0',
  driver: 'tpm_tis_spi',
  ...rest,
});

const open = (files: FakeKernel, rest?: Partial<KernelSeat>): Promise<KernelDriver> =>
  KernelDriver.open(seat(files, rest), new VirtualClock());

for (const { said, version, profile } of [
  {
    said: 'Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-11)\n',
    version: '6.1.192',
    profile: 'linux-6.1',
  },
  {
    said: 'Linux version 6.6.20+rpt-rpi-v8 (serge@raspberrypi.com) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT Debian 1:6.6.20-1+rpt1 (2024-03-07)\n',
    version: '6.6.20',
    profile: 'linux-6.6',
  },
  { said: 'Linux version 6.12.1 (me@here) #3 SMP\n', version: '6.12.1', profile: 'linux-6.12' },
])
  test(`the kernel ${version} is told by /proc/version, and its series names the row of expectations`, async () => {
    const files = new FakeKernel();
    files.texts.set('/proc/version', said);
    const driver = await open(files);
    expect([driver.version, driver.profileName]).toEqual([version, profile]);
  });

test('a bind that the kernel refuses is thrown with its error number', async () => {
  const files = new FakeKernel();
  const driver = await open(files);
  files.refusal = -16;
  const refused = await driver.probe().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(KernelRefused);
  expect((refused as KernelRefused).errno).toBe(-16);
  expect(driver.isProbed).toBe(false);
});

test('the device is taken from user space before the driver is bound', async () => {
  const files = new FakeKernel();
  const driver = await open(files, {
    claim: async () => {
      files.written.push('claim');
    },
  });
  await driver.probe();
  expect(files.written).toEqual(['claim', 'drivers/tpm_tis_spi/bind "spi0.0"']);
});

test('records of the kernel log since the driver was opened are its log, stamped on the clock of the board', async () => {
  const files = new FakeKernel();
  files.log.push('6,1,100,-;tpm_tis_spi spi0.0: 2.0 TPM (device-id 0x28, rev-id 0)\n');
  const driver = await open(files, { logTime: (ns) => instant(ns + 7) });
  files.log.push('4,2,1500,-;tpm_tis_spi spi0.0: Timeout waiting for TPM ready IRQ\n SUBSYSTEM=spi\n');
  files.log.push('6,3,2500,-;tpm_tis_spi spi0.0: TPM ready IRQ confirmed on attempt 2\n');
  await driver.probe();
  expect(driver.log).toEqual([
    {
      at: 1_500_007,
      level: 'warn',
      device: 'tpm_tis_spi spi0.0',
      text: 'Timeout waiting for TPM ready IRQ',
    },
    {
      at: 2_500_007,
      level: 'info',
      device: 'tpm_tis_spi spi0.0',
      text: 'TPM ready IRQ confirmed on attempt 2',
    },
  ]);
  expect(driver.trust).toBe('trusted');
});

test('a host that nobody can wake is not suspended', async () => {
  const driver = await open(new FakeKernel());
  await expect(driver.suspend('to-idle')).rejects.toThrow('cannot be suspended from outside');
});

test('release unbinds a driver that is bound, and leaves one that is not', async () => {
  const files = new FakeKernel();
  const driver = await open(files);
  await driver.release();
  await driver.probe();
  await driver.release();
  expect(files.written).toEqual(['drivers/tpm_tis_spi/bind "spi0.0"', 'drivers/tpm_tis_spi/unbind "spi0.0"']);
});
