import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { printableLines, UsageError } from '../units/index.ts';

/** Folder of a run in which what was on the wires is kept, a packed file a test: its title, and then a line an event. */
export const WIRES_FOLDER = 'wires';

/** Where two runs part. */
export interface Difference {
  readonly test: string;
  /** Counted from 1; 0 is the test as such, which one run has and the other has not. */
  readonly line: number;
  readonly one: string | undefined;
  readonly other: string | undefined;
}

/** How far two runs were compared, and where they part: counts of tests and of lines that are the same. */
export interface RunComparison {
  readonly tests: number;
  readonly lines: number;
  readonly difference: Difference | undefined;
}

/** The first line in which two runs differ, tests in their order. @throws UsageError when a run has kept no lines */
export async function compareWires(one: string, other: string): Promise<RunComparison> {
  const [ones, others] = [filesOf(one), filesOf(other)];
  const seen = { tests: 0, lines: 0 };
  for (let at = 0; at < Math.max(ones.length, others.length); at++) {
    const difference = await compareFiles(ones[at], others[at], seen);
    if (difference !== undefined) return { ...seen, difference };
    seen.tests++;
  }
  return { ...seen, difference: undefined };
}

function filesOf(run: string): string[] {
  const folder = join(run, WIRES_FOLDER);
  if (!existsSync(folder))
    throw new UsageError(
      `${run} has no folder ${WIRES_FOLDER}: only a run on a kernel in virtual time keeps what was on the wires. Run again with --rig virtual-lab --report ${run}.`,
    );
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

async function compareFiles(
  one: string | undefined,
  other: string | undefined,
  seen: { lines: number },
): Promise<Difference | undefined> {
  const [ones, others] = [linesOf(one), linesOf(other)];
  const [title, otherTitle] = [await next(ones), await next(others)];
  const test = title ?? otherTitle ?? '';
  if (title !== otherTitle) return { test, line: 0, one: title, other: otherTitle };
  for (let line = 1; ; line++) {
    const [a, b] = [await next(ones), await next(others)];
    if (a !== b) return { test, line, one: a, other: b };
    if (a === undefined) return undefined;
    seen.lines++;
  }
}

async function* linesOf(file: string | undefined): AsyncGenerator<string, undefined> {
  if (file === undefined) return undefined;
  const packed = createReadStream(file);
  const text = packed.pipe(createGunzip());
  packed.on('error', (cause) => text.destroy(cause));
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Infinity }))
      yield printableLines(line);
  } catch (cause) {
    throw new UsageError(
      `${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)}). Make the run again, with --report.`,
      { cause },
    );
  }
  return undefined;
}

async function next(lines: AsyncGenerator<string, undefined>): Promise<string | undefined> {
  return (await lines.next()).value;
}
