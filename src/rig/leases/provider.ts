import { LabFailure, printable } from '../../units/index.ts';

/** Which rig is wanted: every tag has to fit. `name` is the rig's own name. */
export type Wish = Readonly<Record<string, string>>;

/** How a rig is asked for. */
export interface Asking {
  /** How long to wait while others have what fits, in milliseconds. */
  readonly waitMs: number;
  /** Who has more is served first. */
  readonly priority: number;
}

/** One rig, and who has it. */
export interface Standing {
  readonly place: string;
  readonly tags: Wish;
  /** Undefined when it is free. */
  readonly holder: string | undefined;
  /** The end of the lease, in milliseconds since 1970; undefined when it has none. */
  readonly until: number | undefined;
  /** Who waits for it, or is asked to take it now. */
  readonly reservedBy: string | undefined;
}

/** A rig that a run has. */
export interface RigHold {
  readonly place: string;
  /** Name of the rig file in `rigs/`, or its path on this host. */
  readonly rig: string;
  readonly holder: string;
  /** Aborted when the rig is lost, with the failure as its reason. */
  readonly lost: AbortSignal;
  /** Asks the one who decides whether the rig still is this run's. @throws LabFailure when it is not, or nobody can say */
  readonly check: () => Promise<void>;
  /** Says of the rig how it is, for those who choose one. */
  note(tags: Wish): Promise<void>;
  release(): Promise<void>;
}

/** Who decides which run has which rig. */
export interface LeaseProvider {
  /** Who asks, as others see it. */
  readonly person: string;
  standings(): Promise<readonly Standing[]>;
  /** For a run: renewed while its process lives, until it is released. @throws RigsTaken, NoSuchRig, LabFailure */
  hold(wish: Wish, asking: Asking): Promise<RigHold>;
  /** For a person, until the end or `release`, whatever processes come and go. @throws RigsTaken, NoSuchRig, LabFailure */
  keep(wish: Wish, forMs: number, asking: Asking): Promise<Standing>;
  /** Stands in the queue until a rig is free, and returns its name; it is kept free for a minute. @throws as `keep` */
  reserve(wish: Wish, asking: Asking): Promise<string>;
  /** A new end for what this person keeps. @throws NotHeld */
  extend(place: string, forMs: number): Promise<Standing>;
  /** Gives back what this person, or `from`, has. @throws NotHeld when somebody else has it, or nobody */
  release(place: string, from?: string): Promise<void>;
  close(): void;
}

/** What fits is held by others. */
export class RigsTaken extends LabFailure {
  readonly blames = 'lab service';

  constructor(wish: Wish, standings: readonly Standing[], waitMs: number) {
    const waited = waitMs > 0 ? ` after ${waitMs / 1000} s` : '';
    super(
      `No rig with ${showWish(wish)} is free${waited}: ${standings.map(showStanding).join('; ')}. Wait for one with --wait 10m, or ask for another.`,
    );
  }
}

/** Nothing that fits is there at all. */
export class NoSuchRig extends LabFailure {
  readonly blames = 'provisioning';

  constructor(wish: Wish, there: readonly string[]) {
    super(
      `There is no rig with ${showWish(wish)}. There are: ${there.map(printable).join(', ') || 'none'}. h1-hil rig who tells their tags.`,
    );
  }
}

/** Somebody gives back or extends what he does not hold. */
export class NotHeld extends LabFailure {
  readonly blames = 'lab service';

  constructor(place: string, person: string, holder: string | undefined) {
    super(
      holder === undefined
        ? `Rig ${printable(place)} is held by nobody.`
        : `Rig ${printable(place)} is held by ${printable(holder)}, and not by ${printable(person)}. To take it from there: h1-hil rig release ${printable(place)} --from '${printable(holder)}'`,
    );
  }
}

/** `board=h1 firmware=0.5.4` */
export const showWish = (wish: Wish): string =>
  Object.entries(wish)
    .map(([name, value]) => printable(`${name}=${value}`))
    .join(' ');

/** `h1-1 is held by lab/anna until 2026-01-02T03:04:05.000Z` */
export function showStanding({ place, holder, until, reservedBy }: Standing): string {
  if (holder === undefined)
    return `${printable(place)} is ${reservedBy === undefined ? 'free' : `reserved by ${printable(reservedBy)}`}`;
  const end = until === undefined ? ', without an end' : ` until ${new Date(until).toISOString()}`;
  return `${printable(place)} is held by ${printable(holder)}${end}`;
}

/** Whether a rig has all of these tags. */
export const fits = ({ place, tags }: Pick<Standing, 'place' | 'tags'>, wish: Wish): boolean =>
  Object.entries(wish).every(([name, value]) => (name === 'name' ? place : tags[name]) === value);
