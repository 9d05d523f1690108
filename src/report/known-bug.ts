/** Title of the table in which a run notes, for each known bug, who showed it. */
export const BUGS_TABLE = 'Known bugs';

/** What a cell of that table says. */
export const SHOWN = 'shown';
export const ABSENT = 'absent';

/** Where a known bug is shown. */
export type Where =
  /** On any board with virtual time, fault injection and the chip's own account. */
  | { readonly kind: 'simulated' }
  /** On a rig whose Linux kernel drives the chip; `mendedIn` has the first release without the bug, by series. */
  | { readonly kind: 'kernel'; readonly rig: string; readonly mendedIn?: Readonly<Record<string, string>> }
  /** Not yet: no rig has what it takes. */
  | { readonly kind: 'waits'; readonly rig: string; readonly capability: string }
  /** Nowhere: a rig could not show it. */
  | { readonly kind: 'nowhere'; readonly why: string };

/** One known or suspected defect of the drivers, the controllers or the chip, as data. [BUGS 2] [BUGS 3] */
export interface KnownBug {
  /** Number in the catalogue: `K-05`, `L-13`. */
  readonly id: string;
  readonly title: string;
  /** What a test looks at, with its limit; `none` where nothing can be seen. */
  readonly observable: string;
  /** Host drivers that have it; `every` where the fault lies outside of the driver, so that any of them has it. */
  readonly has: readonly string[] | 'every';
  readonly where: Where;
}

/** Whether a host driver has the bug. */
export const hasBug = ({ has }: Pick<KnownBug, 'has'>, driver: string): boolean =>
  has === 'every' || has.includes(driver);
