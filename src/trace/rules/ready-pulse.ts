import type { Duration, Instant } from '../../units/index.ts';
import { between, inMs, inUs, showDuration } from '../../units/index.ts';
import { TPM_BOARD_CFG } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import { FlashWrites } from './flash-writes.ts';
import { RestartCommands } from './restart-commands.ts';
import type { Limit, Rule } from './rule.ts';

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

/** From CS rise to the pulse: 25 to 146 us were captured. [CHIP 3] */
const PROMPT_PULSE = { least: 1, most: 250 };

export const PULSE_DELAY: Rule = {
  id: 'pulse-delay',
  binds: 'chip',
  about: 'frames',
  title: 'The ready pulse follows its frame in 250 us at most, later only while the chip may write flash',
  limit: { least: PROMPT_PULSE.least, most: LATEST_PULSE_US },
  unit: 'us',
  source: '[CHIP 1.4] [CHIP 3]',
  needs: 'INT_AP_L',
  begin: (tally) => {
    const flash = new FlashWrites();
    return {
      access: (access) => {
        const { pulses, pulseFrom, pulseDelay, fall } = access;
        flash.see(access);
        const isPrompt = !flash.mayRunAt(fall);
        if (pulses > 0) tally.duration(pulseFrom, pulseDelay, isPrompt ? PROMPT_PULSE : undefined);
      },
      reset: (_isAsserted, at) => {
        flash.restart(at);
      },
      power: (_isOn, at) => {
        flash.restart(at);
      },
    };
  },
};

/** Width of a pulse that the chip ends by itself. [CHIP 3] */
const SHORT_PULSE = { least: 4, most: 16 };
const LONG_PULSE = { least: 100, most: 250 };
const EITHER_PULSE = {
  least: SHORT_PULSE.least,
  most: LONG_PULSE.most,
  gap: { above: SHORT_PULSE.most, below: LONG_PULSE.least },
};
/** A pulse that is wider than this was meant as a long one. */
const HALF_LONG_US = 50;

/** Which pulses the chip gives. TPM_BOARD_CFG chooses it, once in each power cycle. [CHIP 4.6] */
class PulseForm {
  #isLong: boolean | undefined;
  /** The pulse of this frame tells nothing of the next ones. */
  #isTransient = false;
  /** Of a frame that was not answered as it should be nobody knows what the chip took it for, and the next one. */
  #wasOdd = false;
  readonly #restarts = new RestartCommands(() => {
    this.forget();
  });

  see(access: Access): void {
    this.#restarts.access(access);
    const isWritten = access.direction === 'write' && access.offset === TPM_BOARD_CFG;
    const isOdd = !access.isWhole || access.pulses !== 1;
    this.#isTransient = isWritten || isOdd || this.#wasOdd;
    this.#wasOdd = isOdd;
    if (this.#isTransient) this.forget();
  }

  forget(): void {
    this.#isLong = undefined;
  }

  /**
   * How wide the pulse may be, by those before it; undefined when it says nothing. `isCut`: CS was asserted while
   * INT_AP_L was, which ends a long pulse at once. [CHIP 3]
   */
  limitOf(width: Duration, isCut: boolean): Limit | undefined {
    const isLong = this.#isLong;
    if (isCut && isLong !== false) return undefined;
    if (!this.#isTransient) this.#isLong ??= inUs(width) > HALF_LONG_US;
    if (isLong === undefined) return EITHER_PULSE;
    return isLong ? LONG_PULSE : SHORT_PULSE;
  }
}

export const PULSE_WIDTH: Rule = {
  id: 'pulse-width',
  binds: 'chip',
  about: 'frames',
  title: 'The ready pulse is a short or a long one, the same for all frames of a power cycle',
  limit: EITHER_PULSE,
  unit: 'us',
  source: '[CHIP 3] [CHIP 4.6]',
  needs: 'INT_AP_L',
  begin: (tally) => {
    const form = new PulseForm();
    const forget = (): void => {
      form.forget();
    };
    return {
      access: (access) => {
        form.see(access);
        const { pulses, pulseFrom, pulseTo, pulseWidth, waitedUntil, isCutOff } = access;
        if (pulses === 0 || Number.isNaN(pulseTo)) return;
        const limit = form.limitOf(pulseWidth, !isCutOff && pulseTo >= waitedUntil);
        if (limit !== undefined) tally.duration(pulseFrom, pulseWidth, limit);
      },
      power: forget,
    };
  },
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
