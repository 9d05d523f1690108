import { PackageMissing } from './errors.ts';
import type { SpiHandle } from './spi-handle.ts';

interface Setup {
  readonly sckHz: number;
  readonly noChipSelect?: boolean;
}

/**
 * spidev through the package spi-device. What is resolved with opens a device file `/dev/spidevB.C` in mode 0.
 * @throws PackageMissing when the addon was not built
 */
export async function loadSpiDevice(): Promise<(device: string, setup: Setup) => SpiHandle> {
  const { openSync } = await load();
  return (device, { sckHz, noChipSelect = false }) => {
    const [, bus, chipSelect] = /(\d+)\.(\d+)$/.exec(device) ?? [];
    return openSync(Number(bus), Number(chipSelect), { mode: 0, maxSpeedHz: sckHz, noChipSelect });
  };
}

async function load(): Promise<typeof import('spi-device')> {
  try {
    // A CommonJS package: its names are found in the default export alone.
    return (await import('spi-device')).default;
  } catch (cause) {
    throw new PackageMissing('spi-device', cause);
  }
}
