import type { Instant } from '../../units/index.ts';

/** One line, and when what it tells began. */
export interface Line {
  readonly at: Instant;
  readonly text: string;
  /** What the line says of an access, for lines that say the same one after another. */
  readonly what?: string;
}

/**
 * From this number on, equal accesses in a row, such as polls of TPM_STS, are shown as the first, a count, and the
 * last.
 */
const FOLDED = 4;
/** Maximum number of lines that are held back. The first line of a command that lasts longer comes late. */
const MAX_HELD = 20_000;

/** Puts lines in the order of their beginnings, shortens runs of equal ones and gives them on as soon as it can. */
export class OrderedLines {
  #held: Line[] = [];
  /** Lines of `held` that were given on. */
  #given = 0;
  /** Equal lines in a row, those between the third and the last left out. */
  #run: Line[] = [];
  #repeats = 0;

  constructor(
    private readonly write: (line: string) => void,
    /** What stands for the lines left out. */
    private readonly more: (count: number) => string,
  ) {}

  add(line: Line): void {
    const held = this.#held;
    let at = held.length;
    while (at > this.#given && held[at - 1]!.at > line.at) at--;
    if (at === held.length) held.push(line);
    else held.splice(at, 0, line);
    if (held.length - this.#given > MAX_HELD) this.#give(MAX_HELD >> 1);
  }

  /** Gives on what began before: nothing earlier will come. */
  settle(at: Instant): void {
    let count = 0;
    while (this.#given + count < this.#held.length && this.#held[this.#given + count]!.at < at) count++;
    this.#give(count);
  }

  end(): void {
    this.#give(this.#held.length - this.#given);
    this.#endRun();
  }

  #give(count: number): void {
    for (let i = 0; i < count; i++) this.#pass(this.#held[this.#given++]!);
    if (this.#given < 1024 || 2 * this.#given < this.#held.length) return;
    this.#held = this.#held.slice(this.#given);
    this.#given = 0;
  }

  #pass(line: Line): void {
    if (line.what === undefined || line.what !== this.#run[0]?.what) this.#endRun();
    if (line.what === undefined) this.write(line.text);
    else {
      this.#repeats++;
      if (this.#run.length < FOLDED) this.#run.push(line);
      else this.#run[FOLDED - 1] = line;
    }
  }

  #endRun(): void {
    const run = this.#run;
    if (this.#repeats < FOLDED) for (const { text } of run) this.write(text);
    else {
      this.write(run[0]!.text);
      this.write(this.more(this.#repeats - 2));
      this.write(run.at(-1)!.text);
    }
    this.#run = [];
    this.#repeats = 0;
  }
}
