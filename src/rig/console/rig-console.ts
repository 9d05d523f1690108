import type { Instant } from '../../units/index.ts';
import type { ByteLink } from '../../boards/controller/index.ts';

/** One line of the chip's console, or a gap in it. */
export interface ConsoleLine {
  readonly at: Instant;
  readonly text: string;
  /** Something is missing here: bytes that cannot be read, a line without end, a port that is gone. */
  readonly isGap: boolean;
}

/** A line that is longer is cut into pieces. */
const MAX_LINE = 300;
const READABLE = /^[\x20-\x7e\t]*$/;

/** When a line ended, on the board's clock; called once for each line, in order. */
export type Stamp = () => Instant;

/** The chip's UART console: evidence beside the trace. Its loss fails no test; it is a gap. */
export class RigConsole {
  #text = '';
  #isClosing = false;
  #received = 0;
  readonly #observers = new Set<(line: ConsoleLine) => void>();

  constructor(
    private readonly link: ByteLink,
    private readonly stamp: Stamp,
  ) {
    link.stream.on('data', (bytes: Buffer) => {
      this.#hear(bytes.toString('latin1'));
    });
    const gone = (): void => {
      if (!this.#isClosing) this.#tell('the console’s port is gone', true);
      this.#isClosing = true;
    };
    link.stream.on('error', gone);
    link.stream.on('close', gone);
  }

  /** Whole lines received since it was opened. */
  get received(): number {
    return this.#received;
  }

  /** Calls `observer` for each line and gap until the result is called. */
  observe(observer: (line: ConsoleLine) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.link.close();
  }

  #hear(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end).replace(/\r$/, '');
      this.#text = this.#text.slice(end + 1);
      this.#received++;
      if (READABLE.test(line)) this.#tell(line, false);
      else this.#tell(`${JSON.stringify(line)} cannot be read`, true);
    }
    if (this.#text.length <= MAX_LINE) return;
    this.#tell(`${this.#text.length} bytes without the end of a line`, true);
    this.#text = '';
  }

  #tell(text: string, isGap: boolean): void {
    const line = { at: this.stamp(), text, isGap };
    for (const observer of this.#observers) observer(line);
  }
}
