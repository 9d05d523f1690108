/**
 * The party that an error blames when nothing else explains it. `usage`: the user asked for something that cannot be
 * done. `chance`: nobody, since too little was seen to decide.
 */
export type Culprit =
  'rig' | 'lab service' | 'provisioning' | 'chip' | 'driver' | 'test' | 'usage' | 'chance';

/**
 * The root of every error this project throws on purpose. Each says in one sentence what was attempted, what was
 * seen and what was allowed, so that an operator can act on it.
 */
export abstract class HilError extends Error {
  /** Each class states it; whose fault a failed test is, is decided by it and never by the message. */
  abstract readonly blames: Culprit;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The lab failed, not the chip: no verdict can be given. Ends a run with exit code 3. */
export abstract class LabFailure extends HilError {
  abstract override readonly blames: 'rig' | 'lab service' | 'provisioning';
}

/** What the user asked for cannot be done as asked. Ends a run with exit code 2. */
export class UsageError extends HilError {
  readonly blames: Culprit = 'usage';
}
