import type { LibraryProfile, TpmEngine } from '../../sim/index.ts';

/** A response in the place of the library's own one, which is given as well; undefined for the own one. */
export type AnswerInstead = (command: Uint8Array, own: Uint8Array) => Uint8Array | undefined;

/** A TPM library of which some responses are replaced, such as by captured ones. */
export class StandInEngine implements TpmEngine {
  constructor(
    private readonly library: TpmEngine,
    private readonly instead: AnswerInstead,
  ) {}

  execute(command: Uint8Array): Uint8Array {
    const given = command.slice();
    const own = this.library.execute(command);
    return this.instead(given, own) ?? own;
  }

  reset(): void {
    this.library.reset();
  }

  powerCycle(profile: LibraryProfile): void {
    this.library.powerCycle(profile);
  }
}
