import { SpiFailure, WaitStateTimeout } from '../../board/index.ts';
import type { Tampering } from '../../boards/tampered.ts';
import type { DriverHooks, HostDriver, OwnDriverOptions, Profile } from '../../driver/index.ts';
import { OwnDriver } from '../../driver/index.ts';
import type { Platform } from '../../host/index.ts';
import { inMs, inUs } from '../../units/index.ts';
import { asArguments, asHex, isCall } from '../calls.ts';
import { differences } from '../driver-row.ts';
import type { ActOf, AnyAct, CallerAct } from '../schema.ts';
import type { Scribe } from './scribe.ts';

type Method = (...args: unknown[]) => unknown;
/** Methods that ask a driver of a kernel for what is no part of the board, and tell nothing that an act changes. */
const ASKS: ReadonlySet<string> = new Set(['settle', 'release', 'statistic', 'interrupts']);

/**
 * A driver as a test has it: what the test asks of it is written down. `driver` is the one that does the work; inside
 * of an act nothing more is written.
 */
export function recordedDriver<D extends HostDriver>(driver: D, scribe: Scribe): D {
  const number = scribe.number(driver);
  const methods = new Map<string, Method>();
  const shown: D = new Proxy(driver, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof key !== 'string') return value;
      if (key === 'phy' || key === 'core') return recordedPart(value as object, key, number, scribe);
      if (typeof value !== 'function') return value;
      const known = methods.get(key);
      if (known !== undefined) return known;
      const method = recorded(key, (value as Method).bind(target), number, scribe);
      methods.set(key, method);
      return method;
    },
  });
  scribe.know(shown, { driver, number });
  return shown;
}

/** `phy` or `core` of a driver, and the parts of it. */
function recordedPart(part: object, path: string, number: number, scribe: Scribe): object {
  return new Proxy(part, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof key !== 'string') return value;
      const name = `${path}.${key}`;
      if (typeof value === 'function') return recorded(name, (value as Method).bind(target), number, scribe);
      return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
        ? recordedPart(value, name, number, scribe)
        : value;
    },
  });
}

const recorded =
  (name: string, method: Method, number: number, scribe: Scribe): Method =>
  (...args) => {
    const act = actOf(name, args, number);
    if (act !== undefined && name === 'abandon') {
      scribe.note(act);
      return method(...args);
    }
    if (act !== undefined) return scribe.did(act, () => method(...args));
    if (!ASKS.has(name)) scribe.cannot(`a call of ${name} of the driver`);
    return method(...args);
  };

function actOf(name: string, args: readonly unknown[], number: number): AnyAct | undefined {
  const which = number === 0 ? {} : { driver: number };
  const [first] = args;
  if (name === 'probe' || name === 'remove') return { act: name, ...which };
  if (name === 'transmit')
    return first instanceof Uint8Array && first.length > 0
      ? { act: 'command', bytes: asHex(first).hex, ...which }
      : undefined;
  const given = asArguments(args);
  if (!isCall(name) || given === undefined) return undefined;
  return { act: 'call', method: name, ...(given.length > 0 && { with: given }), ...which };
}

/** The host around a driver as a test has it. */
export function recordedPlatform(platform: Platform, scribe: Scribe): Platform {
  const of = (shown: HostDriver) => scribe.behind(shown) ?? { driver: shown, number: 0 };
  const which = (shown: HostDriver) => (of(shown).number === 0 ? {} : { driver: of(shown).number });
  const { firmware } = platform;
  const changed: Partial<Record<string, unknown>> = {
    suspend: ((driver, kind) =>
      scribe.did({ act: 'platform', to: 'suspend', kind, ...which(driver) }, () =>
        platform.suspend(of(driver).driver, kind),
      )) satisfies Platform['suspend'],
    resume: ((driver, kind) =>
      scribe.did({ act: 'platform', to: 'resume', kind, ...which(driver) }, () =>
        platform.resume(of(driver).driver, kind),
      )) satisfies Platform['resume'],
    sleep: ((driver, kind, duration) =>
      scribe.did({ act: 'suspend', kind, forMs: inMs(duration), ...which(driver) }, () =>
        platform.sleep(of(driver).driver, kind, duration),
      )) satisfies Platform['sleep'],
    firmware: new Proxy(firmware, {
      get: (target, key) =>
        key === 'start'
          ? (type: 'clear' | 'state') => scribe.did({ act: 'firmware', type }, () => firmware.start(type))
          : (Reflect.get(target, key, target) as unknown),
    }),
  };
  return new Proxy(platform, {
    get: (target, key) =>
      typeof key === 'string' && key in changed
        ? changed[key]
        : (Reflect.get(target, key, target) as unknown),
  });
}

