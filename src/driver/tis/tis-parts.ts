import type { Clock } from '../../board/index.ts';
import type { Duration } from '../../units/index.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import type { StackHooks } from '../hooks.ts';
import type { HostTime } from '../time/host-time.ts';
import type { Phy } from '../phy/phy.ts';
import type { TisRules } from '../profile.ts';

/** What the parts of the TIS core share. */
export interface TisParts {
  readonly phy: Phy;
  readonly clock: Clock;
  readonly time: HostTime;
  readonly rules: TisRules;
  readonly log: DeviceLog;
  readonly hooks: StackHooks;
}

/**
 * Looks again and again, `pause` apart, until `look` is true or a look ended past the limit: there is always a look
 * after the last pause. [BUGS K-32]
 */
export async function lookUntil(
  { clock, time }: TisParts,
  limit: Duration,
  pause: Duration,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const stop = time.add(time.now(), limit);
  for (;;) {
    if (await look()) return true;
    if (time.isAtOrAfter(time.now(), stop)) return false;
    await clock.sleep(pause);
  }
}
