import { accessSync, constants } from 'node:fs';
import type { Clock, DriveLine } from '../../board/index.ts';
import { hertz } from '../../units/index.ts';
import { DeviceForbidden, DeviceMissing, DeviceRefused } from './errors.ts';
import { loadLibc } from './libc.ts';
import type { SpiOptions } from './options.ts';
import type { SpiHandle } from './spi-handle.ts';
import { Spidev } from './spidev.ts';
import { SpidevIoctl } from './spidev-ioctl.ts';
import { loadSpiDevice } from './spidev-package.ts';
import { spiAccessOfHost } from './what-host-has.ts';

/**
 * Opens `/dev/spidevB.C` in mode 0. Opening releases CS where a killed process left it asserted, and also
 * where a live process holds it: the caller must have the lease of the bus. With `cs` the controller's own
 * chip select is not used.
 * @throws DeviceMissing, DeviceForbidden, DeviceRefused, PackageMissing
 */
export async function openSpidev(options: SpiOptions, clock: Clock, cs?: DriveLine): Promise<Spidev> {
  const { device, sckHz, wakePulse } = options;
  checkDevice(device);
  const open = await openerOf(options);
  try {
    const handle = cs === undefined ? open(false) : openWithoutCs(open);
    return new Spidev(handle, clock, hertz(sckHz), { cs, wakePulse });
  } catch (cause) {
    throw new DeviceRefused(device, sckHz, cause);
  }
}

type Opener = (noChipSelect: boolean) => SpiHandle;

async function openerOf({ device, sckHz, through }: SpiOptions): Promise<Opener> {
  if ((through ?? (await spiAccessOfHost())) === 'ioctl') {
    const libc = await loadLibc();
    return (noChipSelect) => SpidevIoctl.open(libc, device, { sckHz, noChipSelect });
  }
  const open = await loadSpiDevice();
  return (noChipSelect) => open(device, { sckHz, noChipSelect });
}

/** Not every controller can leave its CS alone; then it moves a pin that nothing is wired to. */
function openWithoutCs(open: Opener): SpiHandle {
  try {
    return open(true);
  } catch {
    return open(false);
  }
}

/** @throws DeviceMissing, DeviceForbidden */
export function checkDevice(device: string): void {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ENOENT'
      ? new DeviceMissing(device)
      : new DeviceForbidden(device);
  }
}
