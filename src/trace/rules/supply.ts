import type { Instant } from '../../units/index.ts';
import { between } from '../../units/index.ts';
import type { TraceListener } from '../decode/decoder.ts';
import type { Rule, Tally } from './rule.ts';

/** Marks that tell a trace when the host slept. */
export const SUSPENDED = 'suspended';
export const RESUMED = 'resumed';

/** A span of time in which no frame may begin. An access is told later than what follows it, so its time decides. */
class ForbiddenSpan {
  #from = NaN as Instant;
  #to = NaN as Instant;

  constructor(
    private readonly tally: Tally,
    private readonly when: string,
  ) {}

  begin(at: Instant): void {
    this.#from = at;
    this.#to = Infinity as Instant;
  }

  end(at: Instant): void {
    this.#to = at;
  }

  judge(fall: Instant): void {
    if (fall >= this.#from && fall < this.#to) this.tally.breach(fall, () => 'a frame', `none ${this.when}`);
    else this.tally.hold();
  }
}

/** Judges the begin of every frame by a span that `follow` opens and closes. */
function forbid(tally: Tally, when: string, follow: (span: ForbiddenSpan) => TraceListener): TraceListener {
  const span = new ForbiddenSpan(tally, when);
  return {
    access: ({ fall }) => {
      span.judge(fall);
    },
    ...follow(span),
  };
}

export const NO_FRAME_IN_RESET: Rule = {
  id: 'no-frame-in-reset',
  binds: 'host',
  about: 'frames',
  title: 'No frame while TPM_RST_L is asserted',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 6]',
  needs: 'TPM_RST_L',
  begin: (tally) =>
    forbid(tally, 'in reset', (span) => ({
      reset: (isAsserted, at) => {
        if (isAsserted) span.begin(at);
        else span.end(at);
      },
    })),
};

export const RESET_WIDTH: Rule = {
  id: 'reset-width',
  binds: 'host',
  about: 'frames',
  title: 'TPM_RST_L is asserted long enough to be seen, also by a chip that sleeps',
  limit: { least: 1 },
  unit: 'ms',
  source: '[CHIP 6]',
  needs: 'TPM_RST_L',
  begin: (tally) => {
    let asserted = NaN as Instant;
    let wasDeasserted = false;
    return {
      reset: (isAsserted, at) => {
        // Nobody knows how long it was asserted before the trace began.
        if (isAsserted) asserted = wasDeasserted ? at : (NaN as Instant);
        else if (!Number.isNaN(asserted)) tally.duration(asserted, between(asserted, at));
        wasDeasserted = !isAsserted;
      },
    };
  },
};

export const NO_FRAME_UNPOWERED: Rule = {
  id: 'no-frame-unpowered',
  binds: 'host',
  about: 'frames',
  title: 'No frame while the chip has no power',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 6]',
  begin: (tally) =>
    forbid(tally, 'without power', (span) => ({
      power: (isOn, at) => {
        if (isOn) span.end(at);
        else span.begin(at);
      },
    })),
};

export const NO_FRAME_WHILE_SUSPENDED: Rule = {
  id: 'no-frame-while-suspended',
  binds: 'host',
  about: 'frames',
  title: 'No frame while the host is suspended',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 1.12]',
  begin: (tally) =>
    forbid(tally, 'while suspended', (span) => ({
      mark: (text, at) => {
        if (text === SUSPENDED) span.begin(at);
        else if (text === RESUMED) span.end(at);
      },
    })),
};
