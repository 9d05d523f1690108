import { ACCESS, TPM_ACCESS, TPM_DATA_FIFO, TPM_STS } from '../../wire/index.ts';
import type { Rule } from './rule.ts';

export const LOCALITY_CLAIMED: Rule = {
  id: 'locality-claimed',
  binds: 'host',
  title: 'TPM_DATA_FIFO is used, and TPM_STS is written, only while locality 0 is active',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.3] [DRIVER 3.1] [CHIP 4.2]',
  begin: (tally) => {
    /** Undefined until the trace shows it. */
    let isActive: boolean | undefined;
    const lose = (): void => {
      isActive = false;
    };
    return {
      access: (access) => {
        const { register, direction, value, fall, dataLength } = access;
        if (dataLength === 0 || !access.isWhole || access.isFirstAfterReset) return;
        if (register === TPM_ACCESS) {
          if (direction === 'read') isActive = (value & ACCESS.activeLocality) !== 0;
          else if (value === ACCESS.requestUse) isActive = true;
          else if (value === ACCESS.activeLocality) isActive = false;
        } else if (register === TPM_DATA_FIFO || (register === TPM_STS && direction === 'write')) {
          if (isActive === undefined) return;
          if (isActive) tally.hold();
          else tally.number(fall, 1, 'access without the locality');
        }
      },
      reset: lose,
      power: lose,
    };
  },
};
