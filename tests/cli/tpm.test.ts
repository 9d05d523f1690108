import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { skippedWithout } from '../programs.ts';
import { run, start } from './h1-hil.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const folders: string[] = [];

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-tpm-'));
  folders.push(folder);
  return folder;
}

test.afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

// TPM 2.0 Library, Part 3: GetRandom(4), and Startup(CLEAR), which a started TPM refuses with TPM_RC_INITIALIZE.
const GET_RANDOM = hex('8001 0000000c 0000017b 0004');
const STARTUP = hex('8001 0000000c 00000144 0000');
const RANDOM = /^80010000001000000000 0004[0-9a-f]{8}$/;
const isRandom = (answer: string): boolean => new RegExp(RANDOM.source.replace(' ', '')).test(answer);
const INITIALIZE = '80010000000a00000100';

interface Answered {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `h1-hil tpm` with these chunks as its input. */
const tpm = (args: readonly string[], chunks: readonly Buffer[]): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'src/cli/start.js'), 'tpm', ...args]);
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout: Buffer.concat(out).toString('hex'), stderr });
    });
    child.stdin.on('error', () => undefined);
    for (const chunk of chunks) child.stdin.write(chunk);
    child.stdin.end();
  });

test('each command is answered, whatever pieces it comes in, and nothing else is said', async () => {
  const both = Buffer.concat([STARTUP, GET_RANDOM]);
  const { code, stdout, stderr } = await tpm(
    [],
    [both.subarray(0, 3), both.subarray(3, 15), both.subarray(15)],
  );
  expect(stdout.slice(0, 20)).toBe(INITIALIZE);
  expect(isRandom(stdout.slice(20)), stdout).toBe(true);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('an input without commands closes the board in order', async () => {
  expect(await tpm(['--rig', 'sim-no-irq', '--profile', 'linux-6.1'], [])).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
});

test('--log puts the words of the driver on stderr', async () => {
  const { code, stdout, stderr } = await tpm(['--log', '--profile', 'linux-6.1'], []);
  expect(stderr).toContain('Cr50 firmware version: ');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

test('a size that no command has is met with a sentence and exit code 2, after the answers that were due', async () => {
  const { code, stdout, stderr } = await tpm([], [STARTUP, hex('8001 00000009 00000144 0000')]);
  expect(stdout).toBe(INITIALIZE);
  expect(stderr).toMatch(
    /^h1-hil: Command 2 of the input says that it has 9 bytes, and a TPM command has 10 to 4096\./,
  );
  expect(code).toBe(2);
});

test('an input that ends inside a command is met with a sentence and exit code 2', async () => {
  const { code, stderr } = await tpm([], [STARTUP.subarray(0, 7)]);
  expect(stderr).toMatch(/^h1-hil: The input ends in the middle of command 1, after 7 of its bytes\./);
  expect(code).toBe(2);
});

test('a chip with an image for another board is met with its TPM_RC_LOCKOUT and exit code 1', async () => {
  const rig = join(makeFolder(), 'wrong-board.yaml');
  const board =
    'boardId: { type: 0x41424344, flags: 0 }, imageFor: { type: 0x5a5a4352, mask: 0xffffffff, flags: 0 }';
  writeFileSync(rig, `description: an image for another board\nboard: { kind: sim, ${board} }\n`);
  const { code, stdout, stderr } = await tpm(['--rig', rig], [GET_RANDOM]);
  // [CHIP 5.1]
  expect(stderr).toMatch(/^h1-hil: The TPM answered 0x00000921 .*\n$/);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test('one chip serves client after client, a wrong one costs only itself, and SIGTERM ends it', async () => {
  const folder = makeFolder();
  const socket = join(folder, 'tpm.sock');
  const server = start(['tpm', '--listen', socket]);
  await server.says('Listening at');
  const wrong = connect(socket, () => wrong.write(hex('8001 ffffffff 00000144 0000')));
  wrong.on('error', () => undefined);
  await new Promise((resolve) => wrong.once('close', resolve));
  for (let client = 0; client < 2; client++) {
    const { code, stdout, stderr } = await tpm(['--connect', socket], [STARTUP, GET_RANDOM]);
    expect(stdout.slice(0, 20)).toBe(INITIALIZE);
    expect(isRandom(stdout.slice(20)), stdout).toBe(true);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  server.process.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  expect(stderr).toContain('Command 1 of the input says that it has 4294967295 bytes');
  expect({ code, isLeft: existsSync(socket) }).toEqual({ code: 0, isLeft: false });
});

for (const { args, says } of [
  { args: ['--rig', 'sin'], says: /There is no rig sin/ },
  { args: ['--profile', 'linux'], says: /There is no profile linux\. Known profiles: / },
  { args: ['--seed', '-1'], says: /A seed is a whole number/ },
  {
    args: ['--state', '/tmp'],
    says: /--state is for a simulated board with the engine swtpm, and rig sim has none/,
  },
  { args: ['--connect', '/nowhere/tpm.sock'], says: /Nobody listens at \/nowhere\/tpm\.sock/ },
  { args: ['--listen', '/proc/version'], says: /\/proc\/version exists already/ },
])
  test(`tpm ${args.join(' ')} is met with one sentence and exit code 2`, async () => {
    const { code, stdout, stderr } = await run(['tpm', ...args]);
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

test.describe('what no H1 of the version executes, no rig executes [CHIP 5.5]', () => {
  /** StartAuthSession of a policy session, PolicyPassword in it, PolicyPassword's fellow PolicyAuthValue. [TPM2 Part 3] */
  const SESSION = hex(`8001 0000003b 00000176 40000007 40000007 0020 ${'00'.repeat(32)} 0000 01 0010 000b`);
  const POLICY_PASSWORD = hex('8001 0000000e 0000018c 03000000');
  const POLICY_AUTH_VALUE = hex('8001 0000000e 0000016b 03000000');
  const SUCCESS = '80010000000a00000000';
  const NO_COMMAND = '80010000000a00000143';

  for (const engine of ['built-in', 'swtpm'])
    for (const [firmware, answer] of [
      ['0.5.4', SUCCESS],
      ['0.5.280', NO_COMMAND],
    ] as const)
      test(`PolicyPassword on ${firmware} with the engine ${engine}`, async () => {
        const skipped = engine === 'swtpm' ? skippedWithout('swtpm', 'swtpm') : undefined;
        test.skip(skipped !== undefined, skipped);
        const rig = join(makeFolder(), 'chip.yaml');
        writeFileSync(
          rig,
          `description: a chip\nboard:\n  kind: sim\n  firmware: ${firmware}\n  engine: ${engine}\n`,
        );
        const { stdout } = await tpm(['--rig', rig], [SESSION, POLICY_AUTH_VALUE, POLICY_PASSWORD]);
        expect(stdout.slice(-40)).toBe(SUCCESS + answer);
      });
});
