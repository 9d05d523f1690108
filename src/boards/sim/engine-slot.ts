import type { Random, TpmEngine, VirtualClock } from '../../sim/index.ts';
import { BuiltInTpm, LibraryFront } from '../../sim/index.ts';
import type { SwtpmOptions } from './swtpm/index.ts';
import { SwtpmEngine } from './swtpm/index.ts';

/** Which TPM library is inside the simulated chip. */
export const ENGINES = ['built-in', 'swtpm'] as const;
export type EngineName = (typeof ENGINES)[number];

/** The TPM library of a simulated chip: made with each chip, ended with the board. */
export class EngineSlot {
  #swtpm: SwtpmEngine | undefined;

  constructor(
    private readonly clock: VirtualClock,
    private readonly name: EngineName = 'built-in',
    private readonly options: SwtpmOptions = {},
  ) {}

  /** An engine that remembers nothing of the one before. @throws LabFailure when swtpm cannot be used. */
  fill(random: Random): TpmEngine {
    if (this.name === 'built-in') return new BuiltInTpm({ random, now: () => this.clock.now() });
    if (this.#swtpm === undefined) this.#swtpm = new SwtpmEngine(this.options);
    else this.#swtpm.renew();
    return new LibraryFront(this.#swtpm);
  }

  /** Ends what the engine started. */
  close(): void {
    this.#swtpm?.close();
  }
}
