import { createHash } from 'node:crypto';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { LabFailure } from '../units/index.ts';
import type { Rig } from './load-rig.ts';

/** Who holds a rig. */
export interface Holder {
  readonly pid: number;
  readonly user: string;
  /** ISO 8601. */
  readonly since: string;
  /** The command that was run. */
  readonly run: string;
}

/** Another run holds the rig. */
export class RigBusy extends LabFailure {
  readonly blames = 'lab service';

  constructor(
    readonly rig: string,
    readonly holder: Holder | undefined,
  ) {
    const who =
      holder === undefined
        ? 'somebody who does not say who he is'
        : `${holder.user}, process ${holder.pid}, since ${holder.since} for "${holder.run}"`;
    super(`Rig ${rig} is held by ${who}. Wait for that run to end, or use another rig.`);
  }
}

/** A rig held by this process. The kernel frees it when the process dies, however it dies. */
export interface Lease {
  release(): Promise<void>;
}

const ANSWER_LIMIT_MS = 1000;

/** An abstract Unix socket: a name in the kernel, without a file that could stay behind. */
const addressOf = (rig: Rig): string =>
  `\0h1-hil/${createHash('sha256').update(wantedBy(rig)).digest('hex')}`;

/**
 * What two runs cannot have at once: a real board's bus with all its chip selects, since opening one of them moves them
 * and no lock lasts from message to message; of a simulated board, its file.
 */
const wantedBy = ({ board, file }: Rig): string =>
  board.kind === 'linux' ? board.spi.device.replace(/\.\d+$/, '') : file;

/**
 * Takes the rig for this process. A process that connects to the lease is told who holds it.
 * @throws RigBusy when another process has it.
 */
export async function takeLease(rig: Rig, holder: Holder): Promise<Lease> {
  const server = createServer((socket) => {
    socket.on('error', () => {
      socket.destroy();
    });
    socket.end(JSON.stringify(holder));
  });
  if (!(await listen(server, addressOf(rig)))) throw new RigBusy(rig.name, await holderOf(rig));
  server.unref();
  return {
    release: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
      }),
  };
}

function listen(server: Server, address: string): Promise<boolean> {
  return new Promise((answer, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') answer(false);
      else reject(error);
    });
    server.listen(address, () => {
      answer(true);
    });
  });
}

/** Who holds the rig now; undefined when nobody does, or when he does not answer within a second. */
export function holderOf(rig: Rig): Promise<Holder | undefined> {
  return new Promise((answer) => {
    const socket = connect(addressOf(rig));
    let text = '';
    const end = (): void => {
      socket.destroy();
      answer(parseHolder(text));
    };
    socket.setTimeout(ANSWER_LIMIT_MS, end);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', end);
    socket.on('error', () => {
      answer(undefined);
    });
  });
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, user, since, run } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number'
      ? { pid, user: user ?? '?', since: since ?? '?', run: run ?? '?' }
      : undefined;
  } catch {
    return undefined;
  }
}
