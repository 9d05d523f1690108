import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabFailure } from '../../units/index.ts';
import type { RigHold } from './provider.ts';

/** A worker asks before it touches the rig, and the one process that has the lease answers. */

const HELD = 'held\n';
/** Maximum time for the answer, in milliseconds. The coordinator may need some seconds. */
const ANSWER_LIMIT_MS = 15_000;
const MAX_ANSWER = 4096;

/** Nobody says that the rig is this run's still. */
export class NobodyVouches extends LabFailure {
  readonly blames = 'lab service';

  constructor(why: string) {
    super(`The rig is not touched: ${why}.`);
  }
}

/** Answers the workers of a run. */
export interface Broker {
  /** Path of its Unix socket. */
  readonly path: string;
  close(): void;
}

/** Answers each who connects with `held`, or why not. Only this user may connect. */
export async function serveBroker({ check }: Pick<RigHold, 'check'>): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-lease-'));
  const path = join(folder, 'broker');
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    check().then(
      () => socket.end(HELD),
      (failure: unknown) => socket.end(failure instanceof Error ? failure.message : String(failure)),
    );
  });
  server.unref();
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    close: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @throws NobodyVouches when the rig is lost, or the process that has the lease is gone, stopped or too slow */
export async function askBroker(path: string, limitMs = ANSWER_LIMIT_MS): Promise<void> {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8');
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new NobodyVouches(`the run that holds it has not answered within ${limitMs / 1000} s`));
    }, limitMs);
    socket.on('data', (part: string) => (text = (text + part).slice(0, MAX_ANSWER)));
    socket.on('error', () => {
      clearTimeout(timer);
      reject(new NobodyVouches('the run that held it is gone'));
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
  if (answer !== HELD)
    throw new NobodyVouches(answer === '' ? 'the run that held it is gone' : answer.replace(/\.$/, ''));
}
