import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { expect } from '@playwright/test';

/** A folder with the Debian package python3-labgrid 26.0 or newer, as .ci/run makes one. */
const ROOT = process.env['H1_HIL_LABGRID'];

/** Why there is no real coordinator; undefined when there is one. */
export const whyNoLabgrid = (): string | undefined =>
  ROOT !== undefined && existsSync(join(ROOT, 'usr/lib/python3/dist-packages/labgrid'))
    ? process.getuid?.() === 0
      ? undefined
      : 'the folder with the real labgrid coordinator needs chroot, which is for root alone'
    : 'the variable H1_HIL_LABGRID names no folder with the real labgrid coordinator (.ci/run makes one)';

/** The coordinator of labgrid itself, in a folder of its own, on a free port. */
export class RealCoordinator {
  #process: ChildProcess;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly names: readonly string[],
  ) {
    this.#process = this.#start();
  }

  static async open(
    places: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ): Promise<RealCoordinator> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const real = new RealCoordinator(mkdtempSync(join(ROOT!, 'tmp/h1-hil-')), port, Object.keys(places));
    await real.#untilThere();
    for (const [name, tags] of Object.entries(places)) {
      real.#client(name, 'create');
      real.#client(name, 'set-tags', ...Object.entries(tags).map(([tag, value]) => `${tag}=${value}`));
    }
    return real;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** It dies and comes again. It keeps its places every 15 s, so that is waited for. */
  async restart(): Promise<void> {
    await expect.poll(() => this.#keepsPlaces(), { timeout: 40_000 }).toBe(true);
    await this.#end('SIGKILL');
    // The connections end before the waiting for it keeps this process busy.
    await pause(200);
    this.#process = this.#start();
    await this.#untilThere();
  }

  async close(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  #start(): ChildProcess {
    const place = `/tmp/${basename(this.folder)}`;
    const command = `cd ${place} && exec python3 -m labgrid.remote.coordinator -l ${this.address}`;
    return spawn('chroot', [ROOT!, 'sh', '-c', command], { stdio: 'ignore' });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }

  #keepsPlaces(): boolean {
    const file = join(this.folder, 'places.yaml');
    return existsSync(file) && this.names.every((name) => readFileSync(file, 'utf8').includes(name));
  }

  #client(place: string, ...words: readonly string[]): void {
    const command = ['python3', '-m', 'labgrid.remote.client', '-p', place, ...words];
    execFileSync('chroot', [ROOT!, 'env', `LG_COORDINATOR=${this.address}`, ...command], { timeout: 30_000 });
  }

  async #untilThere(): Promise<void> {
    await expect
      .poll(
        () => {
          try {
            execFileSync(
              'chroot',
              [
                ROOT!,
                'env',
                `LG_COORDINATOR=${this.address}`,
                'python3',
                '-m',
                'labgrid.remote.client',
                'places',
              ],
              { timeout: 30_000, stdio: 'ignore' },
            );
            return true;
          } catch {
            return false;
          }
        },
        { timeout: 60_000 },
      )
      .toBe(true);
  }
}
