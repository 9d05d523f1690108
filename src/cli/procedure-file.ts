import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Procedure } from '../procedure/index.ts';
import { parseProcedure } from '../procedure/index.ts';
import { UsageError } from '../units/index.ts';

/** Maximum size of a procedure file. The largest possible procedure has 41 MB, but no useful one comes near that. */
const MAX_BYTES = 8 << 20;

/** @throws UsageError when the file cannot be read, is too large, or is no procedure. */
export function readProcedure(file: string): Procedure {
  return parseProcedure(textOf(file), file);
}

function textOf(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES)
      throw new UsageError(`${file} has ${size} bytes; a procedure has at most ${MAX_BYTES}.`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      {
        cause,
      },
    );
  }
}

/** Writes a file, and makes the folders that it needs. @throws UsageError */
export function writeOut(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (cause) {
    throw new UsageError(
      `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      {
        cause,
      },
    );
  }
}

/** A procedure as the text of a file, with one act in each line. */
export function procedureText({ acts, ...head }: Procedure): string {
  const lines = Object.entries(head).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  );
  const list = acts.map((act) => `    ${JSON.stringify(act)}`).join(',\n');
  return `{\n${lines.join('\n')}\n  "acts": [\n${list}\n  ]\n}\n`;
}
