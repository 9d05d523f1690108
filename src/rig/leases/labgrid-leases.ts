import { setTimeout as pause } from 'node:timers/promises';
import { LabFailure } from '../../units/index.ts';
import type { Place } from '../labgrid/index.ts';
import { Coordinator, CoordinatorRefused } from '../labgrid/index.ts';
import type { Asking, LeaseProvider, RigHold, Standing, Wish } from './provider.ts';
import { fits, NoSuchRig, NotHeld, RigsTaken } from './provider.ts';

/** Times of a lease, in milliseconds. */
export interface LeaseTimes {
  /** A run's lease ends so long after it was last renewed. */
  readonly leaseMs: number;
  readonly renewMs: number;
  /** Whoever waits takes a rig so long after the end of its lease: clocks of hosts differ. */
  readonly graceMs: number;
  readonly pollMs: number;
}

const TIMES: LeaseTimes = { leaseMs: 300_000, renewMs: 60_000, graceMs: 60_000, pollMs: 500 };

/** Name of the tag with holder and end of a lease: `host/user#run@1700000000000`. */
const LEASE_TAG = 'h1hil_lease';
/** Name of the tag, and of the exporter's resource, that name the rig file. */
const RIG_TAG = 'rig';
const RIG_CLASS = 'H1HilRig';
/** How often a place that was found may be taken by somebody else. */
const MAX_TRIES = 10;

/** A run has lost its place: somebody released it, or it could not be renewed. */
export class PlaceLost extends LabFailure {
  readonly blames = 'lab service';

  constructor(place: string, why: string) {
    super(`The lease of rig ${place} is lost: ${why}. This run is ended. Start it again.`);
  }
}

/** A place does not say which rig it is. */
export class PlaceWithoutRig extends LabFailure {
  readonly blames = 'provisioning';

  constructor(place: string) {
    super(
      `Place ${place} does not say which rig file is its own. Say it: labgrid-client -p ${place} set-tags rig=NAME, or export a resource ${RIG_CLASS} with rig: NAME.`,
    );
  }
}

/**
 * Leases of a labgrid coordinator. One session has one name, by which the coordinator knows who holds what: all workers of a run
 * are under the one process that has the session.
 */
export class LabgridLeases implements LeaseProvider {
  private constructor(
    private readonly coordinator: Coordinator,
    readonly person: string,
    private readonly times: LeaseTimes,
  ) {}

  /**
   * @param person `host/user`
   * @param run the run's id, when one asks
   * @throws CoordinatorUnusable
   */
  static async open(
    address: string,
    person: string,
    { run, times = TIMES }: { readonly run?: string; readonly times?: LeaseTimes } = {},
  ): Promise<LabgridLeases> {
    const name = run === undefined ? person : `${person}#${run}`;
    return new LabgridLeases(await Coordinator.open(address, name), person, times);
  }

  async standings(): Promise<readonly Standing[]> {
    const [places, reservations] = [
      await this.coordinator.askPlaces(),
      await this.coordinator.reservations(),
    ];
    return places.map((place) => ({
      ...standingOf(place),
      reservedBy: reservations.find(({ token }) => token === place.reservation)?.owner,
    }));
  }

  async hold(wish: Wish, asking: Asking): Promise<RigHold> {
    const own = (await this.standings()).find((one) => one.holder === this.person && fits(one, wish));
    const place = own?.place ?? (await this.#acquire(wish, asking));
    const holder = own === undefined ? this.coordinator.name : this.person;
    const giveBack = async (): Promise<void> => {
      if (own === undefined && !this.coordinator.lost.aborted) await this.coordinator.release(place, holder);
    };
    try {
      return await this.#held(place, holder, { renews: own === undefined, giveBack });
    } catch (failure) {
      await giveBack();
      throw failure;
    }
  }

  async keep(wish: Wish, forMs: number, asking: Asking): Promise<Standing> {
    const place = await this.#acquire(wish, asking);
    await this.#tagEnd(place, this.coordinator.name, forMs);
    return this.#standing(place);
  }

  async reserve(wish: Wish, asking: Asking): Promise<string> {
    const { place } = await this.#queue(wish, asking);
    return place;
  }

  async extend(place: string, forMs: number): Promise<Standing> {
    const { holder } = await this.#standing(place);
    if (holder !== this.person) throw new NotHeld(place, this.person, holder);
    await this.#tagEnd(place, holder, forMs);
    return this.#standing(place);
  }

  async release(place: string, from?: string): Promise<void> {
    const { holder } = await this.#standing(place);
    const wanted = from ?? this.person;
    if (holder !== wanted) throw new NotHeld(place, wanted, holder);
    await this.coordinator.release(place, wanted);
  }

  close(): void {
    this.coordinator.close();
  }

  async #standing(place: string): Promise<Standing> {
    const all = await this.standings();
    const found = all.find((one) => one.place === place);
    if (found === undefined)
      throw new NoSuchRig(
        { name: place },
        all.map((one) => one.place),
      );
    return found;
  }

