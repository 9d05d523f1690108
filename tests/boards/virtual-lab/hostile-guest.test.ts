import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
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
import { GuestTime } from '../../../src/boards/virtual-lab/guest-time.ts';
import { Guest } from '../../../src/boards/virtual-lab/guest.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { Random, VirtualClock } from '../../../src/sim/index.ts';
import { LabFailure, seconds } from '../../../src/units/index.ts';
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

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** An agent's host, and what it takes from it until it gives up: its time fails then, as on the board. */
function agentOf(): { files: Guest; take: (bytes: Buffer) => void } {
  const time = new GuestTime(new VirtualClock());
  const files = new Guest(time, () => undefined);
  return {
    files,
    take: (bytes) => {
      try {
        files.take(bytes);
      } catch (failure) {
        time.fail(failure as Error);
      }
    },
  };
}

for (const size of [0, 7, 2 * MIB, 0xffff_ffff])
  test(`an agent that answers with ${size} bytes is refused at once`, async () => {
    const { files, take } = agentOf();
    take(Buffer.from('READY'));
    await files.ready;
    const asked = files.open('/proc/version', 0);
    take(Buffer.concat([word((size - 4) >>> 0), word(1), word(0)]));
    const { message } = await failureOf(asked);
    expect(message).toMatch(
      /^The guest of the virtual lab sent an answer of \d+ bytes, and 12 to 1048588 are possible\./,
    );
    await expect(files.open('/proc/version', 0)).rejects.toThrow(message);
  });

test('an agent that never greets is given up, with everything that is asked of it', async () => {
  const { files, take } = agentOf();
  for (let sent = 0; sent < 100; sent++) take(Buffer.alloc(1000, 'x'));
  const { message } = await failureOf(files.ready);
  expect(message).toMatch(/ without the greeting of its agent, and 65536 are the most\./);
});

