import type { AVRTimer, CPU } from 'avr8js';
import { timer1Config } from 'avr8js';

const ICF1 = 0x20;
const ICIE1 = 0x20;
const ICES1 = 0x40;
const { TIFR, TIMSK, TCCRB, ICR, TCNT } = timer1Config;

/** The input capture unit of timer 1, which the emulator's own timer lacks. [ATmega328P 16.6] */
export class InputCapture {
  #isHigh = true;
  readonly #interrupt = {
    address: timer1Config.captureInterrupt,
    flagRegister: TIFR,
    flagMask: ICF1,
    enableRegister: TIMSK,
    enableMask: ICIE1,
  };

  constructor(
    private readonly cpu: CPU,
    readonly timer: AVRTimer,
  ) {
    this.#chain(TIFR, (value) => {
      cpu.clearInterruptByFlag(this.#interrupt, value);
    });
    this.#chain(TIMSK, (value) => {
      cpu.updateInterruptEnable(this.#interrupt, value);
    });
  }

  /** The level of the pin ICP1: an edge of the chosen kind keeps the counter and asks for the interrupt. */
  level(isHigh: boolean): void {
    if (isHigh === this.#isHigh) return;
    this.#isHigh = isHigh;
    const { cpu } = this;
    if (((cpu.data[TCCRB]! & ICES1) !== 0) !== isHigh) return;
    cpu.data[ICR] = cpu.readData(TCNT);
    cpu.data[ICR + 1] = cpu.readData(TCNT + 1);
    cpu.setInterruptFlag(this.#interrupt);
  }

  /** After what the timer itself does at a write. */
  #chain(register: number, action: (value: number) => void): void {
    const before = this.cpu.writeHooks[register];
    this.cpu.writeHooks[register] = (value, old, address, mask) => {
      const isDone = before?.(value, old, address, mask);
      action(value);
      return isDone;
    };
  }
}
