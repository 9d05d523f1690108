import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@playwright/test';
import { OP, textsOf } from '../../../src/boards/remote/messages.ts';
import { programChannel } from '../../../src/boards/remote/program-channel.ts';
import type { SessionOptions } from '../../../src/boards/remote/session.ts';
import { AgentSession } from '../../../src/boards/remote/session.ts';
import { attempts, TEST_SEED } from '../../thorough.ts';
import { AGENT, agentTest as test, HERE } from './agent.ts';
import { cutAfter } from './cuts.ts';

const APPEND = 0o2001;
const LIMITS = { back: 5_000, request: 5_000, silence: 2_000 };

const sessionWith = (program: string, folder: string, more: Partial<SessionOptions> = {}): AgentSession =>
  new AgentSession({
    host: 'stand-in',
    dial: () => programChannel([program, 'attach', folder]),
    limits: LIMITS,
    ...more,
  });

const open = async (session: AgentSession, path: string, flags: number): Promise<number> =>
  (await session.call(OP.open, [flags], textsOf(path), { what: `open ${path}` })).result;

const append = async (session: AgentSession, file: number, text: string): Promise<number> =>
  (await session.call(OP.write, [file], Buffer.from(text), { what: `write ${text.trim()}` })).result;

/** Forty lines, four at a time, appended to a file by numbered requests. */
async function appendLines(session: AgentSession, path: string): Promise<void> {
  writeFileSync(path, '');
  const file = await open(session, path, APPEND);
  for (let line = 0; line < 40; line += 4)
    await Promise.all([0, 1, 2, 3].map((more) => append(session, file, `${line + more}\n`)));
}

const linesOf = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(Number)
    .sort((a, b) => a - b);

const LINES = Array.from({ length: 40 }, (_, line) => line);

test('the agent is static and below 1 MiB, and says who it is', async ({ program }) => {
  expect(statSync(program).size).toBeLessThan(1 << 20);
  expect(execFileSync('file', ['-b', program]).toString()).toContain('statically linked');
  expect(execFileSync(program, ['version']).toString()).toBe('h1-hil agent 1\n');
});

test('a connection that is cut at each of 50 moments runs no request twice and loses none', async ({
  program,
  folder,
}) => {
  test.setTimeout(120_000);
  const path = join(folder, 'lines');
  for (let moment = 0; moment < 50; moment++) {
    // From within the greeting to the last answer; some 1,150 bytes go over a whole connection.
    const session = sessionWith(program, folder, {
      dial: cutAfter(() => programChannel([program, 'attach', folder]), [3 + moment * 22, 60 + moment * 7]),
    });
    await appendLines(session, path);
    expect(linesOf(path), `cut after ${3 + moment * 22} bytes`).toEqual(LINES);
    expect(session.cuts, `cut after ${3 + moment * 22} bytes`).toBeGreaterThan(0);
    writeFileSync(path, '');
    await session.close();
    mkdirSync(folder, { recursive: true });
  }
});

test('an agent that is killed is taken up where it was: what had begun is not known, and is not done again', async ({
  program,
  folder,
}) => {
  const path = join(folder, 'lines');
  writeFileSync(path, '');
  const session = sessionWith(program, folder);
  const file = await open(session, path, APPEND);
  await append(session, file, '0\n');
  const stuck = session.call(
    OP.run,
    [],
    textsOf('sh', '-c', `echo 1 >> ${path}; sleep 3; echo 2 >> ${path}`),
    {
      what: 'run a script',
    },
  );
  await expect.poll(() => linesOf(path)).toEqual([0, 1]);
  execFileSync('pkill', ['-KILL', '-f', `attach ${folder}`]);
  await expect(stuck).rejects.toThrow(
    'Device stand-in: its agent was killed and is back. Under way was: run a script. Whether it was done is unknown, and it is not done again. Run again.',
  );
  expect(linesOf(path).filter((line) => line === 1)).toEqual([1]);
  // The files of the one before are gone with it.
  expect(await append(session, file, '3\n')).toBe(-9);
  await session.close();
});

test('another token is refused, and the session that has the agent goes on', async ({ program, folder }) => {
  const mine = sessionWith(program, folder);
  expect(await open(mine, '/nowhere/at/all', 0)).toBe(-2);
  const other = sessionWith(program, folder);
  await expect(other.opened).rejects.toThrow('sent the refusal -13');
  await expect(open(mine, '/nowhere/at/all', 0)).resolves.toBe(-2);
  await mine.close();
});

test('bye leaves nothing behind', async ({ program, folder }) => {
  const session = sessionWith(program, folder);
  await session.opened;
  expect(readdirSync(folder).sort()).toEqual(['journal', 'socket']);
  await session.close();
  await expect.poll(() => existsSync(folder)).toBe(false);
});

