import { between } from '../../units/index.ts';
import { FLAW } from '../decode/access.ts';
import { hexOf } from '../decode/meaning.ts';
import type { Party, Rule } from './rule.ts';

/** The end of a trace may fall into a frame: that is no fault of anybody. */
const NOT_A_FLAW = FLAW.cut;

export const CS_EDGES: Rule = {
  id: 'cs-edges',
  binds: 'host',
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

/** Half a byte and a glitch are nobody's word; a stall without end and stray data are the chip's. */
function breakerOf(flaws: number): Party {
  if ((flaws & (FLAW.spareClocks | FLAW.glitch)) !== 0) return 'wire';
  return (flaws & (FLAW.neverReady | FLAW.strayBytes)) !== 0 ? 'chip' : 'host';
}

export const FRAME_WHOLE: Rule = {
  id: 'frame-whole',
  binds: 'host',
  title:
    'Every frame has its header, a ready byte and as many data bytes as the header announces; a read that is clocked on gets the dummy word',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 1.2] [CHIP 1.3] [CHIP 1.5]',
  begin: (tally) => ({
    access: (access) => {
      if (access.ending === 'complete' && (access.flaws & ~NOT_A_FLAW) !== 0)
        tally.breach(
          access.rise,
          () => access.flawNames.join(', '),
          'a whole frame',
          breakerOf(access.flaws),
        );
      else tally.hold();
    },
  }),
};

export const FRAME_TIME: Rule = {
  id: 'frame-time',
  binds: 'chip',
  title: 'The chip ends its wait states before the host must give up',
  limit: { most: 750 },
  unit: 'ms',
  source: '[CHIP 1.4] [DRIVER 1.1]',
  begin: (tally) => ({
    access: ({ fall, rise }) => {
      tally.duration(rise, between(fall, rise));
    },
  }),
};

export const WRITE_LENGTH: Rule = {
  id: 'write-length',
  binds: 'host',
  title:
    'A frame that writes has no more bytes than the chip keeps, wait bytes included: it drops a longer one',
  limit: { most: 512 },
  unit: 'count',
  source: '[CHIP 1.5]',
  begin: (tally) => ({
    access: ({ direction, rise, waitBytes, dataLength, flaws }) => {
      if (direction === 'write' && (flaws & FLAW.shortHeader) === 0)
        tally.number(rise, 4 + waitBytes + dataLength, 'bytes');
    },
  }),
};

export const HEADER_NOT_READY: Rule = {
  id: 'header-not-ready',
  binds: 'chip',
  title: 'The chip never says ready within the header, but in the first frame after a TPM reset',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 1.3]',
  begin: (tally) => {
    let isFirst = true;
    const expectFirst = (): void => {
      isFirst = true;
    };
    return {
      access: (access) => {
        const isExcused = isFirst && access.isFirstAfterReset;
        isFirst = false;
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
