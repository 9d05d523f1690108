import type { Duration, Instant } from '../../units/index.ts';
import { between, inMs, times } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import { FLAW } from '../decode/access.ts';
import { hexOf } from '../decode/meaning.ts';
import { FlashWrites } from './flash-writes.ts';
import { RestartCommands } from './restart-commands.ts';
import type { Party, Rule } from './rule.ts';

/**
 * Flaws that are not judged here. The end of a trace may lie in a frame, and a CS that stays asserted has its own
 * rule.
 */
const NOT_A_FLAW = FLAW.cut | FLAW.continued;

export const CS_EDGES: Rule = {
  id: 'cs-edges',
  binds: 'host',
  about: 'frames',
  title: 'CS is asserted once and deasserted once for every frame, failed ones included',
  limit: { least: 2, most: 2 },
  unit: 'count',
  source: '[DRIVER 1.7] [BUGS L-01]',
  begin: (tally) => ({
    access: ({ rise, ending }) => {
      if (ending !== 'cut') tally.number(rise, ending === 'held' ? 1 : 2, 'edges');
    },
  }),
};

/** A stall that lasts this long or longer is a breach. [CHIP 1.4] [DRIVER 1.1] */
const MAX_STALL_MS = 750;

/**
 * Who is to blame for flaws. Half a byte and a glitch are the wire's. An endless stall and stray data are the chip's,
 * unless the host did not wake it or clocked too few bytes.
 */
function breakerOf({ flaws, fall, rise }: Access, mayBeAsleep: boolean): Party {
  if ((flaws & (FLAW.spareClocks | FLAW.glitch)) !== 0) return 'wire';
  if (mayBeAsleep) return 'host';
  const isStall = (flaws & FLAW.neverReady) !== 0 && inMs(between(fall, rise)) >= MAX_STALL_MS;
  const isOfChip = (flaws & FLAW.strayBytes) !== 0 || isStall;
  return isOfChip ? 'chip' : 'host';
}

/** The chip may sleep when the bus was idle for this long. [CHIP 2] */
const AWAKE_MS = 1000;

export const FRAME_WHOLE: Rule = {
  id: 'frame-whole',
  binds: 'host',
  about: 'frames',
  title:
    'Every frame has its header, a ready byte and as many data bytes as the header announces; a read that is clocked on gets the dummy word',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 1.2] [CHIP 1.3] [CHIP 1.5]',
  begin: (tally) => {
    let last = NaN as Instant;
    return {
      access: (access) => {
        const mayBeAsleep = inMs(between(last, access.fall)) >= AWAKE_MS;
        last = access.rise;
        if (access.ending === 'complete' && (access.flaws & ~NOT_A_FLAW) !== 0)
          tally.breach(
            access.rise,
            () => access.flawNames.join(', '),
            'a whole frame',
            breakerOf(access, mayBeAsleep),
          );
        else tally.hold();
      },
      select: (_fall, rise) => {
        last = rise;
      },
    };
  },
};

/** Outside of flash writes the chip was seen to stall for 0.65 ms at most. [CHIP 1.4] */
const PROMPT_STALL = { most: 5 };
/** A host that is slow between bytes sees fewer wait bytes than this. */
const MANY_WAIT_BYTES = 100;

/** How long the chip stalled the frame, where it is told by many bytes. */
function stallOf({ fall, rise, waitBytes, dataLength, isWhole }: Access): Duration | undefined {
  if (!isWhole || waitBytes <= MANY_WAIT_BYTES) return undefined;
  return times(between(fall, rise), waitBytes / (4 + waitBytes + dataLength));
}

export const FRAME_TIME: Rule = {
  id: 'frame-time',
  binds: 'chip',
  about: 'frames',
  title:
    'The chip ends its wait states within 5 ms, or while it may write flash before the host must give up',
  limit: { most: MAX_STALL_MS },
  unit: 'ms',
  source: '[CHIP 1.4] [DRIVER 1.1]',
  begin: (tally) => {
    const flash = new FlashWrites();
    return {
      access: (access) => {
        const { fall, rise } = access;
        flash.see(access);
        const stall = flash.mayRunAt(fall) ? undefined : stallOf(access);
        if (stall === undefined) tally.duration(rise, between(fall, rise));
        else tally.duration(rise, stall, PROMPT_STALL);
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

export const WRITE_LENGTH: Rule = {
  id: 'write-length',
  binds: 'host',
  about: 'frames',
  title:
    'A frame that writes has no more bytes than the chip keeps, wait bytes included: it drops a longer one',
  limit: { most: 512 },
  unit: 'count',
  source: '[CHIP 1.5]',
  begin: (tally) => ({
    access: ({ direction, rise, waitBytes, dataLength, flaws, ending }) => {
      // A host that gave up during the stall wrote nothing that the chip could have dropped.
      if (direction === 'write' && ending === 'complete' && (flaws & FLAW.shortHeader) === 0)
        tally.number(rise, 4 + waitBytes + dataLength, 'bytes');
    },
  }),
};

export const HEADER_NOT_READY: Rule = {
  id: 'header-not-ready',
  binds: 'chip',
  about: 'frames',
  title:
    'The chip never says ready within the header, but in the first frame it answers after a reset, a power-up or a command to restart',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 1.3]',
  begin: (tally) => {
    let mayBeFirst = true;
    const expectFirst = (): void => {
      mayBeFirst = true;
    };
    let mayRestart = false;
    const restarts = new RestartCommands(() => {
      mayRestart = true;
    });
    return {
      access: (access) => {
        restarts.access(access);
        // Where nobody watches TPM_RST_L, a frame that looks like the first one after a reset is that.
        const mayBeReset = mayBeFirst || mayRestart || (access.isFirstAfterReset && !access.showsResets);
        const isExcused = access.answersOnes && mayBeReset;
        // A chip that does not run yet has not taken the frame, so the next one is the first again.
        const isTaken = access.answersOnes ? access.pulses > 0 : access.isWhole;
        if (isTaken) mayBeFirst = false;
        if (isTaken && access.answersOnes) mayRestart = false;
        if ((access.headerAnswer & 1) === 0 || isExcused) tally.hold();
        else tally.number(access.fall, 1, 'ready in the header');
      },
      reset: expectFirst,
      power: expectFirst,
    };
  },
};

export const FILLER: Rule = {
  id: 'filler',
  binds: 'chip',
  about: 'frames',
  title: 'The chip fills header and wait states with 00, says ready with 01, and fills a write with 01',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 1.3]',
  begin: (tally) => ({
    access: (access) => {
      // What bit 0 of the header says is judged by itself, and so is a frame that is not whole.
      if (!access.isWhole || (access.headerAnswer & 1) === 1) return;
      const { received, dataAt, direction } = access;
      let odd = 0;
      for (let i = 0; i < dataAt - 1; i++) if (received[i] !== 0) odd++;
      if (dataAt > 4 && received[dataAt - 1] !== 1) odd++;
      if (direction === 'write') for (let i = dataAt; i < received.length; i++) if (received[i] !== 1) odd++;
      if (odd === 0) tally.hold();
      else tally.breach(access.fall, () => hexOf(received), '00 in header and wait states, then 01');
    },
  }),
};
