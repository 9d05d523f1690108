import type { Duration } from '../units/index.ts';
import { between, later, ms, plus, showDuration } from '../units/index.ts';
import type { Finding } from './finding.ts';
import type { Outcome } from './player.ts';
import type { Played } from './play.ts';
import { faultOf } from './schema.ts';
import { isTolerated, TIMEOUT_A } from './tolerated.ts';

const HEADER = 10;

/** The promises of the acts that were broken. They are the same for every driver. */
export const brokenPromises = (played: Played): Finding[] => [
  ...played.outcomes.flatMap((outcome) => [...ofAnswer(outcome, played), ...ofTrust(outcome, played)]),
  ...ofPatience(played),
];

const broken = (id: string, { act, index, from }: Outcome, says: string): Finding[] => [
  { kind: 'promise', id, place: act.act, act: index, at: from, says },
];

/** Whether a fault was set, or its effect was not over, when an act ended. */
const isFaulty = ({ faults }: Played, { to }: Outcome): boolean =>
  faults.some(({ at, until }) => at <= to && to < until);

/** A command has a whole response, with the code and size that the procedure states. [DRIVER 3.2] */
function ofAnswer(outcome: Outcome, played: Played): Finding[] {
  const { act, response } = outcome;
  if (act.act !== 'command' || response === undefined || spoils(outcome, played)) return [];
  if (response.length < HEADER)
    return broken(
      'answer-whole',
      outcome,
      `The answer has ${response.length} bytes; a response has at least 10.`,
    );
  const view = new DataView(response.buffer, response.byteOffset, response.byteLength);
  const [stated, code] = [view.getUint32(2), view.getUint32(6)];
  if (stated !== response.length)
    return broken(
      'answer-whole',
      outcome,
      `The answer has ${response.length} bytes, and its header says ${stated}.`,
    );
  const { answer } = act;
  if (answer === undefined || isAfterReset(outcome, played)) return [];
  if (code !== answer.code)
    return broken('answer-code', outcome, `The TPM answered ${hex(code)}; owed was ${hex(answer.code)}.`);
  if (answer.size !== undefined && stated !== answer.size)
    return broken('answer-size', outcome, `The answer has ${stated} bytes; owed were ${answer.size}.`);
  return [];
}

const hex = (code: number): string => `0x${code.toString(16).padStart(3, '0')}`;

/** Whether a fault was set that may change the response to this command. */
const spoils = (outcome: Outcome, { outcomes }: Played): boolean =>
  outcomes.some(
    ({ act, from }) => act.act === 'fault' && from <= outcome.to && !isTolerated(faultOf(act.fault)),
  );

/**
 * Whether the TPM was reset after the last restart of the host. Nobody has started it since, so its answers are
 * others.
 */
const isAfterReset = (outcome: Outcome, { outcomes }: Played): boolean => {
  const before = outcomes.filter(({ from }) => from < outcome.from).map(({ act }) => act.act);
  return before.lastIndexOf('reset') > before.lastIndexOf('restart');
};

/** After a probe a driver that uses the ready interrupt trusts it, on a board whose ready line works. [DRIVER 1.4] */
function ofTrust(outcome: Outcome, played: Played): Finding[] {
  const { act, error, trust } = outcome;
  const { profile, hasReadyLine } = played;
  if (act.act !== 'probe' || error !== undefined || trust === undefined || !hasReadyLine) return [];
  if (profile.ready.interrupt === undefined || trust === 'trusted' || trust === 'no-line') return [];
  if (isFaulty(played, outcome)) return [];
  return broken(
    'ready-trusted',
    outcome,
    `The probe is over and the ready interrupt is ${trust}, on a board whose line works.`,
  );
}

/** A host may exceed a limit by this much. The number is ours. */
const LATE = ms(10);
const MOST: Duration = plus(TIMEOUT_A, LATE);

/** A frame takes timeout A at most, and so does a pause between two frames of one command. [DRIVER 1.1] */
function ofPatience({ outcomes, frames, faults }: Played): Finding[] {
  const found: Finding[] = [];
  let at = 0;
  for (const outcome of outcomes) {
    if (outcome.act.act !== 'command') continue;
    while (at < frames.length && frames[at]!.rise <= outcome.from) at++;
    for (let i = at; i < frames.length && frames[i]!.fall < outcome.to; i++) {
      const { fall, rise } = frames[i]!;
      const before = frames[i - 1];
      const gap = before && before.fall >= outcome.from ? between(before.rise, fall) : ms(0);
      const isHeld = faults.some(
        (fault) => fault.kind === 'bus-held' && fault.at <= fall && later(fault.at, MOST) >= fall,
      );
      if (between(fall, rise) > MOST)
        found.push(
          ...broken(
            'frame-given-up',
            outcome,
            `A frame lasted ${showDuration(between(fall, rise))}; a driver waits at most 750 ms for the chip.`,
          ),
        );
      if (gap > MOST && !isHeld)
        found.push(
          ...broken(
            'pulse-given-up',
            outcome,
            `Between two frames of the command ${showDuration(gap)} passed; a driver waits at most 750 ms for a ready pulse.`,
          ),
        );
    }
  }
  return found;
}
