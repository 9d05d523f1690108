/**
 * The root of every error this project throws on purpose. Each says in one sentence what was attempted, what was
 * seen and what was allowed, so that an operator can act on it.
 */
export class HilError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The lab failed, not the chip: no verdict can be given. Ends a run with exit code 3. */
export class LabFailure extends HilError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    // Failures are sorted by their class once all that is left of an error is its text.
    this.name = `LabFailure ${new.target.name}`;
  }
}

/** What the user asked for cannot be done as asked. Ends a run with exit code 2. */
export class UsageError extends HilError {}
