import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A software TPM as a yardstick: one process, one socket, commands one after another. */
export interface SoftwareTpm {
  transmit(command: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Starts `swtpm` on a private socket; undefined when it is not installed. */
export async function startSoftwareTpm(): Promise<SoftwareTpm | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-swtpm-'));
  const socketPath = join(folder, 'socket');
  const child = spawn(
    'swtpm',
    [
      'socket',
      '--tpm2',
      '--tpmstate',
      `dir=${folder}`,
      '--server',
      `type=unixio,path=${socketPath}`,
      '--ctrl',
      `type=unixio,path=${join(folder, 'control')}`,
      '--flags',
      'not-need-init,startup-clear',
    ],
    { stdio: 'ignore' },
  );
  const missing = once(child, 'error').then(() => true);
  const started = (async () => {
    for (let tries = 0; tries < 100 && !existsSync(socketPath); tries++) await sleep(20);
    return false;
  })();
  if ((await Promise.race([missing, started])) || !existsSync(socketPath)) {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const socket = connect(socketPath);
  await once(socket, 'connect');
  return {
    transmit: async (command) => {
      const answer = once(socket, 'data') as Promise<[Buffer]>;
      socket.write(command);
      return (await answer)[0];
    },
    close: async () => {
      const gone = once(child, 'exit');
      socket.destroy();
      child.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