test('an agent that nobody comes back to writes back what it was told to, and leaves nothing behind', async ({
  program,
  folder,
}) => {
  const path = join(process.env['TMPDIR'] ?? '/tmp', `h1-hil-undo-${process.pid}`);
  writeFileSync(path, 'spidev');
  const session = sessionWith(program, folder, { limits: { ...LIMITS, back: 0 } });
  await session.call(OP.undo, [], textsOf(path, 'tpm_tis'), { what: 'keep an undo' });
  session.cut();
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('tpm_tis');
  execFileSync('rm', [path]);
});

test('a device that does not come back is told with what was under way and what is seen of it', async ({
  program,
  folder,
}) => {
  let isThere = true;
  const session = sessionWith(program, folder, {
    limits: { back: 400, request: 5_000, silence: 2_000 },
    dial: () =>
      programChannel(isThere ? [program, 'attach', folder] : ['sh', '-c', 'echo no route >&2; exit 255']),
    witness: async () => ['It answers no ping.'],
  });
  await session.opened;
  const late = session.call(OP.run, [], textsOf('sleep', '2'), { what: 'run sleep 2' });
  isThere = false;
  session.cut();
  await expect(late).rejects.toThrow(
    /^Device stand-in has not come back within 0\.4 s\. It was last heard \d+\.\d s ago\. Under way was: run sleep 2\. The connection: sh ended with status 255: no route\. It answers no ping\.$/,
  );
});

test('a device that never answered cannot be reached; one without the agent has none', async () => {
  const silent = new AgentSession({
    host: 'chromebook',
    dial: () => programChannel(['sh', '-c', 'exit 255']),
    limits: { back: 300, request: 1_000, silence: 1_000 },
  });
  await expect(silent.opened).rejects.toThrow(
    'Device chromebook cannot be reached within 0.3 s. It has never answered. The connection: sh ended with status 255.',
  );
  const bare = new AgentSession({ host: 'chromebook', dial: () => programChannel(['sh', '-c', 'exit 127']) });
  await expect(bare.opened).rejects.toThrow(
    'Device chromebook has no agent that runs. sh ended with status 127.',
  );
});

test('a connection without a word is cut, and the answer comes on the next one', async ({
  program,
  folder,
}) => {
  let connection = 0;
  const session = sessionWith(program, folder, {
    limits: { back: 5_000, request: 5_000, silence: 400 },
    dial: () => {
      const channel = programChannel([program, 'attach', folder]);
      if (connection++ > 0) return channel;
      // The first connection hears nothing after the greeting, as when a network stalls.
      const muted = { ...channel };
      let heard = 0;
      channel.onBytes = (bytes) => {
        if (heard++ === 0) muted.onBytes(bytes);
      };
      channel.onEnd = (end) => {
        muted.onEnd(end);
      };
      return muted;
    },
  });
  expect(await open(session, '/nowhere/at/all', 0)).toBe(-2);
  expect(session.cuts).toBe(1);
  await session.close();
});

test('a request that is not done in time is told as such, and the others go on', async ({
  program,
  folder,
}) => {
  const session = sessionWith(program, folder, { limits: { back: 100, request: 200, silence: 2_000 } });
  await session.opened;
  const stuck = session.call(OP.run, [], textsOf('sleep', '1'), { what: 'run sleep 1' });
  await expect(stuck).rejects.toThrow('answers, and has not done "run sleep 1" within 0.2 s');
  expect(await open(session, '/nowhere/at/all', 0)).toBe(-2);
  await pause(1_000);
  expect(await open(session, '/nowhere/at/all', 0)).toBe(-2);
  await session.close();
});

test('what is no agent is refused in a sentence', async () => {
  const session = new AgentSession({
    host: 'chromebook',
    dial: () =>
      programChannel(['sh', '-c', 'echo Welcome to this machine, the last login was yesterday; sleep 5']),
  });
  await expect(session.opened).rejects.toThrow(
    /Device chromebook sent an answer of \d+ bytes, which its agent never does\. Look at what the login shell/,
  );
});

test('mutated messages break nothing of a session', async ({ folder }) => {
  const fuzzer = join(folder, 'fuzz');
  execFileSync('gcc', [
    ...['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-I', AGENT],
    ...[join(HERE, 'fuzz.c'), join(AGENT, 'session.c'), '-o', fuzzer],
  ]);
  const count = attempts(5_000_000, 1_000_000);
  const said = execFileSync(fuzzer, [String(count), String(TEST_SEED)], {
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
  });
  expect(said.toString()).toMatch(new RegExp(`^${count} messages, \\d+ answers\n$`));
});