test('64 MB of answers that nobody asked for, in small pieces, cost no more than their bytes', async () => {
  const { files, take } = agentOf();
  take(Buffer.from('READY'));
  await files.ready;
  const asked = files.open('/proc/version', 0);
  const body = Buffer.alloc(MIB);
  const unasked = Buffer.concat([word(8 + body.length), word(9999), word(0), body]);
  const [before, began] = [process.memoryUsage().rss, performance.now()];
  for (let sent = 0; sent < 64; sent++)
    for (let at = 0; at < unasked.length; at += 4000) take(unasked.subarray(at, at + 4000));
  take(Buffer.concat([word(8), word(1), word(3)]));
  expect(await asked).toBe(3);
  expect(performance.now() - began).toBeLessThan(SECONDS);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
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

/** Where the guest says something, in its memory: rigs/virtual-lab/module/h1lab.c. */
const MEMORY_SIZE = 0x20000;
const TRANSFER = 3;
const SELECT = 2;

interface Said {
  readonly operation: number;
  readonly a?: number;
  readonly b?: number;
  readonly size?: number;
  readonly guestNs?: number;
  readonly held?: number;
}

/** Far fewer bytes than a guest may send in one frame, so that the test is short. */
const MAX_FRAME = 0x1_0000;

/** A cable to a simulated chip, and the guest's hand on its memory. */
async function cableOf({ folder }: Line) {
  const file = join(folder, 'memory');
  writeFileSync(file, Buffer.alloc(MEMORY_SIZE));
  const sim = new SimBoard({ seed: 1 });
  const time = new GuestTime(sim.clock);
  const collector = new FrameCollector(sim, MAX_FRAME);
  await sim.power?.on();
  await sim.reset?.deassert();
  const listener: CableListener = {
    select: (_, isAsserted) => {
      collector.select(isAsserted);
    },
    transfer: (_, sent, hz) => collector.transfer(sent, hz),
    outlook: () => sim.pins.outlook(),
    line: (number, isOutput, level) => {
      if (number === 2 && isOutput) void sim.power?.[level ? 'on' : 'off']();
      if (number === 1) void sim.reset?.[level ? 'deassert' : 'assert']();
    },
    power: () => undefined,
    text: () => undefined,
    stream: () => undefined,
  };
  const cable = new Cable(time, new GuestClock(time), listener, () => openSync(file, 'r+'));
  cable.memoryAt(0);
  const memory = openSync(file, 'r+');
  void time.sleep(seconds(1e6)).catch(() => undefined);
  return {
    cable,
    memory,
    /** @returns whether the guest was answered */
    say: ({ operation, a = 0, b = 0, size = 0, guestNs = 0, held = 0 }: Said): boolean => {
      const said = Buffer.alloc(48);
      [operation, a, b, size].forEach((value, index) => said.writeUInt32LE(value, 4 * index));
      said.writeBigUInt64LE(BigInt(guestNs), 16);
      said.writeUInt32LE(held, 32);
      writeSync(memory, said, 0, said.length, 0);
      let isAnswered = false;
      cable.ring(() => (isAnswered = true));
      return isAnswered;
    },
    close: async () => {
      time.fail(new Error('over'));
      cable.close();
      closeSync(memory);
      await sim.close();
    },
  };
}

const refusalOf = (act: () => unknown): Error => {
  try {
    act();
  } catch (failure) {
    return failure as Error;
  }
  throw new Error('It was taken.');
};

for (const [what, said, says] of [
  ['an operation that nobody knows', { operation: 10 }, /sent the operation 10, and 10 are known\./],
  ['a message of 4 GB', { operation: TRANSFER, b: 1e6, size: 0xffff_ffff }, /of 4294967295 bytes, and 16384/],
  ['a transfer at 0 Hz', { operation: TRANSFER, size: 1 }, /a transfer at 0 Hz, and a clock has to run\./],
  ['too many bytes without an answer', { operation: 1, held: 4097 }, /4097 bytes at once without/],
  ['bytes without a clock', { operation: 1, held: 1 }, /a transfer at 0 Hz/],
  ['a clock of a million years', { operation: 1, guestNs: 3e22 / 2048 }, /leapt by \d+.* s, and 3600 s are/],
] as const)
  test(`a guest with ${what} is refused in words`, async ({ line }) => {
    const { say, close } = await cableOf(line);
    const failure = refusalOf(() => say(said));
    expect(failure).toBeInstanceOf(LabFailure);
    expect(failure.message).toMatch(says);
    await close();
  });

test('a guest whose memory for the talk is not there is refused in words', async ({ line }) => {
  const { cable, say, close } = await cableOf(line);
  cable.memoryAt(0xffff_f000);
  expect(refusalOf(() => say({ operation: 1 })).message).toMatch(
    /sent the address 4294963200 for its talk, and its memory ends before that\./,
  );
  await close();
});

test('a frame that never ends is refused in words before it fills the memory', async ({ line }) => {
  const { say, close } = await cableOf(line);
  say({ operation: SELECT, b: 1 });
  const flood = (): void => {
    for (let sent = 0; sent <= MAX_FRAME; sent += 0x4000) say({ operation: TRANSFER, b: 1e8, size: 0x4000 });
  };
  expect(refusalOf(flood).message).toMatch(
    /sent a frame of more than 65536 bytes, and CS has to be deasserted before\./,
  );
  await close();
});

const ROUNDS = 400;

test('arbitrary stops are taken or refused in words, each within a second', async () => {
  const random = new Random(TEST_SEED).fork('stops');
  const integer = (below: number): number => Math.floor(random.next() * below);
  const before = process.memoryUsage().rss;
  for (let guest = 0; guest < attempts(200, 10); guest++) {
    const line = await openLine();
    const { say, close } = await cableOf(line);
    let [failure, guestNs]: [unknown, number] = [undefined, 0];
    for (let round = 0; round < ROUNDS && failure === undefined; round++) {
      // Stops that can be, one behind the other, and now and then a number that cannot.
      const wild = (usual: number): number => (integer(200) === 0 ? integer(2 ** 32) : usual);
      guestNs += wild(integer(1e6));
      const began = performance.now();
      try {
        say({
          operation: wild(integer(10)),
          a: wild(integer(4)),
          b: wild(integer(2) === 0 ? integer(4) : 1e6),
          size: wild(integer(68)),
          guestNs,
          held: integer(50) === 0 ? wild(integer(3)) : 0,
        });
      } catch (thrown) {
        failure = thrown;
      }
      expect(performance.now() - began).toBeLessThan(1000);
    }
    if (failure !== undefined) expect(failure).toBeInstanceOf(LabFailure);
    await close();
    line.close();
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
});
