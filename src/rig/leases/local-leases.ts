import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from '../../units/index.ts';
import { firmwareOf } from '../abilities.ts';
import { endKeeping, holderOf, isExclusive, keeperOf, keepRig, RigBusy, RigKept } from '../lease.ts';
import type { Rig } from '../load-rig.ts';
import { knownRigs, loadRig } from '../load-rig.ts';
import { userName } from '../user-name.ts';
import type { Asking, LeaseProvider, RigHold, Standing, Wish } from './provider.ts';
import { fits, NoSuchRig, NotHeld, RigsTaken } from './provider.ts';

const LOOK_MS = 500;

/** Leases of this host alone: locks of its kernel, which are free when the last process of a run is gone. */
export class LocalLeases implements LeaseProvider {
  readonly person = userName();
  readonly #rigs: readonly Rig[];

  /** @param files rig files beside those of `rigs/` */
  constructor(files: readonly string[] = []) {
    const names = knownRigs();
    this.#rigs = [...names, ...files.filter((file) => !names.includes(file))].map(loadRig);
  }

  async standings(): Promise<readonly Standing[]> {
    return Promise.all(this.#rigs.map(standingOf));
  }

  /** The file lock itself is taken by the run; until then another may be faster. */
  async hold(wish: Wish, { waitMs }: Asking): Promise<RigHold> {
    const end = performance.now() + waitMs;
    for (;;) {
      const fitting = (await this.standings()).filter((one) => fits(one, wish));
      if (fitting.length === 0)
        throw new NoSuchRig(
          wish,
          this.#rigs.map(({ key }) => key),
        );
      const free = fitting.find(({ holder }) => holder === undefined || holder === this.person);
      if (free !== undefined) return this.#held(free.place);
      if (performance.now() >= end) throw new RigsTaken(wish, fitting, waitMs);
      await pause(Math.min(LOOK_MS, Math.max(0, end - performance.now())));
    }
  }

  async keep(wish: Wish, forMs: number, asking: Asking): Promise<Standing> {
    const end = performance.now() + asking.waitMs;
    for (;;) {
      const { place } = await this.hold(wish, { ...asking, waitMs: Math.max(0, end - performance.now()) });
      try {
        return await this.#keepUntil(this.#find(place), new Date().getTime() + forMs);
      } catch (failure) {
        const wasTaken = failure instanceof RigBusy || failure instanceof RigKept;
        if (!wasTaken || performance.now() >= end) throw failure;
      }
    }
  }

  reserve(): Promise<string> {
    return Promise.reject(
      new UsageError(
        'The rigs of this host have no queue: h1-hil rig acquire --wait 10m waits for one. A coordinator has a queue: --coordinator HOST:PORT.',
      ),
    );
  }

  async extend(place: string, forMs: number): Promise<Standing> {
    const rig = this.#find(place);
    const kept = keeperOf(rig);
    if (kept?.user !== this.person) throw new NotHeld(place, this.person, kept?.user);
    return this.#keepUntil(rig, new Date().getTime() + forMs);
  }

  async release(place: string, from = this.person): Promise<void> {
    const rig = this.#find(place);
    const kept = keeperOf(rig);
    if (kept?.user !== from) throw new NotHeld(place, from, kept?.user ?? (await standingOf(rig)).holder);
    await endKeeping(rig, kept);
  }

  close(): void {
    // Nothing is open: what is kept stands in files.
  }

  async #keepUntil(rig: Rig, until: number): Promise<Standing> {
    if (!isExclusive(rig))
      throw new UsageError(
        `Rig ${rig.key} is simulated: each run has one of its own, and nobody has to keep it.`,
      );
    await keepRig(rig, { user: this.person, until });
    return standingOf(rig);
  }

  #held(place: string): RigHold {
    return {
      ...{ place, rig: place, holder: this.person, lost: new AbortController().signal },
      check: () => Promise.resolve(),
      note: () => Promise.resolve(),
      release: () => Promise.resolve(),
    };
  }

  /** @throws NoSuchRig */
  #find(place: string): Rig {
    const rig = this.#rigs.find(({ key }) => key === place);
    if (rig === undefined)
      throw new NoSuchRig(
        { name: place },
        this.#rigs.map(({ key }) => key),
      );
    return rig;
  }
}

async function standingOf(rig: Rig): Promise<Standing> {
  const [running, kept] = [await holderOf(rig), keeperOf(rig)];
  const firmware = firmwareOf(rig.board);
  return {
    place: rig.key,
    tags: {
      board: rig.board.kind,
      controller: 'controller' in rig.board && rig.board.controller !== undefined ? 'yes' : 'no',
      ...(firmware !== undefined && { firmware }),
    },
    holder: kept?.user ?? running?.user,
    until: kept?.until,
    reservedBy: undefined,
  };
}
