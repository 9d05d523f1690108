import { ACCESS, TPM_ACCESS, TPM_STS } from '../../wire/index.ts';
import type { Rule } from './rule.ts';

export const LOCALITY_CLAIMED: Rule = {
  id: 'locality-claimed',
  binds: 'host',
  about: 'registers',
  title: 'TPM_DATA_FIFO is used, and TPM_STS is written, only while their locality is active',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.3] [DRIVER 3.1] [CHIP 4.2]',
  begin: (tally) => {
    /** Whether each locality is active; undefined until the trace shows it. */
    const active: (boolean | undefined)[] = [];
    const lose = (): void => {
      active.splice(0, Infinity, false, false, false, false, false);
    };
    return {
      access: (access) => {
        const { offset, locality, direction, value, fall, dataLength } = access;
        if (dataLength === 0 || !access.isWhole || access.answersOnes || !access.isHeeded) return;
        if (offset === TPM_ACCESS) {
          if (direction === 'read') active[locality] = (value & ACCESS.activeLocality) !== 0;
          else if (access.maker !== 'driver') active[locality] = undefined;
          else if (value === ACCESS.requestUse) active[locality] = true;
          else if (value === ACCESS.activeLocality) active[locality] = false;
        } else if (access.isFifo || (offset === TPM_STS && direction === 'write')) {
          if (active[locality] === undefined) return;
          if (active[locality]) tally.hold();
          else tally.number(fall, 1, 'access without the locality');
        }
      },
      reset: lose,
      power: lose,
    };
  },
};
