import { GuestUnruly } from './errors.ts';
import type { GuestTime } from './guest-time.ts';
import type { AgentAnswer, AgentCall } from '../agent-files.ts';
import { AgentFiles } from '../agent-files.ts';
import { Inbox } from '../inbox.ts';

const GREETING = Buffer.from('READY');
const HEAD_SIZE = 12;
/** Maximum number of bytes that come before the agent greets: its shell may say something. */
const MAX_BEFORE_GREETING = 1 << 16;
/** Maximum number of bytes in one answer: BODY_MAX of the agent. */
const MAX_BODY = 1 << 20;

/** The guest's files, through the agent on its stream: rigs/virtual-lab/agent/agent.c. */
export class Guest extends AgentFiles {
  readonly #inbox = new Inbox();
  #isGreeted = false;
  #id = 0;
  readonly #waiting = new Map<number, (answer: AgentAnswer) => void>();
  /** Resolves when the agent runs. */
  readonly ready: Promise<undefined>;
  #greet: () => void = () => undefined;

  constructor(
    private readonly time: GuestTime,
    private readonly send: (bytes: Buffer) => void,
  ) {
    super((call) => this.#call(call));
    this.ready = time.call((finish) => {
      this.#greet = () => {
        finish(undefined);
      };
    });
    this.ready.catch(() => undefined);
  }

  #call({ op, numbers, bytes: body }: AgentCall): Promise<AgentAnswer> {
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
