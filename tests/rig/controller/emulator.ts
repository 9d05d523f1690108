import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  adcConfig,
  AVRADC,
  avrInstruction,
  AVRIOPort,
  AVRTimer,
  AVRUSART,
  CPU,
  PinState,
  portBConfig,
  portCConfig,
  portDConfig,
  timer1Config,
  usart0Config,
} from 'avr8js';
import { InputCapture } from './input-capture.ts';
import { parseHex } from './intel-hex.ts';

const IMAGE = fileURLToPath(new URL('../../../rigs/controller/controller.hex', import.meta.url));
const HZ = 16_000_000;
const FLASH_BYTES = 32_768;

/** Pins of the wiring page, by what hangs on them. */
export type OutputPin = 'power' | 'reset' | 'csMux0' | 'csMux1' | 'intMux0' | 'intMux1';

/** The committed image of the rig controller on an emulated ATmega328P at 16 MHz. Time moves only when it is run. */
export class EmulatedController {
  readonly #cpu = new CPU(loadImage());
  readonly #portB: AVRIOPort;
  readonly #portD: AVRIOPort;
  readonly #uart: AVRUSART;
  readonly #adc: AVRADC;
  readonly #capture: InputCapture;
  readonly #input: number[] = [];
  /** Called with every byte the controller sends. */
  onByte: (byte: number) => void = () => undefined;
  /** Called when an output changes. */
  onOutput: () => void = () => undefined;
  /** What runs at a moment, in cycles; for edges that come to the pins from outside. */
  readonly #events: { readonly cycle: number; readonly action: () => void }[] = [];

  constructor() {
    this.#portB = new AVRIOPort(this.#cpu, portBConfig);
    new AVRIOPort(this.#cpu, portCConfig);
    this.#portD = new AVRIOPort(this.#cpu, portDConfig);
    this.#capture = new InputCapture(this.#cpu, new AVRTimer(this.#cpu, timer1Config));
    this.#adc = new AVRADC(this.#cpu, adcConfig);
    this.#uart = new AVRUSART(this.#cpu, usart0Config, HZ);
    this.#uart.onByteTransmit = (byte) => {
      this.onByte(byte);
    };
    this.#uart.onRxComplete = () => {
      this.#feed();
    };
    for (const port of [this.#portB, this.#portD])
      port.addListener(() => {
        this.onOutput();
      });
    this.setInt(false);
    this.setCs(false);
    // The board pulls TPM_RST_L up.
    this.#portB.setPin(1, true);
  }

  get microseconds(): number {
    return this.#cpu.cycles / (HZ / 1e6);
  }

  /** CS_L at the chip. */
  setCs(isAsserted: boolean): void {
    this.#portD.setPin(2, !isAsserted);
  }

  /** INT_AP_L as the chip drives it. */
  setInt(isAsserted: boolean): void {
    this.#portB.setPin(0, !isAsserted);
    this.#capture.level(!isAsserted);
  }

  /** Volts at the sense input. */
  setSense(volts: number): void {
    this.#adc.channelValues[5] = volts;
  }

  isHigh(pin: OutputPin): boolean {
    if (pin === 'reset') return this.#portB.pinState(1) !== PinState.Low;
    const bit = { power: 7, csMux0: 3, csMux1: 4, intMux0: 5, intMux1: 6 }[pin];
    return this.#portD.pinState(bit) === PinState.High;
  }

  /** Bytes on their way to the controller, one after the other as fast as the line takes them. */
  send(text: string): void {
    this.#input.push(...Buffer.from(text, 'latin1'));
    this.#feed();
  }

  /** Something that happens so many microseconds from now. */
  after(us: number, action: () => void): void {
    this.#events.push({ cycle: this.#cpu.cycles + us * (HZ / 1e6), action });
    this.#events.sort((a, b) => a.cycle - b.cycle);
  }

  run(us: number): void {
    const cpu = this.#cpu;
    const end = cpu.cycles + us * (HZ / 1e6);
    while (cpu.cycles < end) {
      while (this.#events.length > 0 && this.#events[0]!.cycle <= cpu.cycles) this.#events.shift()!.action();
      avrInstruction(cpu);
      cpu.tick();
    }
  }

  #feed(): void {
    const byte = this.#input[0];
    if (byte !== undefined && this.#uart.rxEnable && this.#uart.writeByte(byte) !== false)
      this.#input.shift();
  }
}

function loadImage(): Uint16Array {
  const flash = new Uint8Array(FLASH_BYTES);
  parseHex(readFileSync(IMAGE, 'utf8'), flash);
  return new Uint16Array(flash.buffer);
}
