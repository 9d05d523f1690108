import type { EngineName } from '../boards/sim/index.ts';
import { EngineSlot } from '../boards/sim/index.ts';
import type { TimingOptions } from '../sim/index.ts';
import { chanceOfTpm, H1, VirtualClock } from '../sim/index.ts';
import type { Duration, Hertz } from '../units/index.ts';
import { HilError, later, ns, us } from '../units/index.ts';
import { BadLine, parseBytes, parseDuration, showBytes } from './line.ts';

/** The simulated chip that a session serves. */
export interface ChipOptions {
  readonly seed: number;
  readonly sck: Hertz;
  readonly engine: EngineName;
  readonly firmware?: string;
  /** Opens a version that no source tells of. */
  readonly unknownVersion?: 'allow';
  readonly timing?: TimingOptions;
}

/** CS to first clock, and last clock to CS high, as the captured host drove them. [CHIP 8] */
const CS_SETUP = us(4);
const CS_HOLD = us(5);
/** Wake pulse of coreboot and depthcharge. [CHIP 2] */
const WAKE_PULSE = us(1);
/** A hundred days: nanoseconds stay exact numbers. */
const MAX_TIME = 8.64e15;
const MAX_SEED = 0xffffffff;

/** The simulated chip behind a line protocol: docs/chip-protocol.md. Time moves by the client's lines alone. */
export class ChipSession {
  readonly #clock = new VirtualClock();
  readonly #engine: EngineSlot;
  #chip: H1;
  readonly #byteTime: Duration;
  #events: string[] = [];
  #isSelected = false;

  /** @throws BadFirmwareVersion, UnknownFirmwareVersion, or LabFailure when swtpm cannot be used. */
  constructor(private readonly options: ChipOptions) {
    const { seed, sck, engine } = options;
    this.#byteTime = ns(8e9 / sck);
    this.#engine = new EngineSlot(this.#clock, engine);
    this.#chip = this.#makeChip(seed);
  }

  #makeChip(seed: number): H1 {
    const { firmware, unknownVersion, timing } = this.options;
    const chip = new H1(this.#clock, {
      seed,
      engine: this.#engine.fill(chanceOfTpm(seed)),
      ...(firmware !== undefined && { firmware }),
      ...(unknownVersion && { unknownVersion }),
      ...(timing && { timing }),
    });
    chip.onReady = (isAsserted) => {
      this.#events.push(`pulse ${isAsserted ? 'asserted' : 'deasserted'} ${this.#clock.now()}`);
    };
    return chip;
  }

  /** Events that the line caused, in their order, then one line that begins with `ok` or `error`; nothing for a comment. */
  answer(line: string): readonly string[] {
    const [command = '#', ...words] = line.trim().split(/\s+/).filter(Boolean);
    if (command.startsWith('#')) return [];
    this.#events = [];
    let end: string;
    try {
      end = `ok ${this.#run(command, words)}`.trimEnd();
    } catch (failure) {
      if (!(failure instanceof HilError)) throw failure;
      end = `error ${failure.message}`;
    }
    return [...this.#events, end];
  }

  close(): void {
    this.#engine.close();
  }

  #run(command: string, words: readonly string[]): string {
    switch (command) {
      case 'frame':
        return this.#frame(words);
      case 'select':
        return this.#select();
      case 'clock':
        return showBytes(this.#clockBytes(parseBytes(words)));
      case 'deselect':
        return this.#deselect();
      case 'cs':
        return this.#csOnly(words.length === 0 ? WAKE_PULSE : parseDuration(words));
      case 'advance':
        return this.#advance(parseDuration(words));
      case 'await':
        return this.#await(parseDuration(words));
      case 'horizon':
        return `${this.#clock.now()} ${this.#clock.nextAlarm ?? MAX_TIME}`;
      case 'asleep':
        return this.#chip.isAsleep ? 'yes' : 'no';
      case 'renew':
        return this.#renew(words);
      case 'reset':
        return this.#switch(words, ['assert', 'deassert'], (isAsserted) => {
          this.#chip.setReset(isAsserted);
        });
      case 'power':
        return this.#switch(words, ['on', 'off'], (isOn) => {
          this.#chip.setPower(isOn);
        });
      case 'ready':
        return this.#chip.readyIsAsserted ? 'asserted' : 'deasserted';
      case 'time':
        return String(this.#clock.now());
      case 'counters':
        return Object.entries(this.#chip.counters)
          .map(([name, count]) => `${name}=${count}`)
          .join(' ');
      case 'about':
        return this.#chip.description;
      default:
        throw new BadLine(
          `there is no "${command.slice(0, 40)}": frame, select, clock, deselect, cs, advance, await, horizon, reset, power, ready, asleep, time, counters, about, renew`,
        );
    }
  }

  #frame(words: readonly string[]): string {
    const bytes = parseBytes(words);
    this.#checkRoom(CS_SETUP + bytes.length * this.#byteTime + CS_HOLD);
    this.#select();
    this.#pass(CS_SETUP);
    const received = this.#clockBytes(bytes);
    this.#pass(CS_HOLD);
    this.#deselect();
    return showBytes(received);
  }

  #select(): string {
    if (this.#isSelected) throw new BadLine('CS is asserted already: deselect first');
    this.#isSelected = true;
    this.#chip.select();
    return '';
  }

  #deselect(): string {
    if (!this.#isSelected) throw new BadLine('CS is not asserted: select first');
    this.#isSelected = false;
    this.#chip.deselect();
    return '';
  }

  #clockBytes(mosi: Uint8Array): Uint8Array {
    if (!this.#isSelected) throw new BadLine('CS is not asserted: select first');
    this.#checkRoom(mosi.length * this.#byteTime);
    return mosi.map((byte) => {
      const end = later(this.#clock.now(), this.#byteTime);
      const miso = this.#chip.shift(byte, end);
      this.#clock.advanceTo(end);
      return miso;
    });
  }

  #csOnly(duration: Duration): string {
    this.#checkRoom(duration);
    this.#select();
    this.#pass(duration);
    return this.#deselect();
  }

  #advance(duration: Duration): string {
    this.#checkRoom(duration);
    this.#pass(duration);
    return String(this.#clock.now());
  }

  #await(duration: Duration): string {
    this.#checkRoom(duration);
    this.#clock.advanceUntil(() => this.#events.length > 0, later(this.#clock.now(), duration));
    return String(this.#clock.now());
  }

  #renew([text = '', ...more]: readonly string[]): string {
    const seed = Number(text);
    if (!/^\d{1,10}$/.test(text) || seed > MAX_SEED || more.length > 0)
      throw new BadLine(`write a seed after it, 0 to ${MAX_SEED}`);
    this.#clock.restart();
    this.#chip = this.#makeChip(seed);
    this.#isSelected = false;
    return '';
  }

  #checkRoom(nanoseconds: number): void {
    if (this.#clock.now() + nanoseconds > MAX_TIME)
      throw new BadLine('the clock goes on to 100 days at most');
  }

  #pass(duration: Duration): void {
    this.#clock.advance(duration);
  }

  #switch(
    words: readonly string[],
    [on, off]: readonly [string, string],
    turn: (isOn: boolean) => void,
  ): string {
    const [to, ...more] = words;
    if ((to !== on && to !== off) || more.length > 0) throw new BadLine(`write ${on} or ${off} after it`);
    turn(to === on);
    return '';
  }
}
