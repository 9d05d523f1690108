import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import type { CableListener } from '../../../src/boards/virtual-lab/cable.ts';
import { Cable } from '../../../src/boards/virtual-lab/cable.ts';
import { Control } from '../../../src/boards/virtual-lab/control.ts';
import { FrameCollector } from '../../../src/boards/virtual-lab/frame-collector.ts';
import { GuestClock } from '../../../src/boards/virtual-lab/guest-clock.ts';
import { Guest } from '../../../src/boards/virtual-lab/guest.ts';
import { RealTime } from '../../../src/boards/virtual-lab/real-time.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { Random } from '../../../src/sim/index.ts';
import { LabFailure } from '../../../src/units/index.ts';
import { attempts, TEST_SEED } from '../../thorough.ts';

// What a guest may say that is not ours any more, or never was: it costs little time and memory, and ends in words.

const SECONDS = 10_000;
const MIB = 1 << 20;

interface Line {
  /** Our end. */
  readonly ours: Socket;
  /** The guest's end. */
  readonly guest: Socket;
  readonly folder: string;
}

async function openLine(): Promise<Line & { close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-hostile-'));
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(join(folder, 'line'), resolve));
  const guest = connect(join(folder, 'line'));
  const ours = await connected;
  for (const end of [ours, guest]) end.on('error', () => undefined);
  const close = (): void => {
    for (const end of [ours, guest]) end.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  };
  return { ours, guest, folder, close };
}

const test = base.extend<{ line: Line }>({
  line: async ({}, use) => {
    const line = await openLine();
    await use(line);
    line.close();
  },
});

/** The failure of what was asked, after so little time, with so little more memory. */
async function failureOf(asked: Promise<unknown>): Promise<Error> {
  const [before, began] = [process.memoryUsage().rss, performance.now()];
  const failure = await asked.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  expect(performance.now() - began).toBeLessThan(SECONDS);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  expect(failure).toBeInstanceOf(LabFailure);
  return failure!;
}

/** Sends a piece again and again, until it was `size` bytes or nobody takes them. */
async function flood(socket: Socket, piece: Buffer, size: number): Promise<void> {
  for (let sent = 0; sent < size && socket.writable; sent += piece.length)
    if (!socket.write(piece)) await drainOrEnd(socket);
}

async function drainOrEnd(socket: Socket): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(
    () => undefined,
  );
  waiting.abort();
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

for (const size of [0, 7, 2 * MIB, 0xffff_ffff])
  test(`an agent that answers with ${size} bytes is refused at once`, async ({ line: { ours, guest } }) => {
    const files = new Guest(ours);
    guest.write('READY');
    await files.ready;
    const asked = files.open('/proc/version', 0);
    guest.write(Buffer.concat([word((size - 4) >>> 0), word(1), word(0)]));
    const { message } = await failureOf(asked);
    expect(message).toMatch(
      /^The guest of the virtual lab sent an answer of \d+ bytes, and 12 to 1048588 are possible\./,
    );
    await expect(files.open('/proc/version', 0)).rejects.toThrow(message);
  });

test('an agent that never greets is given up, with everything that is asked of it', async ({
  line: { ours, guest },
}) => {
  const files = new Guest(ours);
  void flood(guest, Buffer.alloc(1000, 'x'), 64 * MIB);
  const { message } = await failureOf(files.ready);
  expect(message).toMatch(/ without the greeting of its agent, and 65536 are the most\./);
});

test('64 MB of answers that nobody asked for, in small pieces, cost no more than their bytes', async ({
  line: { ours, guest },
}) => {
  const files = new Guest(ours);
  guest.write('READY');
  await files.ready;
  const asked = files.open('/proc/version', 0);
  const body = Buffer.alloc(MIB);
  const unasked = Buffer.concat([word(8 + body.length), word(9999), word(0), body]);
  const [before, began] = [process.memoryUsage().rss, performance.now()];
  for (let sent = 0; sent < 64; sent++)
    for (let at = 0; at < unasked.length; at += 4000) await flood(guest, unasked.subarray(at, at + 4000), 1);
  guest.write(Buffer.concat([word(8), word(1), word(3)]));
  expect(await asked).toBe(3);
  expect(performance.now() - began).toBeLessThan(SECONDS);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
});

test('an agent that goes away while it comes up is told at once', async ({ line: { ours, guest } }) => {
  const files = new Guest(ours);
  guest.end('REA');
  const { message } = await failureOf(files.ready);
  expect(message).toContain('The guest of the virtual lab is gone');
});

