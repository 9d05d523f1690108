import type { HostFiles } from '../../board/index.ts';
import { GuestUnruly } from './errors.ts';
import type { GuestTime } from './guest-time.ts';
import { Inbox } from '../inbox.ts';

const OP = { open: 1, close: 2, read: 3, write: 4, poll: 5, list: 6, run: 7, readAt: 8 } as const;
const GREETING = Buffer.from('READY');
const HEAD_SIZE = 12;
/** Maximum number of bytes that come before the agent greets: its shell may say something. */
const MAX_BEFORE_GREETING = 1 << 16;
/** Maximum number of bytes in one answer: BODY_MAX of the agent. */
const MAX_BODY = 1 << 20;

interface Answer {
  readonly result: number;
  readonly body: Buffer;
}

/** The guest's files, through the agent on its stream: rigs/virtual-lab/agent/agent.c. */
export class Guest implements HostFiles {
  readonly #inbox = new Inbox();
  #isGreeted = false;
  #id = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** Resolves when the agent runs. */
  readonly ready: Promise<undefined>;
  #greet: () => void = () => undefined;

  constructor(
    private readonly time: GuestTime,
    private readonly send: (bytes: Buffer) => void,
  ) {
    this.ready = time.call((finish) => {
      this.#greet = () => {
        finish(undefined);
      };
    });
    this.ready.catch(() => undefined);
  }

  async open(path: string, flags: number): Promise<number> {
    return (await this.#call(OP.open, [flags], Buffer.from(path))).result;
  }

  async close(descriptor: number): Promise<number> {
    return (await this.#call(OP.close, [descriptor])).result;
  }

  async read(descriptor: number, size: number): Promise<Uint8Array | number> {
    const { result, body } = await this.#call(OP.read, [descriptor, size]);
    return result < 0 ? result : body;
  }

  async readAt(descriptor: number, size: number, offset: number): Promise<Uint8Array | number> {
    const { result, body } = await this.#call(OP.readAt, [descriptor, size, offset]);
    return result < 0 ? result : body;
  }

  async write(descriptor: number, bytes: Uint8Array): Promise<number> {
    return (await this.#call(OP.write, [descriptor], bytes)).result;
  }

  async poll(descriptor: number, events: number, limitMs: number): Promise<number> {
    return (await this.#call(OP.poll, [descriptor, events, limitMs])).result;
  }

  async list(path: string): Promise<readonly string[] | number> {
    const { result, body } = await this.#call(OP.list, [], Buffer.from(path));
    return result < 0 ? result : body.toString().split('\0').slice(0, -1);
  }

  async run(command: readonly string[]): Promise<{ status: number; output: string }> {
    const { result, body } = await this.#call(OP.run, [], Buffer.from(`${command.join('\0')}\0`));
    return { status: result, output: body.toString() };
  }

  #call(op: number, numbers: readonly number[], body: Uint8Array = Buffer.alloc(0)): Promise<Answer> {
    const id = ++this.#id;
    const head = Buffer.alloc(9 + 4 * numbers.length);
    head.writeUInt32LE(head.length - 4 + body.length, 0);
    head.writeUInt32LE(id, 4);
    head.writeUInt8(op, 8);
    numbers.forEach((value, index) => head.writeInt32LE(value, 9 + 4 * index));
    return this.time.call((finish) => {
      this.#waiting.set(id, finish);
      this.send(Buffer.concat([head, body]));
    });
  }

  /** Takes what came on the stream. @throws GuestUnruly */
  take(bytes: Buffer): void {
    this.#inbox.add(bytes);
    if (!this.#isGreeted && !this.#takeGreeting()) return;
    while (this.#inbox.length >= HEAD_SIZE) {
      const head = this.#inbox.peek(HEAD_SIZE);
      const end = 4 + head.readUInt32LE(0);
      if (end < HEAD_SIZE || end > HEAD_SIZE + MAX_BODY)
        throw new GuestUnruly(
          `an answer of ${end} bytes`,
          `${HEAD_SIZE} to ${HEAD_SIZE + MAX_BODY} are possible`,
        );
      if (this.#inbox.length < end) return;
      const [id, result] = [head.readUInt32LE(4), head.readInt32LE(8)];
      const body = Buffer.from(this.#inbox.peek(end).subarray(HEAD_SIZE));
      this.#inbox.drop(end);
      this.#waiting.get(id)?.({ result, body });
      this.#waiting.delete(id);
    }
  }

  /** Looks for the greeting, behind what was said before; whether it was there. */
  #takeGreeting(): boolean {
    const at = this.#inbox.peek().indexOf(GREETING);
    if (at >= 0) {
      this.#isGreeted = true;
      this.#inbox.drop(at + GREETING.length);
      this.#greet();
    } else if (this.#inbox.length > MAX_BEFORE_GREETING)
      throw new GuestUnruly(
        `${this.#inbox.length} bytes without the greeting of its agent`,
        `${MAX_BEFORE_GREETING} are the most`,
      );
    return this.#isGreeted;
  }
}
