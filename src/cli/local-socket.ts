import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { UsageError } from '../units/index.ts';

/** Maximum number of clients at once. More are refused, so that the process does not run out of file descriptors. */
const MAX_CLIENTS = 256;

/** Error codes of a stream whose other end has gone, in the middle of reading or of writing. */
const GONE: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ENOTCONN', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Whether an error of a stream says no more than that its other end has gone. */
export const hasGone = (failure: unknown): boolean => GONE.includes((failure as NodeJS.ErrnoException).code);

/** Listens on a Unix socket; the file is removed when the server is closed. @throws UsageError when it cannot be made. */
export async function listenAt(path: string, onClient: (client: Socket) => void): Promise<Server> {
  if (existsSync(path))
    throw new UsageError(
      `${path} exists already. Remove it when nobody listens there, or name another path.`,
    );
  const server = createServer(onClient);
  server.maxConnections = MAX_CLIENTS;
  // A client that may connect drives the chip, so only the user may. The file is made before this call returns.
  const mask = process.umask(0o177);
  server.listen(path);
  process.umask(mask);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new UsageError(
      `Nobody can listen at ${path}: ${reasonOf(cause)}. Name a path in a folder of yours.`,
      {
        cause,
      },
    );
  }
  return server;
}

/** @throws UsageError when nobody listens there. */
export async function connectTo(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw new UsageError(
      `Nobody listens at ${path}: ${reasonOf(cause)}. Start h1-hil tpm --listen ${path} first.`,
      { cause },
    );
  }
  return socket;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
