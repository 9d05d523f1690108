import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from '@playwright/test';
import { openLink, RigController } from '../../../src/boards/controller/index.ts';

// What a thing at the other end of a network port may send in place of an answer: each is refused soon, in words.

test.describe.configure({ timeout: 60_000 });

let server: Server;
test.afterEach(() => new Promise((closed) => server.close(closed)));

async function answering(answer: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      answer(socket);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const MEGA = 1_000_000;
const CASES: readonly { readonly what: string; readonly send: (socket: Socket) => void }[] = [
  { what: '5 MB of digits in one line', send: (socket) => socket.end(`${'1'.repeat(5 * MEGA)}\n`) },
  { what: '5 MB of digits without an end', send: (socket) => socket.write('1'.repeat(5 * MEGA)) },
  { what: '5 MB of quotes', send: (socket) => socket.end(`${'"'.repeat(5 * MEGA)}\n`) },
  { what: '5 MB of separators', send: (socket) => socket.end(`${';0,"'.repeat(1.25 * MEGA)}\n`) },
  { what: 'a million empty lines', send: (socket) => socket.end('\n'.repeat(MEGA)) },
  { what: 'control characters', send: (socket) => socket.end('\u001b]0;owned\u0007\n') },
];

for (const { what, send } of CASES)
  test(`a controller that answers with ${what} is refused within seconds, and nothing of it reaches a terminal raw`, async () => {
    const port = await answering(send);
    const began = performance.now();
    const failure = await RigController.start(await openLink(port), port, { token: 'net' }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(failure).toMatchObject({ blames: expect.stringMatching(/^(rig|lab service)$/) });
    expect(failure!.message).toMatch(/^[\x20-\x7e\n]{10,600}$/);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
