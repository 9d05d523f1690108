import type { Clock } from '../../board/index.ts';
import type { VirtualClock } from '../../sim/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, inSeconds, instant, later, ns, seconds } from '../../units/index.ts';
import { GuestSilent, GuestUnruly } from './errors.ts';

/** The guest calls at least this often in its own time, so that one that spins is noticed. */
const HEARTBEAT = seconds(1);
/**
 * Maximum wall time for a second of the guest's own time, in milliseconds. It takes 10 ms when the guest rests, and seconds
 * when it computes or is interrupted all the time.
 */
const SECOND_LIMIT_MS = 120_000;
/** Maximum of the guest's own time for a call. A command on a chip whose every frame times out takes minutes. */
const CALL_LIMIT = seconds(1800);
const LOOK_EVERY_MS = 1000;
/** Maximum of the guest's own time between two of its stops. It is told to call within a second. */
const MAX_LEAP = seconds(3600);
/** Promises that settle one after the other need one turn of the event loop; the runner's own may need another. */
const TURNS = 2;

/** For `until`: however long it takes. */
export const NEVER = Infinity as Instant;

/** The last moment of the guest's clock. */
const FOREVER = 2n ** 63n;

/** Something that is waited for, which passing time may end. */
interface Waiting {
  readonly isCall: boolean;
  /** An event of the chip may end it. */
  readonly isRung: boolean;
  readonly end: Instant;
  readonly passed: () => void;
  readonly reject: (reason: Error) => void;
}

/** How a stop of the guest is answered: when the wire is free, and when the guest has to call again, in its own time. */
export interface Schedule {
  readonly until: number;
  readonly alarm: number;
}

/**
 * The time of guest, chip and test: one. The guest's virtual time moves only while the guest runs, and the guest runs only
 * while somebody waits for the board and nobody does anything: at each of its stops it stands still until the event
 * loop shows that every thread of the test waits. So nothing depends on how fast this process or its machine is.
 */
