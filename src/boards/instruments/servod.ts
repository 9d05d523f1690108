import { setTimeout as pause } from 'node:timers/promises';
import { printable } from '../../units/index.ts';
import { InstrumentFailed } from './errors.ts';
import { ask } from './http.ts';
import type { Reply, Scalar } from './xml-rpc.ts';
import { methodCall, replyOf } from './xml-rpc.ts';

/** Where servod listens, and how long one call of it may take; `power_state` alone takes some ten seconds. */
export interface ServodOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly limitMs?: number | undefined;
}

const PORT = 9999;
const LIMIT_MS = 30_000;
/** How long a reset line is held: longer than any debounce of it. */
const HOLD_MS = 500;
const NO_CONTROL = /No control named (\S+)/;

/** The daemon of a servo debug board, over XML-RPC: `get` and `set` of its controls. [SERVOD] */
export class Servod {
  readonly name: string;
  readonly #url: URL;
  readonly #limitMs: number;

  constructor({ host = 'localhost', port = PORT, limitMs = LIMIT_MS }: ServodOptions) {
    this.name = `servod at ${host}:${port}`;
    this.#url = new URL(`http://${host}:${port}/`);
    this.#limitMs = limitMs;
  }

  /** @throws InstrumentFailed */
  async get(control: string): Promise<Scalar> {
    return this.#call(`get ${control}`, 'get', [control]);
  }

  /** servod answers true when it has set it. @throws InstrumentFailed */
  async set(control: string, value: string): Promise<void> {
    const done = await this.#call(`set ${control} to ${value}`, 'set', [control, value]);
    if (done !== true)
      throw new InstrumentFailed(
        this.name,
        `set ${control} to ${value}`,
        `answered ${printable(JSON.stringify(done))}, where true is right`,
        'See what servod prints; restart it if it goes on so.',
      );
  }

  /** Holds a reset line for a moment, and lets it go whatever happens. @throws InstrumentFailed */
  async pulse(control: 'cold_reset' | 'warm_reset'): Promise<void> {
    try {
      await this.set(control, 'on');
      await pause(HOLD_MS);
    } finally {
      await this.set(control, 'off');
    }
  }

  async #call(asked: string, method: string, parameters: readonly string[]): Promise<Scalar> {
    const reply = await this.#reply(asked, methodCall(method, parameters));
    if ('value' in reply) return reply.value;
    const missing = NO_CONTROL.exec(reply.fault)?.[1];
    throw missing === undefined
      ? new InstrumentFailed(
          this.name,
          asked,
          `refused: ${printable(reply.fault)}`,
          'See what servod prints.',
        )
      : new InstrumentFailed(
          this.name,
          asked,
          'has no such control',
          `See dut-control -i | grep ${printable(parameters[0] ?? '')}; start servod with the board's name (-b), or leave it out of the rig file.`,
        );
  }

  async #reply(asked: string, call: string): Promise<Reply> {
    const failed = (seen: string, cause?: unknown): InstrumentFailed =>
      new InstrumentFailed(
        this.name,
        asked,
        seen,
        'See that it runs: dut-control -i. Host and port are in the rig file.',
        { cause },
      );
    try {
      const { status, body } = await ask(this.#url, this.#limitMs, call);
      if (status !== 200) throw failed(`answered with HTTP status ${status}`);
      const reply = replyOf(body);
      if (reply === undefined) throw failed(`sent what is no answer of XML-RPC: ${printable(body)}`);
      return reply;
    } catch (cause) {
      if (cause instanceof InstrumentFailed) throw cause;
      throw failed(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }
}
