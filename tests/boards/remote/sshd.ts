import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { agentTest, AGENT, HERE } from './agent.ts';

const SSHD = '/usr/sbin/sshd';

/** A ssh server of this test's own on the loopback, with its keys in a folder. */
export interface Sshd {
  readonly folder: string;
  /** A file for ssh's -F, in which the server is called `device`. */
  readonly config: string;
  /** Ends every connection, as a network does. */
  cutAll(): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Skips where there is no ssh server, or this user may not be root on it; not in CI. */
function needsSshd(): void {
  const lack = !existsSync(SSHD)
    ? 'a real ssh server is needed: sudo apt install openssh-server'
    : userInfo().uid === 0
      ? undefined
      : 'the agent of a remote device works as root, and this user is not root';
  if (lack === undefined) return;
  const { CI = '' } = process.env;
  if (CI !== '' && CI !== 'false') throw new Error(`Not skipped in CI: ${lack}`);
  agentTest.skip(true, lack);
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .once('data', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => {
        resolve(false);
      });
  });

const serverConfig = (folder: string, port: number): string => `Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/authorized
PidFile ${folder}/pid
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 50
PermitRootLogin yes
`;

async function makeSshd(): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-sshd-'));
  const port = await freePort();
  const key = (name: string): string => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return readFileSync(join(folder, `${name}.pub`), 'utf8');
  };
  const hostKey = key('host');
  writeFileSync(join(folder, 'authorized'), key('user'));
  writeFileSync(join(folder, 'known'), `[127.0.0.1]:${port} ${hostKey}`);
  writeFileSync(join(folder, 'sshd_config'), serverConfig(folder, port));
  const config = join(folder, 'ssh_config');
  writeFileSync(
    config,
    [`Host device`, `HostName 127.0.0.1`, `Port ${port}`, `User ${userInfo().username}`]
      .concat([`IdentityFile ${folder}/user`, `UserKnownHostsFile ${folder}/known`, 'IdentitiesOnly yes', ''])
      .join('\n'),
  );
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  let server: ReturnType<typeof spawn> | undefined;
  const cutAll = (): void => {
    // Each connection is a process whose parent is the server.
    try {
      execFileSync('pkill', ['-KILL', '-P', String(server?.pid)]);
    } catch {
      // There was none.
    }
  };
  const start = async (): Promise<void> => {
    // It dies with this process, however that ends.
    server = spawn('setpriv', ['--pdeathsig', 'KILL', SSHD, '-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: 'ignore',
    });
    while (!(await answers(port))) await pause(20);
  };
  const stop = async (): Promise<void> => {
    cutAll();
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server?.kill('SIGKILL');
    await ended;
  };
  await start();
  return { folder, config, cutAll, start, stop };
}

/** Tests with a ssh server, and an agent that forwards its calls to a stand-in device. */
export const sshTest = agentTest.extend<
  object,
  { sshd: Sshd; forwarding: { agent: string; socket: string } }
>({
  sshd: [
    async ({}, use) => {
      needsSshd();
      const sshd = await makeSshd();
      await use(sshd);
      await sshd.stop();
      rmSync(sshd.folder, { recursive: true });
    },
    { scope: 'worker' },
  ],

  forwarding: [
    async ({ sshd }, use) => {
      const [agent, socket] = [join(sshd.folder, 'forwarding'), join(sshd.folder, 'device')];
      execFileSync('gcc', [
        ...[
          '-O1',
          '-pthread',
          '-static',
          '-DLEASE_S=5',
          '-I',
          AGENT,
          `-DFORWARD_TO="${socket}"`,
          '-o',
          agent,
        ],
        ...[join(AGENT, 'main.c'), join(AGENT, 'session.c'), join(HERE, 'forward.c')],
      ]);
      await use({ agent, socket });
    },
    { scope: 'worker' },
  ],
});
