import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabFailure } from '../../units/index.ts';

const SOURCE = fileURLToPath(new URL('pty-relay.c', import.meta.url));

/** No pseudo-terminal could be made on this host. */
export class NoPseudoTerminal extends LabFailure {
  readonly blames = 'lab service';

  constructor(reason: string) {
    super(
      `The emulated rig controller has no serial port: ${reason}. Debian: apt-get install gcc libc6-dev; or use a rig without the controller.`,
    );
  }
}

/** A serial port without hardware: a program that opens the device file `port` talks to this object. */
export class PseudoTerminal {
  /** Called with what was written to the port. */
  onText: (text: string) => void = () => undefined;

  private constructor(
    private readonly relay: ChildProcessWithoutNullStreams,
    /** Its device file, such as `/dev/pts/3`. */
    readonly port: string,
  ) {
    relay.stdin.on('error', () => undefined);
    relay.stdout.on('data', (bytes: Buffer) => {
      this.onText(bytes.toString('latin1'));
    });
  }

  /** @throws NoPseudoTerminal */
  static async open(): Promise<PseudoTerminal> {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-pty-'));
    try {
      const program = join(folder, 'pty-relay');
      const { status, error, stderr } = spawnSync('cc', ['-O1', '-o', program, SOURCE], { encoding: 'utf8' });
      if (status !== 0) throw new NoPseudoTerminal(error?.message ?? `cc said ${stderr.trim()}`);
      const relay = spawn(program);
      const ended = once(relay, 'exit').then(() => {
        throw new NoPseudoTerminal('the program that makes it ended');
      });
      ended.catch(() => undefined);
      const [name] = (await Promise.race([once(relay.stdout, 'data'), ended])) as [Buffer];
      return new PseudoTerminal(relay, name.toString().trim());
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Sends to the program that has the port open. */
  write(text: string): void {
    this.relay.stdin.write(text, 'latin1');
  }

  /** The cable is pulled out: the port hangs up, and its device file goes. */
  async unplug(): Promise<void> {
    if (this.relay.exitCode !== null || this.relay.signalCode !== null) return;
    const ended = once(this.relay, 'exit');
    this.relay.kill('SIGKILL');
    await ended;
  }
}
