import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmulatedController } from './emulator.ts';

const SOURCE = fileURLToPath(new URL('pty-relay.c', import.meta.url));

/** The most emulated time of one turn, so that the port is served in between. */
const TURN_US = 2000;

/** Builds the pseudo-terminals of a test file; `undefined` where no C compiler is. */
export class PtyMaker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  readonly isThere: boolean;

  constructor() {
    const { status } = spawnSync('cc', ['-O1', '-o', join(this.#folder, 'relay'), SOURCE]);
    this.isThere = status === 0;
  }

  async open(): Promise<SerialBench> {
    const relay = spawn(join(this.#folder, 'relay'));
    const [name] = (await once(relay.stdout, 'data')) as [Buffer];
    return new SerialBench(relay, name.toString().trim());
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** An emulated controller at one end of a serial port, running as fast as real time or slower. */
export class SerialBench {
  readonly controller = new EmulatedController();
  /** Alters what the controller sends, to play a bad cable; undefined loses the byte. */
  distort: (byte: number) => number | undefined = (byte) => byte;
  #isRunning = true;
  #last = process.hrtime.bigint();

  constructor(
    private readonly relay: ChildProcessWithoutNullStreams,
    readonly port: string,
  ) {
    relay.stdin.on('error', () => undefined);
    relay.stdout.on('data', (bytes: Buffer) => {
      this.controller.send(bytes.toString('latin1'));
    });
    this.controller.onByte = (byte) => {
      const sent = this.distort(byte);
      if (sent !== undefined) relay.stdin.write(Uint8Array.of(sent));
    };
    this.#turn();
  }

  /** The controller stops: its supply, or its firmware. */
  freeze(): void {
    this.#isRunning = false;
  }

  /** The cable is pulled out. */
  unplug(): void {
    this.relay.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.freeze();
    if (this.relay.exitCode !== null || this.relay.signalCode !== null) return;
    const ended = once(this.relay, 'exit');
    this.relay.kill('SIGKILL');
    await ended;
  }

  #turn(): void {
    if (!this.#isRunning) return;
    const now = process.hrtime.bigint();
    this.controller.run(Math.min(Number(now - this.#last) / 1000, TURN_US));
    this.#last = now;
    setImmediate(() => {
      this.#turn();
    });
  }
}
