import type { Gpio as OnoffLine } from 'onoff';
import { setImmediate as turn } from 'node:timers/promises';
import { ms } from '../../units/index.ts';
import { LineMissing, PackageMissing } from './errors.ts';
import type { EdgeListener, Gpio, InputPin, OutputDrive, OutputPin } from './gpio.ts';
import type { HostClock } from './host-clock.ts';
import type { LineOptions } from './options.ts';
import { hasSysfsGpio, sysfsNumber } from './sysfs-number.ts';

type GpioClass = typeof OnoffLine;

/** Node is told of an edge by its event loop; a loop that stands still longer stamps later still. */
const STAMP_DELAY = ms(1);

/**
 * GPIO lines through sysfs with the package onoff. Its edges are stamped when Node hears of them, and several of them
 * may be told as one: enough to pace a driver, not to measure a pulse. Its lines stay as they are when the process dies.
 */
export class OnoffGpio implements Gpio {
  readonly kind = 'onoff';

  constructor(private readonly line: GpioClass) {}

  /** @throws PackageMissing */
  static async open(): Promise<OnoffGpio> {
    try {
      return new OnoffGpio((await import('onoff')).Gpio);
    } catch (cause) {
      throw new PackageMissing('onoff', cause);
    }
  }

  static isHere(): boolean {
    return hasSysfsGpio();
  }

  openOutput(net: string, line: LineOptions, drive: OutputDrive): OutputPin {
    const { activeHigh = false } = line;
    if (drive === 'open-drain')
      return new OnoffOpenDrain(exported(net, line, (number) => new this.line(number, 'in')));
    // Direction and level in one, before polarity counts: the line does not glitch.
    const level = activeHigh ? 'low' : 'high';
    return new OnoffOutput(
      exported(net, line, (number) => new this.line(number, level, 'none', { activeLow: !activeHigh })),
    );
  }

  openInput(net: string, line: LineOptions, clock: HostClock, listener: EdgeListener): InputPin {
    const { activeHigh = false } = line;
    return new OnoffInput(
      exported(net, line, (number) => new this.line(number, 'in', 'both', { activeLow: !activeHigh })),
      clock,
      listener,
    );
  }
}

function exported(net: string, line: LineOptions, open: (number: number) => OnoffLine): OnoffLine {
  const number = sysfsNumber(net, line);
  try {
    return open(number);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LineMissing(`${net} (GPIO ${number})`, reason, cause);
  }
}

class OnoffOutput implements OutputPin {
  constructor(private readonly line: OnoffLine) {}

  write(isAsserted: boolean): void {
    this.line.writeSync(isAsserted ? 1 : 0);
  }

  close(): void {
    this.line.unexport();
  }
}

/** Sysfs knows no open drain: the line is an output while it is asserted, and an input otherwise. */
class OnoffOpenDrain implements OutputPin {
  constructor(private readonly line: OnoffLine) {}

  write(isAsserted: boolean): void {
    this.line.setDirection(isAsserted ? 'low' : 'in');
  }

  close(): void {
    this.line.unexport();
  }
}

class OnoffInput implements InputPin {
  readonly uncertainty = STAMP_DELAY;

  constructor(
    private readonly line: OnoffLine,
    clock: HostClock,
    listener: EdgeListener,
  ) {
    let wasAsserted = this.isAsserted;
    line.watch((error, value) => {
      if (error) return;
      const isAsserted = value === 1;
      // onoff reads the level after an edge. Every edge that is not the end of a pulse counts as a pulse, even if the
      // pulse is over already.
      if (isAsserted || !wasAsserted) listener.asserted(clock.now());
      wasAsserted = isAsserted;
    });
  }

  get isAsserted(): boolean {
    return this.line.readSync() === 1;
  }

  collect(): void {
    // Edges come by themselves, with the event loop.
  }

  async pause(): Promise<void> {
    await turn();
  }

  close(): void {
    this.line.unwatch();
    this.line.unexport();
  }
}
