import type { Socket } from 'node:net';
import { GuestFailed, GuestGone } from './errors.ts';

/** QEMU answers between two turns of its main loop. */
const ANSWER_LIMIT_MS = 10_000;
/** Maximum number of characters in one message of QEMU. */
const MAX_LINE = 1 << 20;

interface Message {
  readonly QMP?: { readonly version?: { readonly qemu: Version; readonly package: string } };
  readonly event?: string;
  readonly return?: unknown;
  readonly error?: { readonly desc?: unknown };
}

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
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

  /** QEMU's version, as it greets. */
  version = '';
  /** Told each event by its name. */
  onEvent: (name: string) => void = () => undefined;

  constructor(
    private readonly line: Socket,
    private readonly limitMs = ANSWER_LIMIT_MS,
  ) {
    line.setEncoding('utf8');
    line.on('data', (text: string) => {
      this.#take(text);
    });
    line.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new GuestGone());
    });
  }

  /** @returns why QEMU refused; undefined when it did it @throws GuestGone, GuestFailed when QEMU says nothing */
  async execute(command: string): Promise<string | undefined> {
    if (!this.line.writable) throw new GuestGone();
    const answered = new Promise<string | undefined>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    this.line.write(`${JSON.stringify({ execute: command })}\n`);
    const late = setTimeout(() => {
      this.#fail(`has not answered ${command} for ${this.limitMs / 1000} s`);
    }, this.limitMs);
    return answered.finally(() => {
      clearTimeout(late);
    });
  }

  close(): void {
    this.line.destroy();
  }

  #fail(what: string): void {
    const failure = new GuestFailed(what, '');
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
    this.close();
  }

  /** The greeting is no answer, nor are events. */
  #take(text: string): void {
    if (this.line.destroyed) return;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parseMessage(line);
      if (message === undefined) {
        this.#fail('has a control line that said something else than a JSON object');
        return;
      }
      if (message.QMP?.version !== undefined) this.version = versionOf(message.QMP.version);
      if (message.event !== undefined) this.onEvent(message.event);
      if ('return' in message || 'error' in message) this.#waiting.shift()?.resolve(refusalOf(message));
    }
    if (this.#rest.length > MAX_LINE)
      this.#fail(`has a control line that sent more than ${MAX_LINE} characters without an end`);
  }
}

function parseMessage(line: string): Message | undefined {
  try {
    const message = JSON.parse(line) as unknown;
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

const refusalOf = ({ error }: Message): string | undefined => error && String(error.desc);

const versionOf = ({ qemu, package: build }: { qemu: Version; package: string }): string =>
  `${qemu.major}.${qemu.minor}.${qemu.micro}${build === '' ? '' : ` (${build})`}`;
