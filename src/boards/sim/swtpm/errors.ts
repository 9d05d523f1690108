import { LabFailure } from '../../../units/index.ts';

/** The rig asks for swtpm, and this host has none. */
export class SwtpmMissing extends LabFailure {
  readonly blames = 'lab service';

  constructor(program: string) {
    super(
      `The rig's TPM engine is swtpm, and there is no program ${program} on the PATH. Install it (Debian: apt-get install swtpm), or use a rig with engine: built-in.`,
    );
  }
}

/** swtpm did not start. */
export class SwtpmNotStarted extends LabFailure {
  readonly blames = 'lab service';

  constructor(reason: string) {
    super(`swtpm did not start: ${reason}. Run swtpm socket --tpm2 by hand to see why.`);
  }
}

/** swtpm ended by itself, or was ended by somebody else. */
export class SwtpmEnded extends LabFailure {
  readonly blames = 'lab service';

  constructor(
    attempted: string,
    readonly reason: string,
  ) {
    super(`swtpm is gone at ${attempted}: ${reason}. Open the board again.`);
  }
}

/** swtpm runs and does not answer. */
export class SwtpmSilent extends LabFailure {
  readonly blames = 'lab service';

  constructor(attempted: string, limitMs: number) {
    super(
      `swtpm did not answer ${attempted} within ${limitMs / 1000} s and was ended. Look for a host without CPU time to spare, or a stopped process, then open the board again.`,
    );
  }
}

/** swtpm refused what it was asked over its control channel. */
export class SwtpmRefused extends LabFailure {
  readonly blames = 'lab service';

  constructor(attempted: string, result: number) {
    super(
      `swtpm refused ${attempted} with result 0x${result.toString(16)}. If it keeps its state in a folder, see that the folder can be written and that no other swtpm uses it.`,
    );
  }
}
