import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { SwtpmEngine } from '../../../src/boards/sim/swtpm/index.ts';
import { LabFailure } from '../../../src/units/index.ts';
import { skippedWithout } from '../../programs.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const show = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

// TPM 2.0 Library, Part 3: Startup(CLEAR), GetRandom(16), NV_ReadPublic of an index that is not there.
const STARTUP = hex('8001 0000000c 00000144 0000');
const GET_RANDOM = hex('8001 0000000c 0000017b 0010');
const SUCCESS = '80010000000a00000000';
const INITIALIZE = '80010000000a00000100';

/** NV_DefineSpace of index 01500003 with 8 bytes, owner authorization by an empty password. [TPM2 Part 3, 31.3] */
const DEFINE = hex(
  '8002 0000002d 0000012a 40000001 00000009 40000009 0000 01 0000 0000 000e 01500003 000b 00020002 0000 0008',
);
/** NV_ReadPublic of index 01500003. */
const READ_PUBLIC = hex('8001 0000000e 00000169 01500003');
/** Format 1, handle 1, TPM_RC_HANDLE. */
const NO_SUCH_INDEX = '80010000000a0000018b';

const skipped = skippedWithout('swtpm', 'swtpm');

/** The processes of a group that still run. */
const groupOf = (leader: number): string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return Number(group) === leader && state !== 'Z';
    } catch {
      return false;
    }
  });

/** The folder that swtpm of this group keeps its state in. */
function folderOf(leader: number): string {
  const lines = groupOf(leader).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  return /dir=([^\0]+)/.exec(lines.join('\n'))![1]!;
}

test('a program that is not there is met with one sentence that says what to install', () => {
  expect(() => new SwtpmEngine({ program: 'swtpm-that-is-not-there' })).toThrow(
    /^The rig's TPM engine is swtpm, and there is no program swtpm-that-is-not-there on the PATH\. Install it \(Debian: apt-get install swtpm\)/,
  );
});