/** What a test makes a driver with, and the face of the driver that it gets. */
export interface Making {
  readonly options: Partial<OwnDriverOptions>;
  readonly tampering: Tampering | undefined;
  /** The row that the run is about; a driver of the test may have other numbers. */
  readonly profile: Profile;
}

type Build = (options: Partial<OwnDriverOptions>, tampering: Tampering | undefined) => OwnDriver;

/** Options of a driver that an act can have. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['hasInterrupt', 'hz', 'firstTick', 'firmwarePowerManaged', 'rngQuality'],
  ...['profile', 'hooks'],
]);

/** Makes a driver for a test, and writes down how. */
export function recordedMaking(
  { options, tampering, profile }: Making,
  scribe: Scribe,
  build: Build,
): OwnDriver {
  if (scribe.isInner)
    scribe.cannot('a driver that was made inside of a group of callers or an action of a driver');
  const { hooks, profile: own } = options;
  const { hasInterrupt, hz, firstTick, firmwarePowerManaged, rngQuality } = options;
  for (const name of Object.keys(options))
    if (!KNOWN.has(name)) scribe.cannot(`a driver with ${name} of the test's own`);
  const act: ActOf<'make-driver'> = {
    act: 'make-driver',
    ...(hasInterrupt !== undefined && { hasInterrupt }),
    ...(hz !== undefined && { hz }),
    ...(firstTick !== undefined && { firstTick }),
    ...(firmwarePowerManaged !== undefined && { firmwarePowerManaged }),
    ...(rngQuality !== undefined && { rngQuality }),
    ...(own !== undefined && { changes: differences(profile, own) }),
  };
  scribe.note(act);
  const written = {
    ...options,
    ...(hooks !== undefined && { hooks: recordedHooks(hooks, act, scribe) }),
  };
  const driver = build(written, tampering && recordedTampering(tampering, act, scribe));
  return recordedDriver(driver, scribe);
}

function recordedHooks(hooks: DriverHooks, act: ActOf<'make-driver'>, scribe: Scribe): DriverHooks {
  const places: NonNullable<typeof act.hooks> = {};
  act.hooks = places;
  return Object.fromEntries(
    (Object.keys(hooks) as (keyof DriverHooks)[]).map((name) => {
      let passed = 0;
      const atPlace: Record<string, CallerAct[]> = {};
      places[name] = atPlace;
      const hook = (): void | Promise<void> => {
        const number = passed++;
        const acts: CallerAct[] = [];
        const keep = (): void => {
          if (acts.length > 0) atPlace[String(number)] = acts;
        };
        const ended = scribe.within(acts, () => hooks[name]?.());
        if (ended instanceof Promise) return ended.finally(keep);
        keep();
      };
      return [name, hook];
    }),
  );
}

function recordedTampering(
  { before, after, pulse }: Tampering,
  act: ActOf<'make-driver'>,
  scribe: Scribe,
): Tampering {
  const kept: NonNullable<typeof act.onTheWay> = { frames: {}, pulses: {} };
  act.onTheWay = kept;
  let [seen, pulsed] = [-1, 0];
  const of = (number: number) => (kept.frames[String(number)] ??= {});
  return {
    before: async (frame) => {
      const number = ++seen;
      const acts: CallerAct[] = [];
      try {
        await scribe.within(acts, () => before?.(frame));
      } catch (error) {
        Object.assign(of(number), thrownOnTheWay(error, scribe));
        throw error;
      } finally {
        if (acts.length > 0) of(number).before = acts;
      }
    },
    after: (frame, data) => {
      const was = Buffer.from(data);
      after?.(frame, data);
      if (!was.equals(data)) of(seen).data = asHex(data);
    },
    pulse: () => {
      const number = pulsed++;
      try {
        pulse?.();
      } catch (error) {
        kept.pulses[String(number)] = thrownOnTheWay(error, scribe).errno ?? EIO;
        throw error;
      }
    },
  };
}

const EIO = 5;
type OnTheWay = NonNullable<ActOf<'make-driver'>['onTheWay']>['frames'][string];

/** How a test makes the bus fail: with an error number, or as if the chip had not ended its wait state. */
function thrownOnTheWay(error: unknown, scribe: Scribe): Pick<OnTheWay, 'errno' | 'stall'> {
  if (error instanceof WaitStateTimeout)
    return { stall: { waitBytes: error.waitBytes, limitUs: inUs(error.limit) } };
  if (error instanceof SpiFailure) return { errno: error.errno };
  scribe.cannot('an error of the bus that is neither a SpiFailure nor a WaitStateTimeout');
  return { errno: EIO };
}
