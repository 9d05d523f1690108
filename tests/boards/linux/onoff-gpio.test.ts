import { expect, test } from '@playwright/test';
import { OnoffGpio } from '../../../src/boards/linux/onoff-gpio.ts';

/** What the package onoff is told, in its place. */
function recorder(): { readonly told: string[]; readonly gpio: OnoffGpio } {
  const told: string[] = [];
  class Line {
    constructor(number: number, direction: string) {
      told.push(`${number} ${direction}`);
    }
    setDirection(direction: string): void {
      told.push(direction);
    }
    writeSync(value: number): void {
      told.push(`value ${value}`);
    }
    unexport(): void {
      told.push('given back');
    }
  }
  return { told, gpio: new OnoffGpio(Line as unknown as ConstructorParameters<typeof OnoffGpio>[0]) };
}

test('a line that is open drain is driven low or let go, and never driven high', () => {
  const { told, gpio } = recorder();
  const pin = gpio.openOutput('TPM_RST_L', { gpio: 537 }, 'open-drain');
  pin.write(true);
  pin.write(false);
  pin.close();
  expect(told).toEqual(['537 in', 'low', 'in', 'given back']);
});

test('a line that is push-pull is an output with its level from the start', () => {
  const { told, gpio } = recorder();
  const pin = gpio.openOutput('supply', { gpio: 535, activeHigh: true }, 'push-pull');
  pin.write(true);
  pin.close();
  expect(told).toEqual(['535 low', 'value 1', 'given back']);
});
