import type { DriveLine, PowerSwitch } from '../../board/index.ts';
import { BoardDrawsNothing } from './errors.ts';
import type { RigController } from './rig-controller.ts';

/** TPM_RST_L, driven by the controller; asserted when it was started. */
export class ControllerReset implements DriveLine {
  readonly name = 'TPM_RST_L';
  #isAsserted = true;

  constructor(private readonly controller: RigController) {}

  get isAsserted(): boolean {
    return this.#isAsserted;
  }

  async assert(): Promise<void> {
    await this.controller.tell('OUTP:RES ASS');
    this.#isAsserted = true;
  }

  async deassert(): Promise<void> {
    await this.controller.tell('OUTP:RES DEAS');
    this.#isAsserted = false;
  }

  /** The controller was made safe. */
  noteSafe(): void {
    this.#isAsserted = true;
  }
}

/** The board's supply, switched by the controller; off when it was started. */
export class ControllerPower implements PowerSwitch {
  #isOn = false;

  constructor(
    private readonly controller: RigController,
    /** Minimum current of the board in mA; when undefined, the current is not checked. */
    private readonly leastMa?: number,
  ) {}

  get isOn(): boolean {
    return this.#isOn;
  }

  /** @throws BoardDrawsNothing */
  async on(): Promise<void> {
    await this.controller.tell('OUTP:POW ON');
    this.#isOn = true;
    if (this.leastMa === undefined) return;
    const currentMa = Number(await this.controller.ask('MEAS:CURR?')) / 1000;
    if (currentMa < this.leastMa) throw new BoardDrawsNothing(currentMa, this.leastMa);
  }

  async off(): Promise<void> {
    await this.controller.tell('OUTP:POW OFF');
    this.#isOn = false;
  }

  /** The controller was made safe. */
  noteSafe(): void {
    this.#isOn = false;
  }
}
