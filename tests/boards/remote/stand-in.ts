import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { HostFiles } from '../../../src/board/index.ts';
import { OP } from '../../../src/boards/remote/messages.ts';

/** What a device that is a stand-in does beside the calls of its files. */
export interface StandInDevice {
  readonly files: HostFiles;
  /** Sleeps and comes back. @returns what the write to /sys/power/state would have */
  sleep(state: string, seconds: number): Promise<number>;
}

interface Result {
  readonly result: number;
  readonly body?: Uint8Array;
}

/** Serves the calls of an agent that was built with forward.c, on a socket with this path. */
export function serveDevice(device: StandInDevice, path: string): Promise<Server> {
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (part) => {
      bytes = Buffer.concat([bytes, part]);
      if (bytes.length < 9 || bytes.length < 4 + bytes.readUInt32LE(0)) return;
      void answer(device, socket, bytes);
    });
  });
  return new Promise((resolve) =>
    server.listen(path, () => {
      resolve(server);
    }),
  );
}

async function answer(device: StandInDevice, socket: Socket, request: Buffer): Promise<void> {
  const { result, body = Buffer.alloc(0) } = await run(device, request.readUInt8(8), request.subarray(9));
  const head = Buffer.alloc(12);
  head.writeUInt32LE(8 + body.length, 0);
  head.writeUInt32LE(request.readUInt32LE(4), 4);
  head.writeInt32LE(result, 8);
  socket.end(Buffer.concat([head, body]));
}

const ofRead = (read: Uint8Array | number): Result =>
  typeof read === 'number' ? { result: read } : { result: read.length, body: read };

async function run(device: StandInDevice, op: number, body: Buffer): Promise<Result> {
  const { files } = device;
  const number = (index: number): number => body.readInt32LE(4 * index);
  const texts = (from: number): string[] => body.toString('utf8', from).split('\0');
  switch (op) {
    case OP.open:
      return { result: await files.open(texts(4)[0]!, number(0) & ~0o2000000) };
    case OP.close:
      return { result: await files.close(number(0)) };
    case OP.read:
      return ofRead(await files.read(number(0), number(1)));
    case OP.readAt:
      return ofRead(await files.readAt(number(0), number(1), number(2)));
    case OP.write:
      return { result: await files.write(number(0), body.subarray(4)) };
    case OP.poll:
      return { result: await files.poll(number(0), number(1), number(2)) };
    case OP.list: {
      const names = await files.list(texts(0)[0]!);
      if (typeof names === 'number') return { result: names };
      return { result: 0, body: Buffer.from(names.map((name) => `${name}\0`).join('')) };
    }
    case OP.run: {
      const { status, output } = await files.run(texts(0).slice(0, -1));
      return { result: status, body: Buffer.from(output) };
    }
    case OP.sleep:
      return { result: await device.sleep(texts(4)[0]!, number(0)) };
    case OP.mark:
      return { result: await mark(files, body) };
    case OP.undo:
      return { result: 0 };
    case OP.seekEnd: {
      while (typeof (await files.read(number(0), 8192)) !== 'number');
      return { result: 0 };
    }
    default:
      return { result: -38 };
  }
}

async function mark(files: HostFiles, text: Uint8Array): Promise<number> {
  const log = await files.open('/dev/kmsg', 1);
  const written = await files.write(log, text);
  await files.close(log);
  return written < 0 ? written : 0;
}
