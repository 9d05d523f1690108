import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineMissing } from './errors.ts';
import type { LineOptions } from './options.ts';

const CLASS = '/sys/class/gpio';

/** Whether this kernel still has the old interface of GPIO, which the package onoff needs. */
export const hasSysfsGpio = (folder: string = CLASS): boolean => existsSync(join(folder, 'export'));

/** The global number of a line: a chip's first number can differ from boot to boot. @throws LineMissing */
export function sysfsNumber(net: string, line: LineOptions, folder: string = CLASS): number {
  if ('gpio' in line) return line.gpio;
  if ('name' in line)
    throw new LineMissing(
      `${net} (${line.name})`,
      'sysfs does not know the names of lines; name the chip and the offset there, or use gpio: cdev',
    );
  const name = `${net} (${line.chip}:${line.offset})`;
  const chips = chipsIn(folder, name);
  const chip = chips.find(({ label }) => label === line.chip);
  if (chip === undefined)
    throw new LineMissing(
      name,
      `no chip has that label; there are ${chips.map(({ label }) => label).join(', ') || 'none'}`,
    );
  if (line.offset >= chip.count) throw new LineMissing(name, `the chip has ${chip.count} lines`);
  return chip.base + line.offset;
}

interface GpioChip {
  readonly label: string;
  readonly base: number;
  readonly count: number;
}

function chipsIn(folder: string, line: string): GpioChip[] {
  const read = (chip: string, file: string): string => readFileSync(join(folder, chip, file), 'utf8').trim();
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith('gpiochip'))
      .map((name) => ({
        label: read(name, 'label'),
        base: Number(read(name, 'base')),
        count: Number(read(name, 'ngpio')),
      }));
  } catch (cause) {
    throw new LineMissing(line, `this kernel shows no GPIO in ${folder}; use gpio: cdev`, cause);
  }
}
