import type { HostFiles } from '../../board/index.ts';
import type { GuestTime } from './guest-time.ts';

const OP = { open: 1, close: 2, read: 3, write: 4, poll: 5, list: 6, run: 7, readAt: 8 } as const;
const GREETING = Buffer.from('READY');
const HEAD_SIZE = 12;

interface Answer {
  readonly result: number;
  readonly body: Buffer;
}

/** The guest's files, through the agent on its stream: rigs/virtual-lab/agent/agent.c. */
export class Guest implements HostFiles {
  #rest: Buffer = Buffer.alloc(0);
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

  /** Takes what came on the stream. */
  take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#isGreeted) {
      const at = this.#rest.indexOf(GREETING);
      if (at < 0) return;
      this.#isGreeted = true;
      this.#rest = this.#rest.subarray(at + GREETING.length);
      this.#greet();
    }
    while (this.#rest.length >= HEAD_SIZE) {
      const end = 4 + this.#rest.readUInt32LE(0);
      if (this.#rest.length < end) return;
      const id = this.#rest.readUInt32LE(4);
      this.#waiting.get(id)?.({
        result: this.#rest.readInt32LE(8),
        body: Buffer.from(this.#rest.subarray(HEAD_SIZE, end)),
      });
      this.#waiting.delete(id);
      this.#rest = this.#rest.subarray(end);
    }
  }
}
