import { PseudoTerminal } from './pseudo-terminal.ts';

/** What is wrong with the cable between host and controller, from a moment on. */
export interface CableFault {
  /** Pulled out; nothing comes back any more; or what comes back is not what was sent. */
  readonly kind: 'unplugged' | 'silent' | 'garbled';
  /** When the host sends a line with this text the n-th time, counted from 1; or at a fall of CS_L, counted from 1. */
  readonly at: { readonly line: string; readonly nth?: number | undefined } | { readonly csFall: number };
}

/** The serial cable: whole lines from the host, answers back, and whatever is wrong on the way. */
export class Cable {
  #text = '';
  #seen = 0;
  #isBroken = false;

  private constructor(
    private readonly terminal: PseudoTerminal,
    private readonly fault: CableFault | undefined,
    private readonly carry: (line: string) => string,
  ) {
    terminal.onText = (text) => {
      this.#hear(text);
    };
  }

  /** @param carry brings a line, its end included, to the controller, and what it answers back */
  static async lay(fault: CableFault | undefined, carry: (line: string) => string): Promise<Cable> {
    return new Cable(await PseudoTerminal.open(), fault, carry);
  }

  /** Device file of the host's end. */
  get port(): string {
    return this.terminal.port;
  }

  /** CS_L fell at the chip. */
  noteCsFall(): void {
    if (this.fault === undefined || !('csFall' in this.fault.at)) return;
    if (++this.#seen === this.fault.at.csFall) this.#break(this.fault.kind);
  }

  /** Pulled out. */
  unplug(): Promise<void> {
    return this.terminal.unplug();
  }

  #hear(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end + 1);
      this.#text = this.#text.slice(end + 1);
      this.#pass(line);
    }
  }

  #pass(line: string): void {
    this.#noteLine(line);
    const kind = this.#isBroken ? this.fault?.kind : undefined;
    if (kind === 'unplugged' || kind === 'silent') return;
    const answer = this.carry(line);
    this.terminal.write(kind === 'garbled' ? garble(answer) : answer);
  }

  #noteLine(line: string): void {
    if (this.fault === undefined || !('line' in this.fault.at)) return;
    const { line: text, nth = 1 } = this.fault.at;
    if (line.includes(text) && ++this.#seen === nth) this.#break(this.fault.kind);
  }

  #break(kind: CableFault['kind']): void {
    this.#isBroken = true;
    if (kind === 'unplugged') void this.terminal.unplug();
  }
}

/** Every byte but the line's end with a bit too many, as of a wrong baud rate. */
const garble = (text: string): string =>
  Array.from(text, (byte) => (byte === '\n' ? byte : String.fromCharCode(byte.charCodeAt(0) | 0x80))).join(
    '',
  );
