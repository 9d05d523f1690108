import { accessSync, constants } from 'node:fs';
import { hertz } from '../../units/index.ts';
import type { Clock } from '../../board/index.ts';
import { DeviceForbidden, DeviceMissing, DeviceRefused, PackageMissing } from './errors.ts';
import { Spidev } from './spidev.ts';

/**
 * Opens `/dev/spidevB.C` in mode 0.
 * @throws DeviceMissing, DeviceForbidden, DeviceRefused, PackageMissing
 */
export async function openSpidev(device: string, sckHz: number, clock: Clock): Promise<Spidev> {
  checkDevice(device);
  const [, bus, chipSelect] = /(\d+)\.(\d+)$/.exec(device) ?? [];
  const { openSync } = await loadSpiDevice();
  try {
    const handle = openSync(Number(bus), Number(chipSelect), { mode: 0, maxSpeedHz: sckHz });
    return new Spidev(handle, clock, hertz(sckHz));
  } catch (cause) {
    throw new DeviceRefused(device, sckHz, cause);
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

/** @throws PackageMissing when the addon was not built. */
async function loadSpiDevice(): Promise<typeof import('spi-device')> {
  try {
    // A CommonJS package: its names are found in the default export alone.
    return (await import('spi-device')).default;
  } catch (cause) {
    throw new PackageMissing('spi-device', cause);
  }
}
