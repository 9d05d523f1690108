import type { Instant } from '../../units/index.ts';
import { between, inMs, inUs, showDuration } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import type { Rule } from './rule.ts';

/** Maximum time until the pulse of a chip that writes its flash. [CHIP 1.4] */
const LATEST_PULSE_US = 150_000;

/** A host that uses delays needs no pulse after this time. [DRIVER 1.1] */
const PACED_MS = 2;

/**
 * Whether no pulse was due: a reset, a change of the supply or the end of the trace came first, the next frame came
 * too early, or the chip slept or did not run, and so has not taken the frame.
 */
function isExcused(access: Access): boolean {
  const waited = between(access.rise, access.waitedUntil);
  return access.isUnanswered || (access.isCutOff ? inUs(waited) < LATEST_PULSE_US : inMs(waited) < PACED_MS);
}

export const PULSE_PER_FRAME: Rule = {
  id: 'pulse-per-frame',
  binds: 'chip',
  about: 'frames',
  title: 'Every frame with data is answered by one ready pulse',
  limit: { least: 1, most: 1 },
  unit: 'count',
  source: '[CHIP 3]',
  needs: 'INT_AP_L',
  begin: (tally) => ({
    access: (access) => {
      const { rise, pulses, lastPulseFrom, ending } = access;
      if (ending !== 'complete' || (pulses === 0 && isExcused(access))) return;
      tally.number(pulses > 1 ? lastPulseFrom : rise, pulses, 'pulses');
    },
  }),
};

export const NO_PULSE_FOR_EMPTY_SELECT: Rule = {
  id: 'no-pulse-for-empty-select',
  binds: 'chip',
  about: 'frames',
  title: 'No ready pulse answers CS that was asserted without a clock',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 2] [CHIP 3]',
  needs: 'INT_AP_L',
  begin: (tally) => {
    let follows = false;
    let isPulseOpen = false;
    return {
      select: () => {
        // A pulse for which the host did not wait may still come, and belongs to the frame before.
        follows = !isPulseOpen;
        tally.hold();
      },
      access: ({ pulses }) => {
        follows = false;
        isPulseOpen = pulses === 0;
      },
      reset: () => {
        follows = false;
      },
      power: () => {
        follows = false;
      },
      strayPulse: (from) => {
        if (follows) tally.number(from, 1, 'pulse');
      },
    };
  },
};

export const PULSE_DELAY: Rule = {
  id: 'pulse-delay',
  binds: 'chip',
  about: 'frames',
  title: 'The ready pulse follows its frame in time, a flash write included',
  limit: { least: 1, most: LATEST_PULSE_US },
  unit: 'us',
  source: '[CHIP 1.4] [CHIP 3]',
  needs: 'INT_AP_L',
  begin: (tally) => ({
    access: ({ pulses, pulseFrom, pulseDelay }) => {
      if (pulses > 0) tally.duration(pulseFrom, pulseDelay);
    },
  }),
};

export const PULSE_WIDTH: Rule = {
  id: 'pulse-width',
  binds: 'chip',
  about: 'frames',
  title: 'The ready pulse is wide enough to be seen, and ends',
  limit: { least: 4, most: 250 },
  unit: 'us',
  source: '[CHIP 3]',
  needs: 'INT_AP_L',
  begin: (tally) => ({
    access: ({ pulses, pulseFrom, pulseTo, pulseWidth, waitedUntil, isCutOff }) => {
      // A long pulse ends with the next CS assertion. [CHIP 3]
      const isEndedByHost = !isCutOff && pulseTo >= waitedUntil;
      if (pulses > 0 && !Number.isNaN(pulseTo) && !isEndedByHost) tally.duration(pulseFrom, pulseWidth);
    },
  }),
};

export const FRAME_AFTER_PULSE: Rule = {
  id: 'frame-after-pulse',
  binds: 'host',
  about: 'frames',
  title: 'No frame begins before the ready pulse of the frame before it, unless 2 ms have passed',
  limit: { least: 0 },
  unit: 'us',
  source: '[CHIP 1.5] [DRIVER 1.4]',
  needs: 'INT_AP_L',
  begin: (tally) => {
    let rise = NaN as Instant;
    let pulseFrom = NaN as Instant;
    let wasAnswered = false;
    const forget = (): void => {
      rise = NaN as Instant;
      pulseFrom = NaN as Instant;
      wasAnswered = false;
    };
    return {
      access: (access) => {
        const gap = between(rise, access.fall);
        if (inMs(gap) >= PACED_MS) tally.hold();
        else if (!Number.isNaN(pulseFrom)) tally.duration(access.fall, between(pulseFrom, access.fall));
        else if (wasAnswered)
          tally.breach(access.fall, () => `${showDuration(gap)} and no pulse`, 'a pulse, or 2 ms');
        wasAnswered = access.ending === 'complete' && !access.isUnanswered;
        ({ rise, pulseFrom } = access);
      },
      reset: forget,
      power: forget,
    };
  },
};

export const GAP_WITHOUT_PULSE: Rule = {
  id: 'gap-without-pulse',
  binds: 'host',
  about: 'frames',
  title: 'Where no ready pulse is watched, frames keep a gap',
  limit: { least: PACED_MS },
  unit: 'ms',
  source: '[CHIP 3] [DRIVER 1.1]',
  unless: 'INT_AP_L',
  begin: (tally) => {
    let rise = NaN as Instant;
    return {
      access: (access) => {
        if (!Number.isNaN(rise)) tally.duration(access.fall, between(rise, access.fall));
        ({ rise } = access);
      },
    };
  },
};
