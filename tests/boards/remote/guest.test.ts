import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';
import { start } from '../../cli/h1-hil.ts';
import { IS_THOROUGH } from '../../thorough.ts';
import { needsLab } from '../virtual-lab/here.ts';
import { sshTest as test } from './sshd.ts';

const GUEST = fileURLToPath(new URL('guest-device.ts', import.meta.url));
/** What is run of the suites: all that a device has, or a test of each. */
const WHAT = IS_THOROUGH ? [] : ['--grep', 'one opener|finds a TPM|takes back at freezer|20 sleeps, to-idle'];

/** Resolves when a program has said that it is ready. */
const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout?.once('data', () => {
      resolve();
    });
    child.once('exit', (status) => {
      reject(new Error(`The guest ended with status ${String(status)}.`));
    });
  });

const rigFile = (config: string, agent: string): string => `description: A Debian guest behind ssh
board:
  kind: remote
  ssh: { host: device, config: ${config} }
  agent: ${agent}
  device: spi0.0
  wakeAfter: 2s
`;

test("suites pass on a Debian guest's own kernel, reached through ssh and the agent's session", async ({
  sshd,
  forwarding: { agent, socket },
}) => {
  test.setTimeout(IS_THOROUGH ? 900_000 : 400_000);
  needsLab();
  const guest = spawn(process.execPath, ['--import', 'tsx', GUEST, socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await ready(guest);
    const rig = join(sshd.folder, 'guest.yaml');
    writeFileSync(rig, rigFile(sshd.config, agent));
    const suites = ['bring-up', 'device-file', 'kernel-driver', 'suspend-resume'];
    const place = ['--rig', rig, '--history', 'none', '--report', join(sshd.folder, 'report')];
    const { code, stdout } = await start(['run', ...suites, ...place, ...WHAT]).ended;
    expect(stdout).toMatch(/^Verdict {2}pass$/m);
    expect(Number(/^(\d+) passed, 0 failed/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(IS_THOROUGH ? 17 : 4);
    expect(code, stdout).toBe(0);
  } finally {
    guest.stdin.end();
    rmSync(socket, { force: true });
  }
});
