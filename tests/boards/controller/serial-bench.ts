import { EmulatedController, PseudoTerminal } from '../../../src/boards/emulated-controller/index.ts';

/** The most emulated time of one turn, so that the port is served in between. */
const TURN_US = 2000;

/** An emulated controller at one end of a serial port, running as fast as real time or slower. */
export class SerialBench {
  readonly controller = new EmulatedController();
  /** Alters what the controller sends, to play a bad cable; undefined loses the byte. */
  distort: (byte: number) => number | undefined = (byte) => byte;
  #isRunning = true;
  #last = process.hrtime.bigint();

  private constructor(private readonly terminal: PseudoTerminal) {
    terminal.onText = (text) => {
      this.controller.send(text);
    };
    this.controller.onByte = (byte) => {
      const sent = this.distort(byte);
      if (sent !== undefined) terminal.write(String.fromCharCode(sent));
    };
    this.#turn();
  }

  static async open(): Promise<SerialBench> {
    return new SerialBench(await PseudoTerminal.open());
  }

  get port(): string {
    return this.terminal.port;
  }

  /** The controller stops: its supply, or its firmware. */
  freeze(): void {
    this.#isRunning = false;
  }

  /** The cable is pulled out. */
  unplug(): Promise<void> {
    return this.terminal.unplug();
  }

  async close(): Promise<void> {
    this.freeze();
    await this.terminal.unplug();
  }

  #turn(): void {
    if (!this.#isRunning) return;
    const now = process.hrtime.bigint();
    this.controller.run(Math.min(Number(now - this.#last) / 1000, TURN_US));
    this.#last = now;
    setImmediate(() => {
      this.#turn();
    });
  }
}
