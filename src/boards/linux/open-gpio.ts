import { CdevGpio } from './cdev-gpio.ts';
import { LineMissing } from './errors.ts';
import type { Gpio } from './gpio.ts';
import { OnoffGpio } from './onoff-gpio.ts';
import type { GpioKind } from './options.ts';

/**
 * The way that is asked for; without one what this host has, the character device first, since its edges carry the
 * kernel's stamps and numbers.
 * @throws PackageMissing, LineMissing
 */
export async function openGpio(kind: GpioKind | undefined): Promise<Gpio> {
  if (kind === 'onoff') return OnoffGpio.open();
  if (kind === 'cdev') return CdevGpio.open();
  if (CdevGpio.isHere()) return CdevGpio.open();
  if (OnoffGpio.isHere()) return OnoffGpio.open();
  throw new LineMissing(
    'of GPIO',
    'this kernel shows neither /dev/gpiochip* nor /sys/class/gpio; load the driver of its GPIO controller',
  );
}
