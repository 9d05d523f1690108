import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { printable } from '../../units/index.ts';
import { InstrumentFailed } from './errors.ts';
import { ask } from './http.ts';

/** A supply that commands switch, each a program with its arguments. */
export interface PowerCommands {
  readonly on: readonly string[];
  readonly off: readonly string[];
  readonly limitMs?: number | undefined;
}

/** A port of a USB hub, switched by the program uhubctl. [UHUBCTL] */
export interface HubPort {
  readonly uhubctl: { readonly location?: string | undefined; readonly port: number };
  readonly limitMs?: number | undefined;
}

/** A socket that pdudaemon switches. [PDUDAEMON] */
export interface PduSocket {
  readonly pdudaemon: { readonly url: string; readonly hostname: string; readonly port: string };
  readonly limitMs?: number | undefined;
}

/** Who switches a supply. */
export type PowerMeans = PowerCommands | HubPort | PduSocket;
export type Turn = 'on' | 'off';

const LIMIT_MS = 30_000;
/** pdudaemon answers when it has taken a request, and acts on it later: asked for no delay, within this. */
const PDU_QUEUE_MS = 2_000;

const limitOf = ({ limitMs = LIMIT_MS }: PowerMeans): number => limitMs;

/** The program and its arguments for a turn; undefined where no program does it. */
export function commandOf(means: PowerMeans, turn: Turn): readonly string[] | undefined {
  if ('pdudaemon' in means) return undefined;
  if (!('uhubctl' in means)) return means[turn];
  const { location, port } = means.uhubctl;
  return [
    'uhubctl',
    ...(location === undefined ? [] : ['-l', location]),
    ...['-p', String(port), '-a', turn],
  ];
}

/** The request of a turn; undefined where a program does it. */
export function requestOf(means: PowerMeans, turn: Turn): URL | undefined {
  if (!('pdudaemon' in means)) return undefined;
  const { url, hostname, port } = means.pdudaemon;
  const request = new URL(`power/control/${turn}`, url.endsWith('/') ? url : `${url}/`);
  request.search = new URLSearchParams({ hostname, port, delay: '0' }).toString();
  return request;
}

/** Switches a supply. @throws InstrumentFailed */
export async function switchPower(means: PowerMeans, turn: Turn): Promise<void> {
  const request = requestOf(means, turn);
  if (request === undefined) await runCommand(commandOf(means, turn) ?? [], turn, limitOf(means));
  else await askPdu(request, turn, limitOf(means));
}

async function askPdu(request: URL, turn: Turn, limitMs: number): Promise<void> {
  const failed = (seen: string, cause?: unknown): InstrumentFailed =>
    new InstrumentFailed(
      `pdudaemon at ${request.host}`,
      `switch the power ${turn}`,
      seen,
      `See that this is accepted: curl '${request.href}'.`,
      { cause },
    );
  const { status, body } = await ask(request, limitMs).catch((cause: unknown) => {
    throw failed(cause instanceof Error ? cause.message : String(cause), cause);
  });
  if (status !== 200)
    throw failed(`answered with HTTP status ${status}${body === '' ? '' : `: ${printable(body.trim())}`}`);
  await pause(PDU_QUEUE_MS);
}

function runCommand(command: readonly string[], turn: Turn, limitMs: number): Promise<void> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 1 << 20 },
      (error, _, said) => {
        if (error === null) {
          resolve();
          return;
        }
        const last = printable(said.trim().split('\n').at(-1) ?? '');
        const seen =
          error.code === 'ENOENT'
            ? 'there is no such program'
            : error.killed === true
              ? `it had not ended within ${limitMs / 1000} s`
              : `it ended with status ${String(error.code)}${last === '' ? '' : `: ${last}`}`;
        reject(
          new InstrumentFailed(
            `The command ${printable(command.join(' '))}`,
            `switch the power ${turn}`,
            seen,
            'Try it by hand, then mend the rig file.',
            { cause: error },
          ),
        );
      },
    );
  });
}
