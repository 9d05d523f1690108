import type { DriveLine, LineName, PowerSwitch } from '../../board/index.ts';
import type { OutputPin } from './gpio.ts';

/** An output of this host. Deasserted when it is given back. */
export class HostDriveLine implements DriveLine {
  #isAsserted = false;

  constructor(
    readonly name: LineName,
    private readonly pin: OutputPin,
  ) {}

  get isAsserted(): boolean {
    return this.#isAsserted;
  }

  async assert(): Promise<void> {
    this.#write(true);
  }

  async deassert(): Promise<void> {
    this.#write(false);
  }

  close(): void {
    try {
      this.#write(false);
    } finally {
      this.pin.close();
    }
  }

  #write(isAsserted: boolean): void {
    this.pin.write(isAsserted);
    this.#isAsserted = isAsserted;
  }
}

/** The switch of the chip's supply. The board is left switched on. */
export class HostPowerSwitch implements PowerSwitch {
  #isOn = false;

  constructor(private readonly pin: OutputPin) {}

  get isOn(): boolean {
    return this.#isOn;
  }

  async on(): Promise<void> {
    this.#write(true);
  }

  async off(): Promise<void> {
    this.#write(false);
  }

  close(): void {
    try {
      this.#write(true);
    } finally {
      this.pin.close();
    }
  }

  #write(isOn: boolean): void {
    this.pin.write(isOn);
    this.#isOn = isOn;
  }
}