for (const [what, said] of [
  ['no JSON', 'hello\n'],
  ['a number', '7\n'],
  ['nothing', 'null\n'],
  ['a line without an end', 'x'.repeat(2 * MIB)],
] as const)
  test(`a control line that says ${what} is a sentence`, async ({ line: { ours, guest } }) => {
    const control = new Control(ours);
    const asked = control.execute('system_wakeup');
    guest.write(said);
    expect((await failureOf(asked)).message).toMatch(
      /^The virtual lab's guest has a control line that s[ae]/,
    );
  });

const PAGE = { guestCount: 0, modelCount: 0x40, ring: 0x1000, ringSize: 0x1000 };

/** A cable to a simulated chip, and the guest's hand on its page. */
async function cableOf({ ours, folder }: Line) {
  const file = join(folder, 'page');
  Cable.create(file);
  const sim = new SimBoard({ seed: 1 });
  const time = new RealTime(sim.clock);
  const collector = new FrameCollector(sim, time);
  await sim.power?.on();
  await sim.reset?.deassert();
  const listener: CableListener = {
    select: (_, isAsserted) => {
      collector.select(isAsserted);
    },
    transfer: (_, sent) => collector.transfer(sent),
    line: (number, isOutput, level) => {
      if (number === 2 && isOutput) void sim.power?.[level ? 'on' : 'off']();
      if (number === 1) void sim.reset?.[level ? 'deassert' : 'assert']();
    },
    power: () => undefined,
    text: () => undefined,
  };
  const cable = new Cable(file, ours, listener, new GuestClock(time));
  const page = openSync(file, 'r+');
  const failed = new Promise<Error>((resolve) => ours.once('error', resolve));
  return {
    page,
    failed,
    close: async () => {
      cable.close();
      time.close();
      closeSync(page);
      await sim.close();
    },
  };
}

for (const [what, count, says] of [
  ['a count of 4 GB', 0xffff_ffff, /sent 4294967295 bytes at once on its cable, and its ring has 4096\./],
  ['a count that goes back', 0x8000_0000, /bytes at once on its cable/],
] as const)
  test(`a cable with ${what} is closed in words`, async ({ line }) => {
    const { page, failed, close } = await cableOf(line);
    writeSync(page, word(count), 0, 4, PAGE.guestCount);
    line.guest.write('\0');
    const failure = await failed;
    expect(failure).toBeInstanceOf(LabFailure);
    expect(failure.message).toMatch(says);
    await close();
  });

test('a frame that never ends is closed in words before it fills the memory', async ({ line }) => {
  const { page, failed, close } = await cableOf(line);
  const message = Buffer.concat([Buffer.from([2, 0, 0, 4]), Buffer.alloc(8), Buffer.alloc(0x400)]);
  let written = 0;
  const feed = setInterval(() => {
    const at = written % PAGE.ringSize;
    const first = Math.min(message.length, PAGE.ringSize - at);
    writeSync(page, message, 0, first, PAGE.ring + at);
    if (first < message.length) writeSync(page, message, first, message.length - first, PAGE.ring);
    written += message.length;
    writeSync(page, word(written), 0, 4, PAGE.guestCount);
    if (line.guest.writable) line.guest.write('\0');
  }, 1);
  expect((await failureOf(failed.then((failure) => Promise.reject(failure)))).message).toMatch(
    /sent a frame of more than 1048576 bytes, and CS has to be deasserted before\./,
  );
  clearInterval(feed);
  await close();
});

const ROUNDS = 20;

test('rings of arbitrary messages are taken or refused in words, each within a second', async () => {
  test.setTimeout(600_000);
  const random = new Random(TEST_SEED).fork('rings');
  const integer = (below: number): number => Math.floor(random.next() * below);
  const before = process.memoryUsage().rss;
  for (let guest = 0; guest < attempts(200, 10); guest++) {
    const line = await openLine();
    const { page, failed, close } = await cableOf(line);
    let failure: Error | undefined;
    void failed.then((one) => (failure = one));
    for (let round = 1; round <= ROUNDS && failure === undefined; round++) {
      // Messages that can be, one behind the other, and now and then a byte that cannot.
      const ring = Buffer.alloc(PAGE.ringSize, 0);
      for (let at = 0; at + 12 <= ring.length; at += 12)
        ring.set([1 + integer(7), integer(5), integer(2), 0], at);
      if (integer(10) === 0) ring[integer(ring.length)] = integer(256);
      writeSync(page, ring, 0, ring.length, PAGE.ring);
      writeSync(page, word(round * ring.length), 0, 4, PAGE.guestCount);
      const began = performance.now();
      line.guest.write('\0');
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(performance.now() - began).toBeLessThan(1000);
    }
    if (failure !== undefined) expect(failure).toBeInstanceOf(LabFailure);
    await close();
    line.close();
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
});
