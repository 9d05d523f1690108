import type { Gpio } from 'onoff';
import type { DriveLine, LineName, PowerSwitch } from '../../board/index.ts';
import { LineMissing, PackageMissing } from './errors.ts';
import { gpioNumber } from './gpio-number.ts';
import type { LineOptions } from './options.ts';

/** The part of a line of the package `onoff` that is used. */
export type GpioLine = Pick<Gpio, 'readSync' | 'writeSync' | 'watch' | 'unwatch' | 'unexport'>;

type GpioClass = typeof Gpio;

/** @throws PackageMissing */
async function loadOnoff(): Promise<GpioClass> {
  try {
    return (await import('onoff')).Gpio;
  } catch (cause) {
    throw new PackageMissing('onoff', cause);
  }
}

/** Opens a line as input with both edges, or as output that is not asserted from the start. @throws LineMissing */
export async function openLine(name: string, line: LineOptions, use: 'watch' | 'drive'): Promise<GpioLine> {
  const Line = await loadOnoff();
  const number = gpioNumber(line);
  const activeHigh = line.activeHigh === true;
  try {
    if (use === 'watch') return new Line(number, 'in', 'both', { activeLow: !activeHigh });
    // Direction and level in one, before polarity counts: the line does not glitch.
    return new Line(number, activeHigh ? 'low' : 'high', 'none', { activeLow: !activeHigh });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LineMissing(`${name} (GPIO ${number})`, reason, cause);
  }
}

/** An output. Values are logical: 1 is asserted. */
export class OnoffDriveLine implements DriveLine {
  #isAsserted = false;

  constructor(
    readonly name: LineName,
    private readonly line: GpioLine,
  ) {}

  get isAsserted(): boolean {
    return this.#isAsserted;
  }

  assert(): Promise<void> {
    return this.#write(true);
  }

  deassert(): Promise<void> {
    return this.#write(false);
  }

  async #write(isAsserted: boolean): Promise<void> {
    this.line.writeSync(isAsserted ? 1 : 0);
    this.#isAsserted = isAsserted;
  }

  /** Deasserted and given back: onoff itself leaves a line exported and driven. */
  close(): void {
    this.line.writeSync(0);
    this.line.unexport();
  }
}

/** The switch of the chip's supply. The board is left switched on. */
export class OnoffPowerSwitch implements PowerSwitch {
  #isOn = false;

  constructor(private readonly line: GpioLine) {}

  get isOn(): boolean {
    return this.#isOn;
  }

  on(): Promise<void> {
    return this.#write(true);
  }

  off(): Promise<void> {
    return this.#write(false);
  }

  async #write(isOn: boolean): Promise<void> {
    this.line.writeSync(isOn ? 1 : 0);
    this.#isOn = isOn;
  }

  close(): void {
    this.line.writeSync(1);
    this.line.unexport();
  }
}
