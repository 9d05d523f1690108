import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { ChipSession } from '../../src/chip-protocol/session.ts';
import { Random } from '../../src/sim/index.ts';
import { hertz } from '../../src/units/index.ts';
import { attempts, TEST_SEED } from '../thorough.ts';
import type { Running } from './h1-hil.ts';
import { start } from './h1-hil.ts';

// Lines that a slip of the hand or nobody's good will made, and readers that do not read.

test.describe.configure({ timeout: 120_000 });

const MIB = 1 << 20;
const LONGEST_MS = 10_000;

const LINES = [
  ...['power on', 'power off', 'reset assert', 'reset deassert', 'ready', 'asleep', 'time', 'counters'],
  ...['about', 'horizon', 'renew 7', 'select', 'deselect', 'cs 1us', 'clock 83 d4 0f 00', 'clock 00*5'],
  ...['frame 83 d4 0f 00*6', 'frame 00 d4 00 00 00 02 00', 'frame 00*65536'],
  ...['advance 300us', 'advance 100ms', 'advance 86400s', 'await 5ms', 'await 86400s'],
];
const SCRAPS = [
  ...['*', '00', '-', '.', '9', '99999', '1e9', 's', 'ms', '*65536', 'ff', '#', ' ', '\t', 'é', '\u{1f600}'],
  ...['\u0000', '\u001b[2J', '\u0007', '\ud800', '__proto__', 'NaN', '0x10', '\u2028'],
];

/** Lines with up to four scraps in the place of up to four characters; every fifth one is whole. */
function* damagedLines(count: number): Generator<string> {
  const random = new Random(TEST_SEED).fork('lines');
  const below = (most: number): number => Math.floor(random.next() * most);
  for (let made = 0; made < count; made++) {
    let line = LINES[below(LINES.length)]!;
    for (let left = below(5); left > 0; left--) {
      const at = below(line.length + 1);
      line = line.slice(0, at) + SCRAPS[below(SCRAPS.length)]! + line.slice(at + below(5));
    }
    yield line;
  }
}

test('each damaged line has its one answer, soon and in flat memory', () => {
  const chip = new ChipSession({ seed: 1, sck: hertz(1_000_000), engine: 'built-in' });
  const before = process.memoryUsage().rss;
  const wrong: string[] = [];
  for (const line of damagedLines(attempts(20_000, 2000))) {
    const began = performance.now();
    const answer = chip.answer(line);
    if (performance.now() - began > LONGEST_MS) wrong.push(`slow: ${line}`);
    if (!/^(ok|error) ?/.test(answer.at(-1) ?? 'ok') || answer.length > 100_000) wrong.push(line);
  }
  expect(wrong).toEqual([]);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  chip.close();
});

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('chip serve answers damaged lines to their end, and a reader that is late gets all of it', async () => {
  const lines = [...damagedLines(attempts(20_000, 1000))].filter((line) => !/^\s*(#|$)/.test(line));
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/start.js'), 'chip'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const written = new Promise<void>((resolve) => child.stdin.end(`${lines.join('\n')}\n`, resolve));
  await pause(2000);
  let answers = 0;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    answers += parts.filter((part) => /^(ok|error)/.test(part)).length;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await written;
  expect({ code, answers }).toEqual({ code: 0, answers: lines.length });
});

/** Memory of a process that is in use, in bytes. */
const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** Writes for so long, as fast as it is taken, and reads nothing. */
async function pour(socket: Socket, piece: Buffer, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  while (performance.now() < end)
    if (!socket.write(piece))
      await Promise.race([
        once(socket, 'drain').catch(() => undefined),
        pause(forMs, undefined, { ref: false }),
      ]);
}

const GET_RANDOM = Buffer.from('80010000000c0000017b0020', 'hex');
const SERVERS: readonly { readonly args: readonly string[]; readonly piece: Buffer }[] = [
  { args: ['chip', 'serve', '--socket'], piece: Buffer.from('about\n'.repeat(500)) },
  { args: ['tpm', '--listen'], piece: Buffer.concat(new Array<Buffer>(500).fill(GET_RANDOM)) },
];

for (const { args, piece } of SERVERS)
  test(`a client of ${args.join(' ')} that never reads costs no memory, and its end is noticed`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-slow-'));
    const path = join(folder, 'socket');
    const server: Running = start([...args, path]);
    try {
      await server.says('Listening at');
      const client = connect(path).on('error', () => undefined);
      await once(client, 'connect');
      client.pause();
      await pour(client, piece.subarray(0, 12), 500);
      const before = memoryOf(server.process.pid!);
      await pour(client, piece, attempts(12_000, 3000));
      expect(memoryOf(server.process.pid!) - before).toBeLessThan(100 * MIB);
      client.destroy();
      if (args[0] === 'tpm') server.process.kill('SIGTERM');
      expect(await server.ended).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^.* Listening at .*\n$/),
      });
    } finally {
      server.process.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });
