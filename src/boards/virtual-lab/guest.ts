import type { Socket } from 'node:net';
import type { HostFiles } from '../../board/index.ts';
import { LabFailure } from '../../units/index.ts';
import { GuestGone } from './errors.ts';

const OP = { open: 1, close: 2, read: 3, write: 4, poll: 5, list: 6, run: 7, readAt: 8 } as const;
const GREETING = Buffer.from('READY');
const HEAD_SIZE = 12;

interface Answer {
  readonly result: number;
  readonly body: Buffer;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: Error) => void;
}

const POWER_STATE = '/sys/power/state';

/** Maximum time for one call, in milliseconds: a command may meet a chip whose every frame times out. */
const CALL_LIMIT_MS = 180_000;

/** The guest took a call and does not answer it. */
export class GuestSilent extends LabFailure {
  readonly blames = 'lab service';

  constructor() {
    super(
      `The guest of the virtual lab has not answered a call for ${CALL_LIMIT_MS / 1000} s: it hangs, or this machine is too loaded for it. Run again; if it stays so, boot it by hand and see its console.`,
    );
  }
}

/** The guest's files, through the agent on its serial line: rigs/virtual-lab/agent/agent.c. */
export class Guest implements HostFiles {
  #rest: Buffer = Buffer.alloc(0);
  #isGreeted = false;
  #id = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when the agent runs. */
  readonly ready: Promise<void>;
  #greet: () => void = () => undefined;
  /** Descriptors of the file that suspends the guest. */
  readonly #powerStates = new Set<number>();
  /** The guest is asleep, or on its way there and back: what its serial port gets meanwhile is lost. */
  #asleep: Promise<unknown> | undefined;

  constructor(private readonly line: Socket) {
    this.ready = new Promise((resolve) => {
      this.#greet = resolve;
    });
    line.on('data', (bytes) => {
      this.#take(bytes);
    });
    line.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new GuestGone());
      this.#waiting.clear();
    });
  }

  async open(path: string, flags: number): Promise<number> {
    const { result } = await this.#call(OP.open, [flags], Buffer.from(path));
    if (result >= 0 && path === POWER_STATE) this.#powerStates.add(result);
    return result;
  }

  async close(descriptor: number): Promise<number> {
    this.#powerStates.delete(descriptor);
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
    const written = this.#call(OP.write, [descriptor], bytes);
    if (this.#powerStates.has(descriptor)) {
      const awake = (): void => {
        this.#asleep = undefined;
      };
      this.#asleep = written.then(awake, awake);
    }
    return (await written).result;
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

  async #call(op: number, numbers: readonly number[], body: Uint8Array = Buffer.alloc(0)): Promise<Answer> {
    while (this.#asleep !== undefined) await this.#asleep;
    if (!this.line.writable) throw new GuestGone();
    const id = ++this.#id;
    const head = Buffer.alloc(9 + 4 * numbers.length);
    head.writeUInt32LE(head.length - 4 + body.length, 0);
    head.writeUInt32LE(id, 4);
    head.writeUInt8(op, 8);
    numbers.forEach((value, index) => head.writeInt32LE(value, 9 + 4 * index));
    return new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new GuestSilent());
      }, CALL_LIMIT_MS);
      late.unref();
      const settled = <T>(end: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(late);
          end(value);
        };
      };
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.line.write(Buffer.concat([head, body]));
    });
  }

  #take(bytes: Buffer): void {
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
      this.#waiting.get(id)?.resolve({
        result: this.#rest.readInt32LE(8),
        body: Buffer.from(this.#rest.subarray(HEAD_SIZE, end)),
      });
      this.#waiting.delete(id);
      this.#rest = this.#rest.subarray(end);
    }
  }
}
