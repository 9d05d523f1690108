import type { Socket } from 'node:net';
import type { HostFiles } from '../../board/index.ts';
import { LabFailure } from '../../units/index.ts';
import { GuestGone, GuestUnruly } from './errors.ts';
import { Inbox } from './inbox.ts';

const OP = { open: 1, close: 2, read: 3, write: 4, poll: 5, list: 6, run: 7, readAt: 8 } as const;
const GREETING = Buffer.from('READY');
const HEAD_SIZE = 12;
/** Maximum number of bytes that the kernel says on the line before the agent greets. */
const MAX_BEFORE_GREETING = 1 << 16;
/** Maximum number of bytes in one answer: BODY_MAX of the agent. */
const MAX_BODY = 1 << 20;

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
  readonly #inbox = new Inbox();
  #isGreeted = false;
  #id = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when the agent runs. */
  readonly ready: Promise<void>;
  #greet: () => void = () => undefined;
  /** Why the line was closed, when it was for a reason. */
  #failure: Error = new GuestGone();
  /** Descriptors of the file that suspends the guest. */
  readonly #powerStates = new Set<number>();
  /** The guest is asleep, or on its way there and back: what its serial port gets meanwhile is lost. */
  #asleep: Promise<unknown> | undefined;

  constructor(private readonly line: Socket) {
    this.ready = new Promise((resolve, reject) => {
      this.#greet = resolve;
      line.once('close', () => {
        reject(this.#failure);
      });
    });
    this.ready.catch(() => undefined);
    line.on('error', (failure) => {
      this.#failure = failure;
    });
    line.on('data', (bytes) => {
      if (line.destroyed) return;
      this.#inbox.add(bytes);
      this.#takeAnswers();
    });
    line.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(this.#failure);
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
    if (!this.line.writable) throw this.#failure;
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

  #takeAnswers(): void {
    if (!this.#isGreeted && !this.#takeGreeting()) return;
    while (this.#inbox.length >= HEAD_SIZE) {
      const head = this.#inbox.peek(HEAD_SIZE);
      const end = 4 + head.readUInt32LE(0);
      if (end < HEAD_SIZE || end > HEAD_SIZE + MAX_BODY) {
        const allowed = `${HEAD_SIZE} to ${HEAD_SIZE + MAX_BODY} are possible`;
        this.line.destroy(new GuestUnruly(`an answer of ${end} bytes`, allowed));
        return;
      }
      if (this.#inbox.length < end) return;
      const [id, result] = [head.readUInt32LE(4), head.readInt32LE(8)];
      const body = Buffer.from(this.#inbox.peek(end).subarray(HEAD_SIZE));
      this.#inbox.drop(end);
      this.#waiting.get(id)?.resolve({ result, body });
      this.#waiting.delete(id);
    }
  }

  /** Looks for the greeting, behind what the kernel said before; whether it was there. */
  #takeGreeting(): boolean {
    const at = this.#inbox.peek().indexOf(GREETING);
    if (at >= 0) {
      this.#isGreeted = true;
      this.#inbox.drop(at + GREETING.length);
      this.#greet();
    } else if (this.#inbox.length > MAX_BEFORE_GREETING)
      this.line.destroy(
        new GuestUnruly(
          `${this.#inbox.length} bytes without the greeting of its agent`,
          `${MAX_BEFORE_GREETING} are the most`,
        ),
      );
    return this.#isGreeted;
  }
}