export class GuestTime implements Clock {
  readonly resolution: Duration = ns(1);
  /** The guest's time at the chip's beginning. */
  #origin = 0;
  /** The guest's time at its last stop, on the chip's clock. */
  #guest: Instant = BEGINNING;
  readonly #waiting = new Set<Waiting>();
  /** Lets the guest, which stands at a stop, go on. */
  #goOn: (() => void) | undefined;
  #turns = 0;
  #isSuspended = false;
  #isInRam = false;
  /** The chip's time at which the guest, which was in suspend to RAM, appears again. */
  #goesOnFrom: Instant | undefined;
  /** How often the guest was seen running since its own clock showed `#secondAt`. */
  #runs = 0;
  #secondAt: Instant = BEGINNING;
  #asleepSince = performance.now();
  /** A guest that boots has made no stop yet; how long that may take its machine says. */
  #hasBegun = false;
  #failure: Error | undefined;
  readonly #watch = setInterval(() => {
    this.#look();
  }, LOOK_EVERY_MS).unref();

  constructor(
    private readonly chip: VirtualClock,
    private readonly secondLimitMs = SECOND_LIMIT_MS,
  ) {}

  now(): Instant {
    return this.chip.now();
  }

  async sleep(duration: Duration): Promise<void> {
    await this.until(later(this.now(), duration));
  }

  async together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    const ended = await Promise.allSettled(tasks.map((task) => task()));
    return ended.map((end) => {
      if (end.status === 'rejected') throw end.reason as Error;
      return end.value;
    });
  }

  /** The chip may be ahead when its host's firmware used the bus, for which the guest stood still: lets the guest catch up. */
  async catchUp(): Promise<void> {
    if (!this.#hasPassed(this.chip.now())) await this.until(this.chip.now());
  }

  /** Resolves at `end`, or as soon as `ring` is called. @returns whether it was */
  until(end: Instant, arm?: (ring: () => void) => () => void): Promise<boolean> {
    return this.#wait<boolean>({ isCall: false, isRung: arm !== undefined, end }, (finish) => {
      const stop = arm?.(() => {
        stop?.();
        finish(true);
      });
      return () => {
        stop?.();
        finish(false);
      };
    });
  }

  /** Waits for something that only the guest can do while it is awake; `begin` is given what ends it. */
  call<T>(begin: (finish: (value: T) => void) => void): Promise<T> {
    const end = later(this.now(), CALL_LIMIT);
    return this.#wait<T>({ isCall: true, isRung: false, end }, (finish, reject) => {
      begin(finish);
      return () => {
        reject(new GuestSilent(`for ${inSeconds(CALL_LIMIT) / 60} minutes of its own time`));
      };
    });
  }

  /** The guest stopped when its clock showed this. Rings what is due. @throws GuestUnruly for a leap */
  arrive(guestNs: number): void {
    if (this.#goesOnFrom !== undefined) {
      this.#guest = this.#goesOnFrom;
      this.#origin = guestNs - this.#guest;
      this.#goesOnFrom = undefined;
    }
    const guest = instant(guestNs - this.#origin);
    if (guest > later(this.#guest, MAX_LEAP))
      throw new GuestUnruly(
        `a clock that leapt by ${(guest - this.#guest) / 1e9} s`,
        `${inSeconds(MAX_LEAP)} s are the most`,
      );
    this.#guest = guest;
    this.chip.advanceTo(this.#guest);
    this.#wakeSleepers();
  }

  /** What the guest stopped for is done; `goOn` lets it go on, which happens now or when the test waits again. */
  depart(goOn: () => void): void {
    this.#goOn = goOn;
    this.#hasBegun = true;
    if (this.#turns === 0) this.#release();
  }

  /** Whether it is that late for the guest. */
  hasCome(at: Instant): boolean {
    return this.#guest >= at;
  }

  /**
   * What an answer tells the guest of time. It has to call at the chip's next event only where somebody listens: the guest,
   * or a thread of the test. `edge` is when the guest has to hear of an edge.
   */
  schedule(guestListens: boolean, edge?: Instant): Schedule {
    let next = later(this.#guest, HEARTBEAT);
    if (edge !== undefined && edge < next) next = edge;
    for (const { end } of this.#waiting) if (end < next) next = end;
    const { nextAlarm } = this.chip;
    const isHeard = guestListens || [...this.#waiting].some(({ isRung }) => isRung);
    if (isHeard && nextAlarm !== undefined && nextAlarm < next) next = nextAlarm;
    return {
      until: Math.ceil(this.chip.now() + this.#origin),
      alarm: Math.ceil(next + this.#origin),
    };
  }

  /** The guest's time of a moment before which nothing happens but what the guest does; of the chip's next event at most. */
  promise(until: Instant): bigint {
    const { nextAlarm } = this.chip;
    const end = nextAlarm !== undefined && nextAlarm < until ? nextAlarm : until;
    return Number.isFinite(end) ? BigInt(Math.max(0, Math.floor(end + this.#origin))) : FOREVER;
  }

  /** The chip's clock began again; the guest stands at a stop. */
  restart(): void {
    this.#origin += this.#guest;
    this.#guest = BEGINNING;
  }

  /** What is asked of a guest that sleeps has to wait until it is awake. */
  set isSuspended(isSuspended: boolean) {
    this.#isSuspended = isSuspended;
    this.#settle();
  }

  /** The machine sleeps: no time passes for the guest, and for the chip only what somebody sleeps through. */
  sleepsInRam(): void {
    this.#isInRam = true;
    this.#settle();
  }

  get isInRam(): boolean {
    return this.#isInRam;
  }

  /** The machine is told to wake up. Whatever its clock did meanwhile, for the chip it goes on from here. */
  wakesFromRam(): void {
    this.#isInRam = false;
    this.#goesOnFrom = this.chip.now();
  }

  /** Nothing can be waited for any more. */
  fail(reason: Error): void {
    this.#failure ??= reason;
    clearInterval(this.#watch);
    for (const { reject } of [...this.#waiting]) reject(this.#failure);
  }

  #wait<T>(
    kind: Pick<Waiting, 'isCall' | 'isRung' | 'end'>,
    begin: (finish: (value: T) => void, reject: (reason: Error) => void) => () => void,
  ): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const ended = <V>(settle: (value: V) => void): ((value: V) => void) => {
        return (value) => {
          if (!this.#waiting.delete(waiting)) return;
          this.#settle();
          settle(value);
        };
      };
      let passed = (): void => undefined;
      const waiting: Waiting = {
        ...kind,
        passed: () => {
          passed();
        },
        reject: ended(reject),
      };
      this.#waiting.add(waiting);
      passed = begin(ended(resolve), waiting.reject);
      this.#settle();
    });
  }

  #hasPassed(end: Instant): boolean {
    return (this.#isInRam ? this.chip.now() : this.#guest) >= end;
  }

  #wakeSleepers(): void {
    for (const waiting of [...this.#waiting]) if (this.#hasPassed(waiting.end)) waiting.passed();
  }

  /** Somebody may have something to do: the guest stays where it is until the event loop has turned. */
  #settle(): void {
    const isTurning = this.#turns > 0;
    this.#turns = TURNS;
    if (!isTurning) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turns--;
    if (this.#turns > 0) setImmediate(this.#turn);
    else this.#release();
  };

  #release(): void {
    if (![...this.#waiting].some(({ isCall }) => !isCall || !this.#isSuspended)) return;
    if (this.#isInRam) this.#leap();
    const goOn = this.#goOn;
    if (goOn === undefined) return;
    this.#goOn = undefined;
    goOn();
  }

  /** Nothing runs in a machine that sleeps: time leaps to what is waited for. */
  #leap(): void {
    const next = Math.min(...[...this.#waiting].map(({ end }) => end));
    if (Number.isFinite(next)) this.chip.advanceTo(instant(next));
    this.#wakeSleepers();
  }

  /** Every thread of the test waits for a guest that sleeps, and none is there to wake it. */
  #isForgotten(): boolean {
    const calls = [...this.#waiting];
    return this.#isSuspended && calls.length > 0 && calls.every(({ isCall }) => isCall);
  }

  #lookAsleep(): void {
    if (!this.#isForgotten()) this.#asleepSince = performance.now();
    else if (performance.now() - this.#asleepSince > this.secondLimitMs)
      this.fail(new GuestSilent(`since it sleeps, and nobody wakes it`));
  }

  /**
   * Ends a guest that stops too rarely or too often: one that spins with its interrupts off never stops, and one that is
   * interrupted all the time stops without its time going on. Looks are counted, and not time: while this process itself
   * is held up, nobody reads what the guest says.
   */
  #look(): void {
    this.#lookAsleep();
    if (this.#goOn !== undefined || this.#isInRam || !this.#hasBegun) return;
    if (Math.abs(this.#guest - this.#secondAt) >= HEARTBEAT) {
      this.#secondAt = this.#guest;
      this.#runs = 0;
    }
    this.#runs++;
    if (this.#runs * LOOK_EVERY_MS > this.secondLimitMs)
      this.fail(
        new GuestSilent(`for ${this.secondLimitMs / 1000} s, and should once a second of its own time`),
      );
  }
}
