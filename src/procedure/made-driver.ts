import type { Clock } from '../board/index.ts';
import { SpiFailure, WaitStateTimeout } from '../board/index.ts';
import type { Tampering } from '../boards/tampered.ts';
import type { DriverHooks, OwnDriverOptions, Profile } from '../driver/index.ts';
import { ticks } from '../driver/index.ts';
import { us } from '../units/index.ts';
import { ofHex } from './calls.ts';
import { changed } from './driver-row.ts';
import type { ActOf, CallerAct } from './schema.ts';

type Making = ActOf<'make-driver'>;
type DoAll = (acts: readonly CallerAct[]) => Promise<void>;

/** What a driver is made with: its own numbers, what is done between its actions, and what to its frames. */
export interface DriverMaking {
  readonly options: Partial<OwnDriverOptions>;
  readonly tampering: Tampering | undefined;
}

/** Reads how an act makes a driver. `doAll` does the acts that belong between two actions of this driver. */
export function makingOf(act: Making, profile: Profile, clock: Clock, doAll: DoAll): DriverMaking {
  const { hasInterrupt, hz, firstTick, firmwarePowerManaged, rngQuality, changes, hooks, onTheWay } = act;
  const options: Partial<OwnDriverOptions> = {
    ...(changes !== undefined && { profile: changed(profile, changes) }),
    ...(hasInterrupt !== undefined && { hasInterrupt }),
    ...(hz !== undefined && { hz }),
    ...(firstTick !== undefined && { firstTick: ticks(firstTick) }),
    ...(firmwarePowerManaged !== undefined && { firmwarePowerManaged }),
    ...(rngQuality !== undefined && { rngQuality }),
    ...(hooks !== undefined && { hooks: hooksOf(hooks, doAll) }),
  };
  return { options, tampering: onTheWay && tamperingOf(onTheWay, clock, doAll) };
}

function hooksOf(hooks: NonNullable<Making['hooks']>, doAll: DoAll): DriverHooks {
  return Object.fromEntries(
    Object.entries(hooks).map(([place, acts]) => {
      let passed = 0;
      return [place, () => doAll(acts?.[String(passed++)] ?? [])];
    }),
  );
}

function tamperingOf(
  { frames, pulses }: NonNullable<Making['onTheWay']>,
  clock: Clock,
  doAll: DoAll,
): Tampering {
  let [seen, pulsed] = [-1, 0];
  return {
    before: async () => {
      const { before = [], errno, stall } = frames[String(++seen)] ?? {};
      await doAll(before);
      if (errno !== undefined) throw new SpiFailure('the frame', errno);
      const [fall, gaveUp] = [clock.now(), clock.now()];
      if (stall !== undefined)
        throw new WaitStateTimeout(stall.waitBytes, us(stall.limitUs), { fall, gaveUp });
    },
    after: (_, data) => {
      const shown = frames[String(seen)]?.data;
      if (shown !== undefined) data.set(ofHex(shown).subarray(0, data.length));
    },
    pulse: () => {
      const errno = pulses[String(pulsed++)];
      if (errno !== undefined) throw new SpiFailure('the wake pulse', errno);
    },
  };
}
