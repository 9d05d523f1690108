import type { Clock } from '../../board/index.ts';
import type { Duration } from '../../units/index.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import type { DriverHooks } from '../hooks.ts';
import type { HostTime } from '../time/host-time.ts';
import type { Phy } from '../phy/phy.ts';
import type { TisRules } from '../profile.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** What the parts of the TIS core share. */
export interface TisParts {
  readonly phy: Phy;
  readonly clock: Clock;
  readonly time: HostTime;
  readonly rules: TisRules;
  readonly log: DeviceLog;
  readonly hooks: DriverHooks;
}

/**
 * Calls `isThere` again and again, `pause` apart, until it is true (then the result is true) or a call ended after the
 * limit. The last pause is always followed by one more call. [BUGS K-32]
 */
export function* poll(
  { clock, time }: TisParts,
  limit: Duration,
  pause: Duration,
  isThere: () => Work<boolean>,
): Work<boolean> {
  const stop = time.add(time.now(), limit);
  for (;;) {
    if (yield* isThere()) return true;
    if (time.isAtOrAfter(time.now(), stop)) return false;
    yield* waited(clock.sleep(pause));
  }
}
