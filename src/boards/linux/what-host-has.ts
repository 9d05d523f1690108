import { CdevGpio } from './cdev-gpio.ts';
import { PackageMissing } from './errors.ts';
import { loadLibc } from './libc.ts';
import { OnoffGpio } from './onoff-gpio.ts';
import type { GpioKind, LinuxBoardOptions, SpiAccess } from './options.ts';

/** System calls where they can be made: frames are closer together, and the lines of most kernels need them anyway. */
export async function spiAccessOfHost(): Promise<SpiAccess> {
  try {
    await loadLibc();
    return 'ioctl';
  } catch (failure) {
    if (failure instanceof PackageMissing) return 'spi-device';
    throw failure;
  }
}

/** The character device first: its edges carry the kernel's stamps and numbers. Undefined on a kernel without GPIO. */
export function gpioOfHost(): GpioKind | undefined {
  if (CdevGpio.isHere()) return 'cdev';
  return OnoffGpio.isHere() ? 'onoff' : undefined;
}

/** The native packages that a board takes on this host. */
export async function packagesOf({
  spi,
  gpio,
  lines,
}: Pick<LinuxBoardOptions, 'spi' | 'gpio' | 'lines'>): Promise<ReadonlySet<string>> {
  const packages = new Set([(spi.through ?? (await spiAccessOfHost())) === 'ioctl' ? 'koffi' : 'spi-device']);
  if (Object.values(lines).some(Boolean))
    packages.add((gpio ?? gpioOfHost()) === 'onoff' ? 'onoff' : 'koffi');
  return packages;
}
