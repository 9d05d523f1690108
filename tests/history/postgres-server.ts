import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL of a test: nobody but this machine reaches it, and nothing of it stays. */
export interface Server {
  readonly url: string;
  stop(): void;
}

const DEBIAN = '/usr/lib/postgresql';

/** The folder of its programs; undefined where there is none. */
function programs(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const folders = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin'));
  return [...folders, '/usr/local/bin'].find((folder) => existsSync(join(folder, 'initdb')));
}

/** Why there is no server here; undefined where one can be started. */
export const WITHOUT_POSTGRES: string | undefined =
  programs() === undefined ? 'there is no PostgreSQL here: apt-get install postgresql' : undefined;

/** Starts one in a folder of its own. PostgreSQL refuses to be root, so then it is the user postgres. */
export function startPostgres(): Server {
  const bin = programs()!;
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-pg-'));
  const isRoot = process.getuid?.() === 0;
  const ids = isRoot ? idsOf('postgres') : undefined;
  if (ids !== undefined) chownSync(folder, ids.uid, ids.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const call = (program: string, args: readonly string[]): void => {
    execFileSync(join(bin, program), args, { ...ids, cwd: folder, stdio: 'ignore', timeout: 60_000 });
  };
  call('initdb', ['-D', data, '-A', 'trust', '-U', 'lab', '-N']);
  const settings = `-c listen_addresses='' -k ${folder} -p 54321`;
  call('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start']);
  return {
    url: `postgres:///postgres?host=${folder}&port=54321&user=lab`,
    stop: () => {
      try {
        call('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop']);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

const idsOf = (user: string): { readonly uid: number; readonly gid: number } => {
  const id = (option: string): number => Number(execFileSync('id', [option, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};
