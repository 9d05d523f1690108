import type { H1Options, TpmEngine } from '../../../src/sim/index.ts';
import { H1, VirtualClock } from '../../../src/sim/index.ts';
import type { Duration, Instant } from '../../../src/units/index.ts';
import { later, ms, us } from '../../../src/units/index.ts';

/** Answers every command with success and as many bytes as `size`, the byte's index from the eleventh on. */
export class StubEngine implements TpmEngine {
  readonly executed: number[][] = [];
  resets = 0;
  powerCycles = 0;
  size = 10;
  answer: ((command: readonly number[]) => readonly number[]) | undefined;

  execute(command: Uint8Array): Uint8Array {
    const bytes = [...command];
    this.executed.push(bytes);
    if (this.answer) return Uint8Array.from(this.answer(bytes));
    const response = Uint8Array.from({ length: this.size }, (_, i) => (i < 10 ? 0 : i & 0xff));
    response.set([0x80, 0x01, 0, 0, this.size >> 8, this.size & 0xff]);
    return response;
  }

  reset(): void {
    this.resets++;
  }

  powerCycle(): void {
    this.powerCycles++;
  }
}

export type PinsOptions = Partial<Omit<H1Options, 'engine'>> & {
  readonly byteTime?: Duration;
  /** After CS rises, before the next thing happens. */
  readonly gap?: Duration;
  /** In place of the stub. */
  readonly library?: (clock: VirtualClock) => TpmEngine;
};

/** What hangs on the chip's pins in a test: a host that clocks bytes, and a meter on INT_AP_L. */
export class Pins {
  readonly clock = new VirtualClock();
  readonly engine = new StubEngine();
  readonly chip: H1;
  /** Both edges of each ready pulse. */
  readonly pulses: { readonly at: Instant; end?: Instant }[] = [];
  readonly #byteTime: Duration;
  readonly #gap: Duration;

  constructor(options: PinsOptions = {}) {
    const { byteTime = us(8), gap = us(300), library, ...rest } = options;
    this.#byteTime = byteTime;
    this.#gap = gap;
    this.chip = new H1(this.clock, { seed: 1, ...rest, engine: library?.(this.clock) ?? this.engine });
    this.chip.onReady = (isAsserted) => {
      const pulse = this.pulses.at(-1);
      if (isAsserted) this.pulses.push({ at: this.clock.now() });
      else if (pulse) pulse.end = this.clock.now();
    };
  }

  /** Power on, TPM_RST_L released, firmware up. */
  boot(): this {
    this.chip.setPower(true);
    this.chip.setReset(false);
    this.clock.advance(ms(100));
    return this;
  }

  /** As `boot`, and the frame that sees FF is behind us. */
  ready(): this {
    this.boot().frame([0x80, 0xd4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    this.pulses.length = 0;
    return this;
  }

  /** One CS assertion that clocks out exactly `mosi`; then `gap`. */
  frame(mosi: readonly number[], gap = this.#gap): number[] {
    this.chip.select();
    const miso = mosi.map((byte) => this.byte(byte));
    this.chip.deselect();
    this.clock.advance(gap);
    return miso;
  }

  byte(mosi: number): number {
    const end = later(this.clock.now(), this.#byteTime);
    const miso = this.chip.shift(mosi, end);
    this.clock.advanceTo(end);
    return miso;
  }

  /** CS asserted without a clock. */
  pulse(width: Duration = us(1), gap = this.#gap): void {
    this.chip.select();
    this.clock.advance(width);
    this.chip.deselect();
    this.clock.advance(gap);
  }

  /** A read as a host does it: header, polled until ready, data. */
  read(address: number, size: number): number[] {
    return this.#polled([0x80 | (size - 1), 0xd4, address >> 8, address & 0xff], new Array(size).fill(0));
  }

  /** A write as a host does it: header, polled until ready, data. */
  write(address: number, data: readonly number[]): void {
    this.#polled([data.length - 1, 0xd4, address >> 8, address & 0xff], data);
  }

  /** commandReady, the command in bursts of at most 63 bytes, tpmGo. */
  send(command: readonly number[]): void {
    this.write(0x18, [0x40]);
    for (let at = 0; at < command.length; at += 63) this.write(0x24, command.slice(at, at + 63));
    this.write(0x18, [0x20]);
  }

  #polled(header: readonly number[], data: readonly number[]): number[] {
    this.chip.select();
    for (const byte of header) this.byte(byte);
    for (let i = 0; i < 100_000; i++) {
      if ((this.byte(0) & 1) === 1) break;
    }
    const miso = data.map((byte) => this.byte(byte));
    this.chip.deselect();
    this.clock.advance(this.#gap);
    return miso;
  }
}

export const hex = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
