import type { Socket } from 'node:net';
import { GuestGone } from './errors.ts';

interface Message {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

interface Waiting {
  readonly resolve: (refused: string | undefined) => void;
  readonly reject: (reason: Error) => void;
}

/** QEMU's control line: its Machine Protocol (QMP), a message of JSON a line. */
export class Control {
  #rest = '';
  /** Commands without an answer, oldest first: QEMU answers in order. */
  readonly #waiting: Waiting[] = [];

  constructor(private readonly line: Socket) {
    line.setEncoding('utf8');
    line.on('data', (text: string) => {
      this.#take(text);
    });
    line.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new GuestGone());
    });
  }

  /** @returns why QEMU refused; undefined when it did it @throws GuestGone */
  execute(command: string): Promise<string | undefined> {
    if (!this.line.writable) return Promise.reject(new GuestGone());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.line.write(`${JSON.stringify({ execute: command })}\n`);
    });
  }

  close(): void {
    this.line.destroy();
  }

  /** The greeting and events are no answers. */
  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      if ('return' in message || 'error' in message) this.#waiting.shift()?.resolve(message.error?.desc);
    }
  }
}
