import type { Alarm } from '../../sim/index.ts';
import type { Instant } from '../../units/index.ts';
import { instant, later, seconds } from '../../units/index.ts';
import type { ReadySource, SelectSource, SimBoardOptions } from '../sim/index.ts';
import { SimBoard } from '../sim/index.ts';
import type { CableFault } from './cable.ts';
import { Cable } from './cable.ts';
import type { OutputPin } from './emulated-controller.ts';
import { EmulatedController } from './emulated-controller.ts';

/** The simulated board and the electrical surroundings of the emulated controller. */
export interface EmulatedWiringOptions extends SimBoardOptions {
  /** What is wrong with the serial cable. */
  readonly cable?: CableFault | undefined;
  /** What the board draws while it has its supply; 15 mA without it. */
  readonly drawsMa?: number | undefined;
}

const CYCLES_PER_NS = 0.016;
/**
 * Minimum number of cycles that the controller runs at a time, which is 0.5 us. It sees what others do late by this
 * much at most.
 */
const LEAST_CYCLES = 8;
/** The controller is switched on this long before time 0, in microseconds, and sleeps at time 0. */
const BOOT_US = 1000;
/** Maximum virtual time for the answer to a line. After it the line counts as lost. */
const LINE_LIMIT = seconds(2);
const DRAWS_MA = 15;
/** Volts at the output of the current sense amplifier for each mA. [docs/rig-controller.md] */
const VOLTS_PER_MA = 0.01;

/** The position of each switch, by the number at its address pins 1 and 0. [docs/rig-controller.md] */
const SELECT_SOURCES: readonly SelectSource[] = ['host', 'deasserted', 'deasserted', 'asserted'];
const READY_SOURCES: readonly ReadySource[] = ['chip', 'open', 'high', 'low'];

/**
 * The simulated board with the rig controller beside it: the committed image on an emulated processor, wired as the
 * wiring page says. The controller's time is the board's virtual time; a line from the host moves it until the
 * controller is at rest again. The host reaches it through the serial port `port`, which is a pseudo-terminal.
 */
export class EmulatedWiring {
  readonly sim: SimBoard;
  #controller = new EmulatedController();
  #cable!: Cable;
  #answer = '';
  #alarm: Alarm | undefined;
  /** Cycle of the controller at time 0. */
  #origin = 0;
  /** An output has changed, and the board does not know it yet. */
  #hasChanged = false;
  #isShowing = false;
  /** A line is being answered. */
  #isAwaited = false;
  readonly #drawsMa: number;
  readonly #shown = { power: false, reset: true, select: 0, ready: 0 };