test.describe('with swtpm', () => {
  test.skip(skipped !== undefined, skipped);

  test('commands are answered by a TPM that needs Startup after reset and after power', () => {
    const engine = new SwtpmEngine();
    expect(show(engine.execute(GET_RANDOM))).toBe(INITIALIZE);
    expect(show(engine.execute(STARTUP))).toBe(SUCCESS);
    expect(show(engine.execute(GET_RANDOM))).toMatch(/^80010000001c000000000010[0-9a-f]{32}$/);
    engine.reset();
    expect(show(engine.execute(GET_RANDOM))).toBe(INITIALIZE);
    expect(show(engine.execute(STARTUP))).toBe(SUCCESS);
    engine.powerCycle();
    expect(show(engine.execute(GET_RANDOM))).toBe(INITIALIZE);
    engine.close();
  });

  test('what is non-volatile outlives reset and power, and not renew', () => {
    const engine = new SwtpmEngine();
    engine.execute(STARTUP);
    expect(show(engine.execute(READ_PUBLIC))).toBe(NO_SUCH_INDEX);
    expect(show(engine.execute(DEFINE)).slice(12, 20)).toBe('00000000');
    for (const interrupt of [
      () => {
        engine.reset();
      },
      () => {
        engine.powerCycle();
      },
    ]) {
      interrupt();
      engine.execute(STARTUP);
      expect(show(engine.execute(READ_PUBLIC)).slice(12, 20)).toBe('00000000');
    }
    engine.renew();
    engine.execute(STARTUP);
    expect(show(engine.execute(READ_PUBLIC))).toBe(NO_SUCH_INDEX);
    engine.close();
  });

  test('a state folder is kept by renew and by close, and found again', () => {
    const place = mkdtempSync(join(tmpdir(), 'h1-hil-state-'));
    const state = join(place, 'nv');
    const engine = new SwtpmEngine({ state });
    engine.execute(STARTUP);
    engine.execute(DEFINE);
    engine.renew();
    engine.close();
    const again = new SwtpmEngine({ state });
    again.execute(STARTUP);
    expect(show(again.execute(READ_PUBLIC)).slice(12, 20)).toBe('00000000');
    again.close();
    rmSync(place, { recursive: true });
  });

  test('a state folder that cannot be made is a lab failure that names it', () => {
    expect(() => new SwtpmEngine({ state: '/proc/none/nv' })).toThrow(
      /^swtpm did not start: its state folder \/proc\/none\/nv cannot be used/,
    );
  });

  test('headers that the library refuses are answered as the chip does', () => {
    const engine = new SwtpmEngine();
    // [CHIP 5.1] bad tag; size field unlike the number of bytes; nothing at all
    expect(show(engine.execute(hex('1234 0000000c 00000144 0000')))).toBe('00c40000000a0000001e');
    expect(show(engine.execute(hex('8001 0000000d 00000144 0000')))).toBe('80010000000a00000142');
    expect(show(engine.execute(hex('8001 0000000c 0000')))).toBe('80010000000a00000142');
    expect(show(engine.execute(new Uint8Array()))).toBe('80010000000a00000142');
    expect(show(engine.execute(STARTUP))).toBe(SUCCESS);
    engine.close();
  });

  test('close leaves no process and no folder, and a call after it says why it fails', () => {
    const engine = new SwtpmEngine();
    const leader = engine.processId;
    const folder = folderOf(leader);
    expect(existsSync(folder)).toBe(true);
    engine.close();
    engine.close();
    expect({ running: groupOf(leader), folder: existsSync(folder) }).toEqual({ running: [], folder: false });
    expect(() => engine.execute(STARTUP)).toThrow(/its board was closed/);
  });

  test('an swtpm that is killed is a lab failure, at once and from then on', () => {
    const engine = new SwtpmEngine();
    const leader = engine.processId;
    const folder = folderOf(leader);
    engine.execute(STARTUP);
    process.kill(-leader, 'SIGKILL');
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => engine.execute(GET_RANDOM)).toThrow(LabFailure);
      expect(() => engine.execute(GET_RANDOM)).toThrow(/^swtpm is gone at a command: ended by SIGKILL\./);
    }
    engine.close();
    expect(existsSync(folder)).toBe(false);
  });

  test('an swtpm that does not answer is ended at the limit; one that answers later than at once is waited for', async () => {
    const engine = new SwtpmEngine({ limitMs: 4000 });
    const leader = engine.processId;
    const folder = folderOf(leader);
    process.kill(-leader, 'SIGSTOP');
    const waker = spawn('/bin/sh', ['-c', `sleep 0.3; kill -s CONT -- -${leader}`]);
    expect(show(engine.execute(STARTUP))).toBe(SUCCESS);
    await once(waker, 'exit');
    process.kill(-leader, 'SIGSTOP');
    expect(() => engine.execute(GET_RANDOM)).toThrow(
      /^swtpm did not answer a command within 4 s and was ended\./,
    );
    expect(() => {
      engine.reset();
    }).toThrow(LabFailure);
    engine.close();
    // Not even as a zombie.
    expect(existsSync(`/proc/${leader}`)).toBe(false);
    await expect.poll(() => groupOf(leader)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  test('a board that is killed leaves neither swtpm nor its folder', async () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const owner = spawn(
      process.execPath,
      [
        '--import',
        join(root, 'node_modules/tsx/dist/loader.mjs'),
        join(root, 'tests/boards/sim/swtpm-owner.ts'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string];
    const leader = Number(line);
    const folder = folderOf(leader);
    expect(groupOf(leader)).not.toEqual([]);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await expect.poll(() => [groupOf(leader), existsSync(folder)]).toEqual([[], false]);
  });

  test('a board that was renewed has another TPM, and closes with it', async () => {
    const board = new SimBoard({ seed: 1, engine: 'swtpm' });
    await board.power!.on();
    board.renew(2);
    await board.power!.on();
    await board.close();
    expect(board.power!.isOn).toBe(false);
    const ours = execFileSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' });
    expect(ours).not.toMatch(/^sh\b/m);
  });
});
