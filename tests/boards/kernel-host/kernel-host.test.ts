import { expect, test } from '@playwright/test';
import { openKernelHost } from '../../../src/boards/kernel-host/index.ts';
import type { Board } from '../../../src/board/index.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { FakeKernel } from '../../kernel/fake-kernel.ts';

const OPTIONS = { spi: { device: '/dev/spidev0.0', sckHz: 1_000_000 }, lines: {}, driver: 'tpm_tis_spi' };

const TO_USER_SPACE = ['devices/spi0.0/driver_override "spidev\\n"', 'drivers/spidev/bind "spi0.0"'];
const TO_KERNEL = ['drivers/spidev/unbind "spi0.0"', 'devices/spi0.0/driver_override "\\n"'];
const BIND = 'drivers/tpm_tis_spi/bind "spi0.0"';
const UNBIND = 'drivers/tpm_tis_spi/unbind "spi0.0"';

/** A board of this host whose bus leads to a simulated chip; `opened` counts how often spidev was opened. */
async function host(files: FakeKernel): Promise<{ board: Board; opened: () => number }> {
  let count = 0;
  const board = await openKernelHost(OPTIONS, {
    files,
    openBoard: async () => {
      count++;
      return new SimBoard({ seed: 1 });
    },
  });
  return { board, opened: () => count };
}

/** Takes what was written so far. */
const taken = ({ written }: FakeKernel): string[] => written.splice(0);

test('user space has the chip first, then the kernel, then its first owner', async () => {
  const files = new FakeKernel();
  files.drivers.get('tpm_tis_spi')!.add('spi0.0');
  const { board, opened } = await host(files);
  expect(taken(files)).toEqual([UNBIND, ...TO_USER_SPACE]);
  expect([board.capabilities.has('kernel'), opened()]).toEqual([true, 1]);

  const driver = await KernelDriver.open(board.kernel!, board.clock);
  await driver.probe();
  expect(taken(files)).toEqual([...TO_KERNEL, BIND]);

  await board.spi.transaction([{ kind: 'exchange', bytes: new Uint8Array(8) }]);
  expect(taken(files)).toEqual([UNBIND, ...TO_USER_SPACE]);
  expect(opened()).toBe(2);

  await board.close();
  expect(taken(files)).toEqual([...TO_KERNEL, 'devices/spi0.0/driver_override "\\n"', BIND]);
});

test('a chip that nobody had is left to nobody', async () => {
  const files = new FakeKernel();
  const { board } = await host(files);
  await board.close();
  expect([...files.drivers.values()].map((bound) => bound.size)).toEqual([0, 0]);
});

test('a driver that cannot be loaded is a sentence with the driver, the file and what to do', async () => {
  const files = new FakeKernel();
  files.drivers.delete('spidev');
  await expect(host(files)).rejects.toThrow(
    'SPI device spi0.0 cannot be given to driver spidev: opening of /sys/bus/spi/drivers/spidev/bind failed with ENOENT. See that the driver is loaded (modprobe spidev)',
  );
});

test('the stamps of the kernel log are found on the clock of the board by a record of our own', async () => {
  const files = new FakeKernel();
  const { board } = await host(files);
  // The record was stamped 5 s, and written at the beginning of simulated time.
  expect(board.kernel!.logTime!(5_000_000_000)).toBe(0);
  expect(board.kernel!.logTime!(6_500_000_000)).toBe(1_500_000_000);
});