  /** Stands in the queue, then acquires what was found; somebody may always be in between. */
  async #acquire(wish: Wish, asking: Asking): Promise<string> {
    const end = performance.now() + asking.waitMs;
    for (let tries = 1; ; tries++) {
      const rest = { ...asking, waitMs: Math.max(0, end - performance.now()) };
      const { place, token } = (await this.#reserved(wish)) ?? (await this.#queue(wish, rest));
      try {
        await this.coordinator.acquire(place);
      } catch (refusal) {
        if (!(refusal instanceof CoordinatorRefused) || tries === MAX_TRIES) throw refusal;
        continue;
      } finally {
        await this.#cancel(token);
      }
      const { holder } = await this.#standing(place);
      if (holder === this.coordinator.name) return place;
    }
  }

  /** What was found for this client before, by `reserve`. */
  async #reserved(wish: Wish): Promise<{ readonly place: string; readonly token: string } | undefined> {
    const free = (await this.standings()).filter((one) => one.holder === undefined && fits(one, wish));
    const own = (await this.coordinator.reservations()).find(
      ({ owner, place, state }) =>
        owner === this.coordinator.name &&
        state === 'allocated' &&
        free.some((one) => one.place === place && one.reservedBy === owner),
    );
    return own?.place === undefined ? undefined : { place: own.place, token: own.token };
  }

  /** Waits until a place was found for the wish. It is kept free for a minute, or until the reservation is cancelled. */
  async #queue(
    wish: Wish,
    { waitMs, priority }: Asking,
  ): Promise<{ readonly place: string; readonly token: string }> {
    const end = performance.now() + waitMs;
    const fitting = async (): Promise<readonly Standing[]> =>
      (await this.standings()).filter((one) => fits(one, wish));
    if ((await fitting()).length === 0)
      throw new NoSuchRig(
        wish,
        this.coordinator.places.map(({ name }) => name),
      );
    await this.#freeOverdue(await fitting());
    let reservation = await this.coordinator.reserve(wish, priority);
    const { token } = reservation;
    let overdueSeen = performance.now();
    try {
      for (;;) {
        if (reservation.state === 'allocated' && reservation.place !== undefined)
          return { place: reservation.place, token };
        if (reservation.state === 'expired' || reservation.state === 'invalid')
          throw new CoordinatorRefused(
            this.coordinator.address,
            'the reservation',
            `it is ${reservation.state}`,
          );
        if (performance.now() >= end) throw new RigsTaken(wish, await fitting(), waitMs);
        await pause(Math.min(this.times.pollMs, Math.max(0, end - performance.now())));
        if (performance.now() - overdueSeen > this.times.graceMs / 4) {
          overdueSeen = performance.now();
          await this.#freeOverdue(await fitting());
        }
        reservation = await this.coordinator.poll(token);
      }
    } catch (failure) {
      await this.#cancel(token);
      throw failure;
    }
  }

  /** Frees what a run has left behind: its lease had an end, and that is over. Its own name is given, so that it harms nobody else. */
  async #freeOverdue(standings: readonly Standing[]): Promise<void> {
    const late = new Date().getTime() - this.times.graceMs;
    for (const { place, holder, until } of standings)
      if (holder !== undefined && until !== undefined && until < late)
        await this.coordinator.release(place, holder);
  }

  /** A reservation that is gone already, or whose coordinator is, needs no cancelling. */
  async #cancel(token: string): Promise<void> {
    try {
      await this.coordinator.cancel(token);
    } catch (failure) {
      if (!(failure instanceof LabFailure)) throw failure;
    }
  }

  async #tagEnd(place: string, holder: string, forMs: number): Promise<void> {
    await this.coordinator.tag(place, { [LEASE_TAG]: `${holder}@${new Date().getTime() + forMs}` });
  }

  async #held(
    place: string,
    holder: string,
    { renews, giveBack }: { readonly renews: boolean; readonly giveBack: () => Promise<void> },
  ): Promise<RigHold> {
    const losing = this.#watch(place, holder);
    const { signal, lose } = losing;
    const check = async (): Promise<void> => {
      if (signal.aborted) throw signal.reason as Error;
      const { holder: now } = await this.#standing(place);
      if (now === holder) return;
      lose(releasedTo(place, now));
      throw signal.reason as Error;
    };
    const renew = async (): Promise<void> => {
      await check();
      if (renews) await this.#tagEnd(place, holder, this.times.leaseMs);
    };
    const stop = this.#renewing(place, renew, losing);
    try {
      await renew();
      const rig = this.#rigOf(place);
      return {
        ...{ place, rig, holder, lost: signal, check },
        note: (tags) => this.coordinator.tag(place, tags),
        release: async () => {
          stop();
          await giveBack();
        },
      };
    } catch (failure) {
      stop();
      throw failure;
    }
  }

  /** Loses the place when the session is lost, or the coordinator tells that somebody else has it. */
  #watch(place: string, holder: string): Losing {
    const lost = new AbortController();
    const { coordinator } = this;
    const lose = (why: unknown): void => {
      if (!lost.signal.aborted) lost.abort(why);
    };
    const ended = { signal: lost.signal };
    coordinator.lost.addEventListener(
      'abort',
      () => {
        lose(coordinator.lost.reason);
      },
      ended,
    );
    const unwatch = coordinator.watch(place, (now) => {
      if (now?.acquired !== holder) lose(releasedTo(place, now?.acquired));
    });
    return { signal: lost.signal, lose, unwatch };
  }

  /** Renews again and again; what was not renewed until its end is lost. @returns ends it, and the watch */
  #renewing(place: string, renew: () => Promise<void>, { signal, lose, unwatch }: Losing): () => void {
    const { leaseMs, renewMs } = this.times;
    let renewed = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - renewed > leaseMs)
        lose(new PlaceLost(place, `it was not renewed for ${leaseMs / 1000} s`));
      // Of a failure only the end of the session is the end of the lease; what else goes wrong is tried again.
      else
        renew().then(
          () => (renewed = performance.now()),
          () => undefined,
        );
    }, renewMs);
    timer.unref();
    const stop = (): void => {
      clearInterval(timer);
      unwatch();
    };
    signal.addEventListener('abort', stop);
    return stop;
  }

  /** By the place's tag, or by a resource of the place. */
  #rigOf(name: string): string {
    const place = this.coordinator.places.find((one) => one.name === name);
    const tagged = place?.tags[RIG_TAG];
    if (tagged !== undefined) return tagged;
    const exported = this.coordinator.resources.find(
      ({ path, cls }) =>
        cls === RIG_CLASS &&
        place?.matches.some(
          (match) =>
            matches(match.exporter, path.exporter) &&
            matches(match.group, path.group) &&
            matches(match.cls, cls),
        ) === true,
    )?.params[RIG_TAG];
    if (exported === undefined) throw new PlaceWithoutRig(name);
    return exported;
  }
}

/** How a place is lost. */
interface Losing {
  readonly signal: AbortSignal;
  readonly lose: (why: unknown) => void;
  readonly unwatch: () => void;
}

const releasedTo = (place: string, holder: string | undefined): PlaceLost =>
  new PlaceLost(place, holder === undefined ? 'somebody released it' : `${holder} holds it`);

/** A part of a match of a place: a text, or a star for any. */
const matches = (pattern: string, text: string): boolean => pattern === '*' || pattern === text;

function standingOf({ name, tags, acquired }: Place): Omit<Standing, 'reservedBy'> {
  const { [LEASE_TAG]: lease = '', ...others } = tags;
  const at = lease.lastIndexOf('@');
  const isOfHolder = acquired !== undefined && lease.slice(0, at) === acquired;
  const until = isOfHolder ? Number(lease.slice(at + 1)) : Number.NaN;
  return { place: name, tags: others, holder: acquired, until: Number.isFinite(until) ? until : undefined };
}