  private constructor(options: EmulatedWiringOptions) {
    this.#drawsMa = options.drawsMa ?? DRAWS_MA;
    // The controller owns both, whatever the host has.
    this.sim = new SimBoard({ ...options, has: { ...options.has, power: true, reset: true } });
    this.sim.lines.listen({
      select: (isAsserted) => {
        this.#feel(() => {
          this.#controller.setCs(isAsserted);
        });
        if (isAsserted) this.#cable.noteCsFall();
      },
      ready: (isAsserted) => {
        this.#feel(() => {
          this.#controller.setInt(isAsserted);
        });
      },
    });
  }

  /** @throws NoPseudoTerminal */
  static async open(options: EmulatedWiringOptions): Promise<EmulatedWiring> {
    const wiring = new EmulatedWiring(options);
    wiring.#cable = await Cable.lay(options.cable, (line) => wiring.#exchange(line));
    wiring.#start();
    return wiring;
  }

  /** Device file of the controller's serial port. */
  get port(): string {
    return this.#cable.port;
  }

  /** A fresh board and a controller that was just switched on, both at time 0; the cable stays. */
  renew(seed: number): void {
    this.sim.renew(seed);
    this.#controller = new EmulatedController();
    this.#start();
  }

  async close(): Promise<void> {
    try {
      await this.#cable.unplug();
    } finally {
      await this.sim.close();
    }
  }

  #start(): void {
    Object.assign(this.#shown, { power: false, reset: true, select: 0, ready: 0 });
    this.#controller.run(BOOT_US);
    this.#origin = this.#controller.cycles;
    this.#controller.onByte = (byte) => (this.#answer += String.fromCharCode(byte));
    this.#controller.onOutput = () => {
      this.#hasChanged = true;
    };
    this.#schedule();
  }

  #exchange(line: string): string {
    const { clock } = this.sim;
    this.#answer = '';
    this.#catchUp();
    this.#isAwaited = true;
    this.#controller.send(line);
    this.#schedule();
    clock.advanceUntil(
      () => this.#controller.isAtRest && clock.now() >= this.#reached,
      later(clock.now(), LINE_LIMIT),
    );
    this.#isAwaited = false;
    this.#schedule();
    return this.#answer;
  }

  /** Changes something at a pin of the controller, at the present moment. */
  #feel(change: () => void): void {
    this.#catchUp();
    change();
    if (!this.#isShowing) this.#schedule();
  }

  /** Runs the controller up to the present moment, when it is not there yet. */
  #catchUp(): void {
    this.#controller.runTo(this.#cycleOf(this.sim.clock.now()));
    this.#show();
  }

  /**
   * Runs the controller ahead until something else may happen: another alarm rings, an output changes, or it has
   * answered a line.
   */
  #runAhead(): void {
    const controller = this.#controller;
    const end = Math.max(this.#cycleOf(this.sim.clock.horizon), controller.cycles + LEAST_CYCLES);
    controller.runTo(end, () => this.#hasChanged || (this.#isAwaited && controller.isAtRest));
    this.#schedule();
  }

  #schedule(): void {
    const { clock } = this.sim;
    this.#alarm?.cancel();
    const isQuiet = this.#controller.isAsleep && !this.#hasChanged && !this.#isAwaited;
    const next = isQuiet ? this.#controller.nextEvent - this.#origin : this.#controller.cycles - this.#origin;
    this.#alarm = clock.at(instantOf(next), () => {
      this.#show();
      this.#runAhead();
    });
  }

  get #reached(): Instant {
    return instantOf(this.#controller.cycles - this.#origin);
  }

  #cycleOf(moment: Instant): number {
    return this.#origin + Math.floor(moment * CYCLES_PER_NS);
  }

  /** Shows the board what the controller drives. What its switches do is done before the call returns. */
  #show(): void {
    if (!this.#hasChanged || this.#isShowing) return;
    this.#hasChanged = false;
    this.#isShowing = true;
    try {
      this.#drive();
    } finally {
      this.#isShowing = false;
    }
  }

  #drive(): void {
    const { power, reset, lines } = this.sim;
    const shown = this.#shown;
    const isHigh = (pin: OutputPin): boolean => this.#controller.isHigh(pin);
    const address = (one: OutputPin, zero: OutputPin): number =>
      (isHigh(one) ? 2 : 0) + (isHigh(zero) ? 1 : 0);
    const isOn = isHigh('power');
    if (isOn !== shown.power) {
      shown.power = isOn;
      this.#controller.setSense(isOn ? this.#drawsMa * VOLTS_PER_MA : 0);
      void (isOn ? power!.on() : power!.off());
    }
    const isInReset = !isHigh('reset');
    if (isInReset !== shown.reset) {
      shown.reset = isInReset;
      void (isInReset ? reset!.assert() : reset!.deassert());
    }
    const select = address('csMux1', 'csMux0');
    if (select !== shown.select) {
      shown.select = select;
      lines.routeSelect(SELECT_SOURCES[select]!);
    }
    const ready = address('intMux1', 'intMux0');
    if (ready !== shown.ready) {
      shown.ready = ready;
      lines.routeReady(READY_SOURCES[ready]!);
    }
  }
}

/** The first moment at which this cycle has begun. */
const instantOf = (cycle: number): Instant => instant(Math.ceil(cycle / CYCLES_PER_NS));
