/** Why a test is skipped, as data: written where it is decided, and compared with the rig and the run by the verdict. */
export type Skip =
  /** The rig lacks each of these abilities. */
  | { readonly kind: 'rig lacks'; readonly needs: readonly string[] }
  /** The rig cannot inject this fault. */
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** The test says nothing of this driver. */
  | { readonly kind: 'driver'; readonly driver: string }
  /** The test stands for a known bug that nothing could show, and says so where it is declared. */
  | { readonly kind: 'no procedure' };

/** A fault with its numbers, which may decide whether a rig can inject it. */
interface Fault {
  readonly kind: string;
}

/** A test that was skipped: the reason for people, and as data when h1-hil decided it and not the suite by itself. */
export interface SkippedFor {
  readonly reason: string;
  readonly skip?: Skip | undefined;
}

/** What a rig can do; undefined when nobody looked. */
export interface Abilities {
  /** By the names that needs have. */
  readonly names: ReadonlySet<string>;
  readonly canInject: (fault: Fault) => boolean;
}

/** Whether the rig explains the skip of a test that was run with this driver. */
export function isExpectedSkip(skip: Skip | undefined, driver: string, rig: Abilities | undefined): boolean {
  switch (skip?.kind) {
    case 'rig lacks':
      return skip.needs.length > 0 && skip.needs.every((need) => rig?.names.has(need) === false);
    case 'fault':
      return rig?.canInject(skip.fault) === false;
    case 'driver':
      return skip.driver === driver;
    case 'no procedure':
      return true;
    case undefined:
      return false;
  }
}
