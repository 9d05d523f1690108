import type { HostFiles } from '../board/index.ts';

const OP = { open: 1, close: 2, read: 3, write: 4, poll: 5, list: 6, run: 7, readAt: 8 } as const;

/** One call of a host, as an agent is asked for it: numbers of 32 bits, then bytes. */
export interface AgentCall {
  readonly op: number;
  readonly numbers: readonly number[];
  readonly bytes: Uint8Array;
  /** As a person reads it. */
  readonly what: string;
  /** How long the call itself waits, in ms. */
  readonly waitsMs?: number;
}

/** What a call returned, and what came with it. */
export interface AgentAnswer {
  readonly result: number;
  readonly body: Uint8Array;
}

const NONE = new Uint8Array(0);

/** The files of a host, through an agent that runs single calls of the system there. */
export class AgentFiles implements HostFiles {
  readonly #names = new Map<number, string>();

  constructor(private readonly call: (call: AgentCall) => Promise<AgentAnswer>) {}

  async open(path: string, flags: number): Promise<number> {
    const bytes = Buffer.from(path);
    const { result } = await this.call({ op: OP.open, numbers: [flags], bytes, what: `open ${path}` });
    if (result >= 0) this.#names.set(result, path);
    return result;
  }

  async close(descriptor: number): Promise<number> {
    return (await this.#of(OP.close, 'close', [descriptor])).result;
  }

  async read(descriptor: number, size: number): Promise<Uint8Array | number> {
    const { result, body } = await this.#of(OP.read, 'read', [descriptor, size]);
    return result < 0 ? result : body;
  }

  async readAt(descriptor: number, size: number, offset: number): Promise<Uint8Array | number> {
    const { result, body } = await this.#of(OP.readAt, 'read', [descriptor, size, offset]);
    return result < 0 ? result : body;
  }

  async write(descriptor: number, bytes: Uint8Array): Promise<number> {
    return (await this.#of(OP.write, 'write', [descriptor], { bytes })).result;
  }

  async poll(descriptor: number, events: number, limitMs: number): Promise<number> {
    const numbers = [descriptor, events, limitMs];
    return (await this.#of(OP.poll, 'poll', numbers, { waitsMs: limitMs })).result;
  }

  async list(path: string): Promise<readonly string[] | number> {
    const bytes = Buffer.from(path);
    const { result, body } = await this.call({ op: OP.list, numbers: [], bytes, what: `list ${path}` });
    return result < 0 ? result : Buffer.from(body).toString().split('\0').slice(0, -1);
  }

  async run(command: readonly string[]): Promise<{ status: number; output: string }> {
    const bytes = Buffer.from(`${command.join('\0')}\0`);
    const what = `run ${command.join(' ')}`;
    const { result, body } = await this.call({ op: OP.run, numbers: [], bytes, what });
    return { status: result, output: Buffer.from(body).toString() };
  }

  #of(
    op: number,
    verb: string,
    numbers: readonly number[],
    more: Partial<AgentCall> = {},
  ): Promise<AgentAnswer> {
    const name = this.#names.get(numbers[0] ?? -1) ?? `file ${String(numbers[0])}`;
    return this.call({ op, numbers, bytes: NONE, what: `${verb} ${name}`, ...more });
  }
}
