import { spawnSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { run } from './h1-hil.ts';

for (const { args, prints } of [
  // An H1 is vendor 1ae0, device 0028. [CHIP 4.1]
  { args: ['read', 'DID_VID'], prints: 'TPM_DID_VID e0 1a 28 00\n' },
  { args: ['read', 'tpm_did_vid', '--size', '2'], prints: 'TPM_DID_VID e0 1a\n' },
  { args: ['read', '0x0f00', '--size', '4'], prints: '0x0f00 e0 1a 28 00\n' },
  // requestUse gives locality 0 to who asks: valid and activeLocality. [CHIP 4.2]
  { args: ['write', 'ACCESS', '02'], prints: 'TPM_ACCESS a0\n' },
] as const)
  test(`tis ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await run(['tis', ...args]);
    expect([code, stdout], stderr).toEqual([0, prints]);
  });

for (const { args, says } of [
  { args: ['read', 'DIDVIT'], says: /There is no register DIDVIT; did you mean DID_VID\?/ },
  { args: ['read', '0x12345'], says: /There is no register 0x12345\./ },
  { args: ['read', 'STS', '--locality', '5'], says: /--locality takes a whole number from 0 to 4/ },
  { args: ['read', 'STS', '--size', '65'], says: /--size takes a whole number from 1 to 64/ },
  { args: ['write', 'STS', '4'], says: /"4" are no bytes; write 1 to 64 of them in hexadecimal/ },
] as const)
  test(`a mistake is told: tis ${args.join(' ')}`, async () => {
    const { code, stderr } = await run(['tis', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });

/** The shell with these lines on its standard input. */
function shell(...lines: readonly string[]): {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/start.js', 'tis', 'shell'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { code: status, stdout, stderr };
}

test('the shell reads and writes registers of one powered chip, on the time of the board', () => {
  const { code, stdout, stderr } = shell(
    '# the chip keeps what is written until it is reset',
    'write ACCESS 02',
    'idle 2s',
    'read access',
    'reset',
    'read ACCESS',
    'ready',
    'quit',
    'read nothing of this any more',
  );
  expect([code, stderr]).toEqual([0, '']);
  const said = stdout.trim().split('\n');
  expect(said.map((line) => line.replace(/^ *[\d.]+ ms {2}/, ''))).toEqual([
    // valid and activeLocality, which stay over a sleep; after a reset valid alone. [CHIP 4.2]
    'TPM_ACCESS a0',
    'idle for 2 s',
    'TPM_ACCESS a0',
    'TPM_RST_L was pulsed',
    'TPM_ACCESS 80',
    'INT_AP_L is high',
  ]);
  const times = said.map((line) => Number.parseFloat(line));
  expect(times).toEqual([...times].sort((one, other) => one - other));
  expect(times[2]! - times[0]!).toBeGreaterThan(2000);
});

for (const [line, says] of [
  [
    'raed STS',
    'There is no word raed; did you mean read? Known words: read, write, idle, ready, reset, power, help, quit.',
  ],
  ['read STATUS', 'There is no register STATUS'],
  ['write ACCESS', '"" are no bytes'],
  ['idle long', 'idle takes a time such as 90s'],
  ['x'.repeat(5000), 'There is no word a line that is too long'],
] as const)
  test(`a mistake ends a shell that reads a pipe: ${line.slice(0, 20)}`, () => {
    const { code, stderr } = shell(line, 'read DID_VID');
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

test('rig monitor --traffic reads a register every second, and shows the ready pulses of it', async () => {
  const { code, stdout } = await run(['rig', 'monitor', 'sim', '--traffic', '--for', '2']);
  expect(code).toBe(0);
  expect(stdout.match(/monitor +TPM_DID_VID e0 1a 28 00/g)).toHaveLength(3);
  expect(stdout.match(/host +INT_AP_L asserted/g)).toHaveLength(6);
});
