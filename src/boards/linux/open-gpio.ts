import { CdevGpio } from './cdev-gpio.ts';
import { LineMissing } from './errors.ts';
import type { Gpio } from './gpio.ts';
import { OnoffGpio } from './onoff-gpio.ts';
import { gpioOfHost } from './what-host-has.ts';

/**
 * The way that is asked for; without one what this host has.
 * @throws PackageMissing, LineMissing
 */
export async function openGpio(kind = gpioOfHost()): Promise<Gpio> {
  if (kind === 'onoff') return OnoffGpio.open();
  if (kind === 'cdev') return CdevGpio.open();
  throw new LineMissing(
    'of GPIO',
    'this kernel shows neither /dev/gpiochip* nor /sys/class/gpio; load the driver of its GPIO controller',
  );
}
