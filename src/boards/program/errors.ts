import type { Duration } from '../../units/index.ts';
import { LabFailure, showDuration } from '../../units/index.ts';

const MAX_SHOWN = 200;

/** Makes text printable, and cuts it to two lines of a terminal or so. */
const shown = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SHOWN) || 'nothing';

/** The program that plays the chip cannot be used. */
export abstract class ChipProgramFailed extends LabFailure {
  readonly blames = 'rig';
}

/** The program cannot be started. */
export class ChipProgramMissing extends ChipProgramFailed {
  constructor(command: string, cause: unknown) {
    super(
      `The program of the chip, ${shown(command)}, cannot be started: ${cause instanceof Error ? cause.message : String(cause)}. Correct board.command in the rig file.`,
      { cause },
    );
  }
}

/** The program ended while an answer was awaited. */
export class ChipProgramEnded extends ChipProgramFailed {
  constructor(line: string, lastWords: string) {
    super(
      `The program of the chip ended before it answered "${shown(line)}"; its last words on stderr: ${shown(lastWords)}. Run its command by hand with that line.`,
    );
  }
}

/** The program did not answer a line in time. */
export class ChipProgramSilent extends ChipProgramFailed {
  constructor(line: string, limit: Duration) {
    super(
      `The program of the chip did not answer "${shown(line)}" within ${showDuration(limit)}. Run its command by hand with that line: every line has one answer, and it must not be held back in a buffer.`,
    );
  }
}

/** The program answered a line with something that the protocol does not allow there. */
export class ChipProgramGarbled extends ChipProgramFailed {
  constructor(line: string, answer: string, wanted: string) {
    super(
      `The program of the chip answered "${shown(line)}" with "${shown(answer)}"; ${wanted} is allowed. docs/chip-protocol.md has the lines.`,
    );
  }
}
