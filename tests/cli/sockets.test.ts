import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { ChipSession } from '../../src/chip-protocol/index.ts';
import { Random } from '../../src/sim/index.ts';
import { hertz } from '../../src/units/index.ts';
import type { Running } from './h1-hil.ts';
import { start } from './h1-hil.ts';

// What others may do to a socket of ours: the user alone may connect, and who does not read costs no memory.

test.describe.configure({ timeout: 120_000 });

let folder: string;
let server: Running | undefined;
let client: Socket | undefined;
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-sockets-'));
});
test.afterEach(async () => {
  client?.destroy();
  server?.process.kill('SIGTERM');
  await server?.ended;
  server = undefined;
  rmSync(folder, { recursive: true });
});

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** TPM2_GetRandom(48) in full. [TPM2 Part 3, 16.1] */
const GET_RANDOM_48 = Uint8Array.from([0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 48]);

for (const { args, request } of [
  { args: ['chip', 'serve', '--socket'], request: Buffer.from('about\n') },
  { args: ['tpm', '--listen'], request: Buffer.from(GET_RANDOM_48) },
]) {
  const name = args.slice(0, 2).join(' ');

  test(`nobody but the user may connect to ${name}, whatever the mask of the shell`, async () => {
    const socket = join(folder, 'a.sock');
    const before = process.umask(0);
    server = start([...args, socket]);
    process.umask(before);
    await server.says('Listening at');
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('600');
  });

  test(`a client of ${name} that asks for ever and never reads is made to wait`, async () => {
    const socket = join(folder, 'b.sock');
    server = start([...args, socket]);
    await server.says('Listening at');
    const before = residentMb(server.process.pid!);
    client = connect(socket).on('error', () => undefined);
    client.pause();
    const many = Buffer.concat(Array.from({ length: 2000 }, () => request));
    let given = 0;
    // It is full when a second passes in which nothing more is taken.
    for (let taken = -1; given < 200_000_000 && taken !== client.bytesWritten - client.writableLength;) {
      taken = client.bytesWritten - client.writableLength;
      while (client.writableLength < 1_000_000) {
        client.write(many);
        given += many.length;
      }
      await pause(1000);
    }
    expect(given).toBeLessThan(20_000_000);
    expect(residentMb(server.process.pid!) - before).toBeLessThan(100);
  });
}

const WORDS = [
  'frame',
  'select',
  'clock',
  'deselect',
  'cs',
  'advance',
  'reset',
  'power',
  'ready',
  'counters',
];

/** A line of the protocol that was damaged a little, or not at all. */
function someLine(random: Random): string {
  const word = WORDS[random.integer(0, WORDS.length - 1)]!;
  const rest = ['on', 'assert', 'deassert', '83 d4 0f 00*9', '00*70000', '1us', '9e9s', '1s', 'ff', '*'];
  const line = [...`${word} ${rest[random.integer(0, rest.length - 1)]!}`];
  for (let damage = random.integer(0, 3); damage > 0; damage--)
    line[random.integer(0, line.length - 1)] = String.fromCharCode(random.integer(0, 300));
  return line.join('').replaceAll(/[\r\n]/g, ' ');
}

test('20,000 damaged lines are each answered with ok or error, at once', () => {
  const random = new Random(14);
  const session = new ChipSession({ seed: 1, sck: hertz(1_000_000), engine: 'built-in' });
  for (let count = 0; count < 20_000; count++) {
    const line = someLine(random);
    const began = performance.now();
    const answer = session.answer(line);
    expect(performance.now() - began, line).toBeLessThan(10_000);
    if (answer.length > 0) expect(answer.at(-1), line).toMatch(/^(ok|error)\b/);
  }
  session.close();
});
