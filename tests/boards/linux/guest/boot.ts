import type { VirtualLabOptions } from '../../../../src/boards/virtual-lab/index.ts';
import { VirtualLabBoard } from '../../../../src/boards/virtual-lab/index.ts';

/** Both chip selects to spidev; drivers are bound by hand there. */
const BIND = `
  for device in spi0.0 spi0.1; do
    echo spidev > /sys/bus/spi/devices/$device/driver_override
    echo $device > /sys/bus/spi/drivers/spidev/bind
  done`;

/**
 * A virtual machine with a stock Debian kernel and what is in `archive`, on whose /dev/spidev* and GPIO is the simulated chip
 * of this process.
 * @throws LabUnprepared, GuestFailed
 */
export async function bootOnSpidev(
  archive: string,
  memoryMb: number,
  onText?: VirtualLabOptions['onText'],
): Promise<VirtualLabBoard> {
  const lab = await VirtualLabBoard.open({
    seed: 1,
    machine: { extra: [archive], memoryMb },
    ...(onText && { onText }),
  });
  try {
    await lab.kernel.files.run(['sh', '-c', BIND]);
    return lab;
  } catch (failure) {
    await lab.close();
    throw failure;
  }
}
