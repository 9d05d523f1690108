import { basename } from 'node:path';
import { didYouMean, LabFailure, UsageError } from '../units/index.ts';

/** One thing that is wrong in a rig file, and where. */
export interface RigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

const SIMULATED = `A right one looks like this:

  description: The simulated H1
  board:
    kind: sim
    firmware: 0.5.4`;
const REAL = `A right one looks like this:

  description: A Raspberry Pi 4 with an H1 board
  board:
    kind: linux
    spi: { device: /dev/spidev0.0, sckHz: 1000000 }
    lines:
      ready: { chip: pinctrl-bcm2711, offset: 24 }`;

/** A rig file that cannot be used. */
export class RigFileWrong extends UsageError {
  constructor(
    readonly problems: readonly RigProblem[],
    kind?: unknown,
  ) {
    const lines = problems.map(({ file, line, column, what }) => `${file}:${line}:${column}: ${what}`);
    super(`${lines.join('\n')}\n${kind === 'linux' ? REAL : SIMULATED}\nAll fields: rigs/schema.json`);
  }
}

/** The rig file is there and cannot be read. */
export class RigUnreadable extends UsageError {
  constructor(file: string, reason: string, cause: unknown) {
    super(`Rig file ${file} cannot be read: ${reason}.`, { cause });
  }
}

/** No rig has that name, and no file either. */
export class RigUnknown extends UsageError {
  constructor(
    readonly rig: string,
    known: readonly string[],
  ) {
    const name = basename(rig).replace(/\.ya?ml$/, '');
    super(
      `There is no rig ${rig}${didYouMean(name, known)} Known rigs: ${known.join(', ')}. A path to a rig file works too, and there is no file ${rig}.`,
    );
  }
}

/** The rig has not what was asked of it. */
export class RigLacks extends LabFailure {
  readonly blames = 'rig';
}
