import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { PROCESSORS } from '../../../src/boards/remote/agent-image.ts';
import { OP, textsOf } from '../../../src/boards/remote/messages.ts';
import { programChannel } from '../../../src/boards/remote/program-channel.ts';
import { filesOf } from '../../../src/boards/remote/remote-board.ts';
import { AgentSession } from '../../../src/boards/remote/session.ts';
import { AGENT, agentTest } from './agent.ts';

const test = agentTest.extend<{ session: AgentSession }>({
  session: async ({ program, folder }, use) => {
    const session = new AgentSession({
      host: 'this machine',
      dial: () => programChannel([program, 'attach', folder]),
    });
    await use(session);
    await session.close();
  },
});

test("the agent's calls are those of the system", async ({ session, folder }) => {
  const files = filesOf(session);
  const path = join(folder, 'text');
  writeFileSync(path, 'one two three');
  const file = await files.open(path, 2);
  expect(file).toBeGreaterThan(2);
  expect(Buffer.from((await files.read(file, 3)) as Uint8Array).toString()).toBe('one');
  expect(Buffer.from((await files.readAt(file, 5, 4)) as Uint8Array).toString()).toBe('two t');
  expect(await files.toEnd!(file)).toBe(13);
  expect(await files.write(file, Buffer.from(' four'))).toBe(5);
  expect(readFileSync(path, 'utf8')).toBe('one two three four');
  expect(await files.poll(file, 1, 100)).toBe(1);
  expect(await files.close(file)).toBe(0);
  expect(await files.close(file)).toBe(-9);
  expect(await files.read(file, 3)).toBe(-9);
  expect(await files.open(join(folder, 'none'), 0)).toBe(-2);
  expect(await files.list(folder)).toEqual(expect.arrayContaining(['text', 'socket', 'journal']));
  expect(await files.list(path)).toBe(-20);
  expect(await files.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
    status: 3,
    output: 'out\nerr\n',
  });
  expect(await files.run(['sh', '-c', 'kill -9 $$'])).toEqual({ status: 137, output: '' });
  expect(await files.run(['no-such-program'])).toEqual({ status: 127, output: '' });
  const { status, output } = await files.run(['sh', '-c', 'yes | head -c 200000; exit 4']);
  expect([status, output.length]).toEqual([4, 65536]);
});

test('a call that waits keeps no other from its answer', async ({ session }) => {
  const files = filesOf(session);
  const done: string[] = [];
  const slow = files.run(['sleep', '0.5']).then(() => done.push('slow'));
  await files.list('/').then(() => done.push('fast'));
  await slow;
  expect(done).toEqual(['fast', 'slow']);
});

test('nothing sleeps whose alarm cannot be set', async ({ session }) => {
  const answer = await session.call(OP.sleep, [5], textsOf('none', '/no/such/wakealarm'), { what: 'sleep' });
  expect([answer.result, answer.body.length]).toEqual([-2, 0]);
});

test('an operation that there is not is refused, and the session goes on', async ({ session }) => {
  expect((await session.call(99, [], new Uint8Array(0), { what: 'nothing' })).result).toBe(-38);
  expect(await filesOf(session).list('/no/such/folder')).toBe(-2);
});

for (const processor of PROCESSORS)
  test(`the agent for ${processor} is static, below 1 MiB, and the same each time it is built`, async ({
    folder,
  }) => {
    const compiler = {
      x86_64: 'x86_64-linux-gnu',
      aarch64: 'aarch64-linux-gnu',
      armv7l: 'arm-linux-gnueabihf',
    }[processor]!;
    try {
      execFileSync(`${compiler}-gcc`, ['--version'], { stdio: 'ignore' });
    } catch {
      test.skip(true, `there is no ${compiler}-gcc here: sudo apt install gcc-${compiler}`);
    }
    const [first, second] = ['a', 'b'].map((name) => {
      const out = join(folder, name);
      execFileSync('make', ['-s', '-C', AGENT, `CC=${compiler}-gcc`, `OUT=${out}`]);
      return readFileSync(out);
    });
    expect(first!.equals(second!)).toBe(true);
    expect(first!.length).toBeLessThan(1 << 20);
    // A program of the ELF kind without an interpreter needs no library.
    expect(first!.includes('/lib/ld-linux') || first!.includes('/lib64/ld-linux')).toBe(false);
  });
