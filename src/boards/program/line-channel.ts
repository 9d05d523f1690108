import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duration } from '../../units/index.ts';
import { seconds } from '../../units/index.ts';
import { ChipProgramEnded, ChipProgramGarbled, ChipProgramMissing, ChipProgramSilent } from './errors.ts';

/** Maximum of wall time for one answer. */
const LIMIT = seconds(20);
/** Maximum length of an answer: 65,536 bytes as hexadecimal pairs, and the words before them. */
const MAX_LINE = 1 << 18;
/** Number of reads from an empty pipe without a pause. After these, the process sleeps between two reads. */
const EAGER_LOOKS = 200;
const NAP_MS = 0.05;

/** What one line brought: its events, whether the answer was `ok`, and the text after that word. */
export interface Answer {
  readonly events: readonly string[];
  readonly isOk: boolean;
  readonly text: string;
}

/**
 * A program's stdin and stdout, line by line. A call returns when the answers are there. The virtual clock stands
 * still meanwhile, so host and program share one time.
 */
export class LineChannel {
  readonly #buffer = Buffer.alloc(1 << 16);
  readonly #nap = new Int32Array(new SharedArrayBuffer(4));
  #pending = '';
  #closed?: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly input: number,
    private readonly output: number,
    private readonly limit: Duration,
  ) {}

  /** @throws ChipProgramMissing when the program cannot be started. */
  static async open(command: readonly string[], limit = LIMIT): Promise<LineChannel> {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-chip-'));
    const [to, from] = [join(folder, 'to'), join(folder, 'from')];
    const open: number[] = [];
    const opened = (path: string, flags: number | string): number => {
      const file = openSync(path, flags);
      open.push(file);
      return file;
    };
    try {
      execFileSync('mkfifo', [to, from]);
      // Opening one end of a pipe waits for the other end, so both are opened here first.
      const both = opened(to, 'r+');
      const stdin = opened(to, 'r');
      const input = openSync(to, 'w');
      const output = openSync(from, constants.O_RDONLY | constants.O_NONBLOCK);
      const stdout = opened(from, 'w');
      const stderr = opened(join(folder, 'stderr'), 'w');
      const child = spawn(command[0]!, command.slice(1), { stdio: [stdin, stdout, stderr] });
      await once(child, 'spawn');
      for (const file of [both, stdin, stdout, stderr]) closeSync(file);
      return new LineChannel(child, folder, input, output, limit);
    } catch (cause) {
      for (const file of open) closeSync(file);
      rmSync(folder, { recursive: true, force: true });
      throw new ChipProgramMissing(command.join(' '), cause);
    }
  }

  /**
   * Sends lines together, and waits for the answer to each.
   * @throws ChipProgramEnded, ChipProgramSilent, ChipProgramGarbled
   */
  exchange(lines: readonly string[]): readonly Answer[] {
    try {
      writeSync(this.input, `${lines.join('\n')}\n`);
    } catch {
      throw new ChipProgramEnded(lines[0]!, this.#lastWords());
    }
    return lines.map((line) => this.#answer(line));
  }

  /** Ends the program: closes its stdin, and kills it when it does not end within a second. Again, it does nothing. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  async #end(): Promise<void> {
    const ended =
      this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : undefined;
    closeSync(this.input);
    closeSync(this.output);
    const killer = setTimeout(() => this.child.kill('SIGKILL'), 1000);
    await ended;
    clearTimeout(killer);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #answer(line: string): Answer {
    const events: string[] = [];
    for (;;) {
      const text = this.#line(line);
      if (text.startsWith('pulse ')) events.push(text);
      else if (/^ok( |$)/.test(text)) return { events, isOk: true, text: text.slice(3) };
      else if (text.startsWith('error')) return { events, isOk: false, text: text.slice(6) };
      else throw new ChipProgramGarbled(line, text, 'pulse, ok or error');
    }
  }

  #line(asked: string): string {
    const limit = process.hrtime.bigint() + BigInt(this.limit);
    for (let looks = 0; ; looks++) {
      const end = this.#pending.indexOf('\n');
      if (end >= 0) {
        const line = this.#pending.slice(0, end);
        this.#pending = this.#pending.slice(end + 1);
        return line.replace(/\r$/, '');
      }
      if (this.#pending.length > MAX_LINE)
        throw new ChipProgramGarbled(asked, this.#pending, `a line of at most ${MAX_LINE} characters`);
      if (this.#read(asked)) continue;
      if (process.hrtime.bigint() > limit) throw new ChipProgramSilent(asked, this.limit);
      if (looks > EAGER_LOOKS) Atomics.wait(this.#nap, 0, 0, NAP_MS);
    }
  }

  /** Reads what the pipe has; false when it is empty. */
  #read(asked: string): boolean {
    try {
      const count = readSync(this.output, this.#buffer);
      if (count === 0) throw new ChipProgramEnded(asked, this.#lastWords());
      this.#pending += this.#buffer.toString('latin1', 0, count);
      return true;
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      throw failure;
    }
  }

  #lastWords(): string {
    if (this.#closed !== undefined) return 'it was closed';
    return readFileSync(join(this.folder, 'stderr'), 'latin1').trim().split('\n').at(-1) ?? '';
  }
}
