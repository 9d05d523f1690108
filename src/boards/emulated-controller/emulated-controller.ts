import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  adcConfig,
  AVRADC,
  AVREEPROM,
  avrInstruction,
  AVRIOPort,
  AVRTimer,
  AVRUSART,
  CPU,
  EEPROMMemoryBackend,
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
const EEPROM_BYTES = 1024;
const CYCLES_PER_US = HZ / 1e6;
const COUNTER_RANGE = 0x1_0000;
/** Start, eight data bits, stop. */
const BITS_PER_BYTE = 10;

/** Opcodes after which one more instruction runs before an interrupt is served, and the one that sleeps. [ATmega328P 7.7] */
const SEI = 0x9478;
const RETI = 0x9518;
const SLEEP = 0x9588;
/** Sleep mode control register, and its bit that lets SLEEP sleep. [ATmega328P 10.11.1] */
const SMCR = 0x53;
const SE = 0x01;
/** What waking adds to the way into an interrupt. [ATmega328P 7.7.1] */
const WAKE_CYCLES = 4;
/** Bit of UCSR0A: the data register is empty. [ATmega328P 20.11.2] */
const UDRE = 0x20;
const { TCNT, TIMSK, OCRA, OCRB, OCIEA, OCIEB } = timer1Config;

/** Pins of the wiring page, by what hangs on them. */
export type OutputPin = 'power' | 'reset' | 'csMux0' | 'csMux1' | 'intMux0' | 'intMux1';

/** What a controller keeps without its supply. */
export type ControllerMemory = EEPROMMemoryBackend;

/** As it leaves the factory: all ones. */
export const emptyMemory = (): ControllerMemory => new EEPROMMemoryBackend(EEPROM_BYTES);

/**
 * The committed image of the rig controller on an emulated ATmega328P at 16 MHz. Time moves only when it is run, and is
 * skipped while the firmware sleeps.
 */
export class EmulatedController {
  readonly #cpu = new CPU(loadImage());
  readonly #portB: AVRIOPort;
  readonly #portD: AVRIOPort;
  readonly #uart: AVRUSART;
  readonly #adc: AVRADC;
  readonly #capture: InputCapture;
  readonly #input: number[] = [];
  #isAsleep = false;
  /** Cycle at which the byte on its way in will be here; 0 when none is. */
  #receivedAt = 0;
  /** Cycle at which the last byte sent is out. */
  #sentAt = 0;
  /** Called with every byte the controller sends. */
  onByte: (byte: number) => void = () => undefined;
  /** Called when an output changes. */
  onOutput: () => void = () => undefined;
  /** What runs at a moment, in cycles; for edges that come to the pins from outside. */
  readonly #events: { readonly cycle: number; readonly action: () => void }[] = [];

  constructor(memory: ControllerMemory = emptyMemory()) {
    new AVREEPROM(this.#cpu, memory);
    this.#portB = new AVRIOPort(this.#cpu, portBConfig);
    new AVRIOPort(this.#cpu, portCConfig);
    this.#portD = new AVRIOPort(this.#cpu, portDConfig);
    this.#capture = new InputCapture(this.#cpu, new AVRTimer(this.#cpu, timer1Config));
    this.#adc = new AVRADC(this.#cpu, adcConfig);
    this.#uart = new AVRUSART(this.#cpu, usart0Config, HZ);
    this.#uart.onByteTransmit = (byte) => {
      this.#sentAt = this.#cpu.cycles + this.#byteCycles;
      this.onByte(byte);
    };
    this.#uart.onRxComplete = () => {
      this.#receivedAt = 0;
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
    return this.#cpu.cycles / CYCLES_PER_US;
  }

  get cycles(): number {
    return this.#cpu.cycles;
  }

  /** Nothing is being done or is on its way: the firmware sleeps, and no byte is under way. */
  get isAtRest(): boolean {
    return this.isAsleep && this.#input.length === 0 && this.#receivedAt === 0 && !this.#isSending;
  }

  /** The firmware sleeps, and no interrupt is about to wake it. */
  get isAsleep(): boolean {
    return this.#isAsleep && this.#cpu.nextInterrupt < 0;
  }

  /** Cycle of the next thing that happens by itself while the firmware sleeps. */
  get nextEvent(): number {
    const cpu = this.#cpu;
    const { cycles, data } = cpu;
    const low = cpu.readData(TCNT);
    const counter = low | (data[TCNT + 1]! << 8);
    let next = cycles + COUNTER_RANGE - counter;
    for (const [mask, register] of [
      [OCIEA, OCRA],
      [OCIEB, OCRB],
    ] as const) {
      if ((data[TIMSK]! & mask) === 0) continue;
      const match = data[register]! | (data[register + 1]! << 8);
      next = Math.min(next, cycles + ((match - counter - 1 + COUNTER_RANGE) % COUNTER_RANGE) + 1);
    }
    if (this.#isSending) next = Math.min(next, Math.max(cycles, this.#sentAt));
    if (this.#receivedAt > 0) next = Math.min(next, Math.max(cycles, this.#receivedAt));
    return next;
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

  /** Runs an action this many microseconds from now. */
  after(us: number, action: () => void): void {
    this.#events.push({ cycle: this.cycles + us * CYCLES_PER_US, action });
    this.#events.sort((a, b) => a.cycle - b.cycle);
  }

  run(us: number): void {
    const end = this.cycles + us * CYCLES_PER_US;
    while (this.#events.length > 0 && this.#events[0]!.cycle <= end) {
      const { cycle, action } = this.#events.shift()!;
      this.runTo(cycle);
      action();
    }
    this.runTo(end);
  }

  /** Runs until this cycle has begun, or until `isDone` says so; the instruction under way is run to its end. */
  runTo(end: number, isDone?: () => boolean): void {
    const cpu = this.#cpu;
    while (cpu.cycles < end && isDone?.() !== true) {
      if (this.#isAsleep) this.#sleepUntil(end);
      else this.#step();
    }
  }

  #step(): void {
    const cpu = this.#cpu;
    const opcode = cpu.progMem[cpu.pc]!;
    avrInstruction(cpu);
    if (opcode === SLEEP && (cpu.data[SMCR]! & SE) !== 0) this.#isAsleep = true;
    else if (opcode !== SEI && opcode !== RETI) cpu.tick();
  }

  #sleepUntil(end: number): void {
    const cpu = this.#cpu;
    if (cpu.nextInterrupt < 0) cpu.cycles = Math.min(end, this.nextEvent);
    const { pc } = cpu;
    cpu.tick();
    if (cpu.pc === pc) return;
    this.#isAsleep = false;
    cpu.cycles += WAKE_CYCLES;
  }

  /** The data register is full. */
  get #isSending(): boolean {
    return (this.#cpu.data[usart0Config.UCSRA]! & UDRE) === 0;
  }

  get #byteCycles(): number {
    return Math.round((HZ * BITS_PER_BYTE) / this.#uart.baudRate);
  }

  #feed(): void {
    const byte = this.#input[0];
    if (byte === undefined || !this.#uart.rxEnable || this.#uart.writeByte(byte) === false) return;
    this.#input.shift();
    this.#receivedAt = this.#cpu.cycles + this.#byteCycles;
  }
}

const FLASH = new Uint8Array(FLASH_BYTES);
parseHex(readFileSync(IMAGE, 'utf8'), FLASH);

/** A copy: the instruction memory of one controller is its own. */
const loadImage = (): Uint16Array => new Uint16Array(FLASH.slice().buffer);
