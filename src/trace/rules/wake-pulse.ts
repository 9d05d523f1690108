import type { Instant } from '../../units/index.ts';
import { between } from '../../units/index.ts';
import type { Rule } from './rule.ts';

export const WAKE_AFTER_IDLE: Rule = {
  id: 'wake-after-idle',
  binds: 'host',
  about: 'frames',
  title: 'After 1000 ms without a frame CS is asserted without a clock before the next frame',
  limit: { most: 1000 },
  unit: 'ms',
  source: '[CHIP 2] [DRIVER 1.5]',
  begin: (tally) => {
    let lastRise = NaN as Instant;
    let isWoken = false;
    const forget = (): void => {
      lastRise = NaN as Instant;
    };
    return {
      access: ({ fall, rise }) => {
        if (isWoken) tally.hold();
        else if (!Number.isNaN(lastRise)) tally.duration(fall, between(lastRise, fall));
        lastRise = rise;
        isWoken = false;
      },
      select: () => {
        isWoken = true;
      },
      reset: forget,
      power: forget,
    };
  },
};

export const WAKE_PULSE_WIDTH: Rule = {
  id: 'wake-pulse-width',
  binds: 'host',
  about: 'frames',
  title: 'A wake pulse is wide enough to be seen, and ends',
  limit: { least: 1, most: 10_000 },
  unit: 'us',
  source: '[CHIP 2] [DRIVER 1.1]',
  begin: (tally) => ({
    select: (fall, rise) => {
      tally.duration(fall, between(fall, rise));
    },
  }),
};

export const WAKE_SETTLE: Rule = {
  id: 'wake-settle',
  binds: 'host',
  about: 'frames',
  title: 'The first frame after a wake pulse leaves the chip time to wake',
  limit: { least: 100 },
  unit: 'us',
  source: '[CHIP 2]',
  begin: (tally) => {
    let pulseEnd = NaN as Instant;
    return {
      select: (_fall, rise) => {
        pulseEnd = rise;
      },
      access: ({ fall }) => {
        if (!Number.isNaN(pulseEnd)) tally.duration(fall, between(pulseEnd, fall));
        pulseEnd = NaN as Instant;
      },
    };
  },
};
