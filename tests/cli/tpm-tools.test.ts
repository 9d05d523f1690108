import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { skippedWithout } from '../programs.ts';
import type { Running } from './h1-hil.ts';
import { start } from './h1-hil.ts';

const LAUNCHER = fileURLToPath(new URL('../../h1-hil', import.meta.url));

const skipped = skippedWithout('swtpm and tpm2-tools', 'swtpm', 'tpm2_getrandom');

test.skip(skipped !== undefined, skipped);
test.describe.configure({ mode: 'serial', timeout: 120_000 });

interface Tool {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let server: Running;
let socket: string;

/** Runs a tool of tpm2-tools in the folder of this file's tests. */
const tool = (name: string, args: readonly string[], tcti: string): Promise<Tool> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, TPM2TOOLS_TCTI: `cmd:${LAUNCHER} tpm ${tcti}` };
    execFile(`tpm2_${name}`, args, { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(stderr, { cause: error }));
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });

/** A tool on the chip that all tests share; it has to succeed. */
async function tpm2(line: string): Promise<string> {
  const [name = '', ...args] = line.split(' ');
  const { code, stdout, stderr } = await tool(name, args, `--connect ${socket}`);
  expect(code, `tpm2_${line}\n${stderr}`).toBe(0);
  return stdout;
}

/** As `tpm2`, for a tool that leaves objects loaded: only three fit, and no resource manager swaps them. */
async function tpm2Object(line: string): Promise<string> {
  const out = await tpm2(line);
  await tpm2('flushcontext -t');
  return out;
}

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-tools-'));
  socket = join(folder, 'tpm.sock');
  server = start(['tpm', '--rig', 'sim-swtpm', '--listen', socket]);
  await server.says('Listening at');
});

test.afterAll(async () => {
  server.process.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  const wasLeft = existsSync(socket);
  rmSync(folder, { recursive: true });
  expect(stderr).toBe(`h1-hil tpm: Listening at ${socket}\n`);
  expect({ code, wasLeft }).toEqual({ code: 0, wasLeft: false });
});

test('startup and getcap: the TPM that the driver started tells the manufacturer of Cr50, not of the engine', async () => {
  // CROS. [CHIP 5.5]
  await tpm2('startup -c');
  expect(await tpm2('getcap properties-fixed')).toMatch(/TPM2_PT_MANUFACTURER:\n\s+raw: 0x43524F53/);
});

test('getcap: the longest command is the 2048 bytes of the FIFO, whatever swtpm allows', async () => {
  // 0x800. [CHIP 5.5]
  expect(await tpm2('getcap properties-fixed')).toMatch(/TPM2_PT_MAX_COMMAND_SIZE:\n\s+raw: 0x800\n/);
});

test('getrandom: sixteen bytes, other ones each time', async () => {
  const [first, second] = [await tpm2('getrandom --hex 16'), await tpm2('getrandom --hex 16')];
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(second).not.toBe(first);
});

test('pcrextend and pcrread: a PCR is the hash of what it was and what came', async () => {
  expect(await tpm2('pcrread sha256:16')).toContain(`16: 0x${'00'.repeat(32)}`);
  await tpm2(`pcrextend 16:sha256=${'00'.repeat(31)}01`);
  // SHA-256 over 63 zero bytes and 01
  expect(await tpm2('pcrread sha256:16')).toContain(
    '16: 0x90F4B39548DF55AD6187A1D20D731ECEE78C545B94AFD16F42EF7592D99CD365',
  );
});

test('createprimary, create, load, sign, verify: a signature holds for its message only', async () => {
  await tpm2Object('createprimary -Q -C o -G ecc -c primary.ctx');
  await tpm2Object('create -Q -C primary.ctx -G ecc -u key.pub -r key.priv');
  await tpm2Object('load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx');
  writeFileSync(join(folder, 'message'), 'ready pulse');
  await tpm2Object('sign -Q -c key.ctx -g sha256 -o signature message');
  await tpm2Object('verifysignature -Q -c key.ctx -g sha256 -m message -s signature');
  writeFileSync(join(folder, 'message'), 'wake pulse');
  const forged = await tool(
    'verifysignature',
    ['-Q', '-c', 'key.ctx', '-g', 'sha256', '-m', 'message', '-s', 'signature'],
    `--connect ${socket}`,
  );
  expect(forged.code).not.toBe(0);
  expect(forged.stderr).toContain('the signature is not valid');
  await tpm2('flushcontext -t');
});

test('nvdefine, nvwrite, nvread: what was written is read', async () => {
  await tpm2('nvdefine -Q 0x1500001 -C o -s 32');
  writeFileSync(join(folder, 'nv'), 'thirty-two bytes of nothing much');
  await tpm2('nvwrite -Q 0x1500001 -C o -i nv');
  expect(await tpm2('nvread 0x1500001 -C o -s 32')).toBe('thirty-two bytes of nothing much');
  await tpm2('nvundefine -Q 0x1500001 -C o');
});

test('unseal with a policy: a secret is told while the PCR is as it was, and not after', async () => {
  await tpm2Object('createprimary -Q -C o -G ecc -c primary.ctx');
  await tpm2('createpolicy -Q --policy-pcr -l sha256:23 -L pcr.policy');
  writeFileSync(join(folder, 'secret'), 'the cake');
  await tpm2Object('create -Q -C primary.ctx -L pcr.policy -i secret -u seal.pub -r seal.priv');
  await tpm2Object('load -Q -C primary.ctx -u seal.pub -r seal.priv -c seal.ctx');
  expect(await tpm2Object('unseal -c seal.ctx -p pcr:sha256:23')).toBe('the cake');
  await tpm2(`pcrextend 23:sha256=${'11'.repeat(32)}`);
  const refused = await tool('unseal', ['-c', 'seal.ctx', '-p', 'pcr:sha256:23'], `--connect ${socket}`);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('a policy check failed');
  await tpm2('flushcontext -t');
});

test('a process for each tool is enough for what needs no context, on the built-in TPM too', async () => {
  const { code, stdout, stderr } = await tool('getrandom', ['--hex', '16'], '--rig sim');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^[0-9a-f]{32}$/);
});

test('what is non-volatile outlives the process in --state', async () => {
  const tcti = `--rig sim-swtpm --state ${join(folder, 'state')}`;
  writeFileSync(join(folder, 'kept'), 'kept');
  for (const line of ['nvdefine -Q 0x1500002 -C o -s 4', 'nvwrite -Q 0x1500002 -C o -i kept']) {
    const [name = '', ...args] = line.split(' ');
    expect((await tool(name, args, tcti)).code, line).toBe(0);
  }
  expect((await tool('nvread', ['0x1500002', '-C', 'o', '-s', '4'], tcti)).stdout).toBe('kept');
  expect(readFileSync(join(folder, 'state', 'tpm2-00.permall')).length).toBeGreaterThan(0);
});
