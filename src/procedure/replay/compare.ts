import type { Board } from '../../board/index.ts';
import type { TpmExchange, TraceSource, Violation } from '../../trace/index.ts';
import { judgeTrace, registerName, RULES, showViolation } from '../../trace/index.ts';
import { readyTime, TpmAnswers } from '../../twin/index.ts';
import type { Hertz } from '../../units/index.ts';
import { describe } from '../judge.ts';
import type { HostSide, ReplayedFrame } from './host-side.ts';
import type { Replayed } from './replay.ts';

/** What can differ between a captured chip and the one of a replay. */
export type ReplayClass = 'start' | 'bytes' | 'no answer' | 'wait bytes' | 'pulses' | 'times' | 'TPM answers';

/** One difference: which frame of the capture, counted from 0, and what was seen. */
export interface ReplayDifference {
  readonly class: ReplayClass;
  readonly frame?: number;
  readonly says: string;
}

/** What a replay showed. */
export interface ReplayReport {
  readonly frames: number;
  /** Frames whose answer has the captured bytes. */
  readonly same: number;
  /** Frames whose answer holds what each chip has for itself, such as random bytes, or what it stored before. */
  readonly own: number;
  readonly repeats: number;
  readonly lateNs: number;
  readonly differences: readonly ReplayDifference[];
}

/** A response of the TPM library of the board, where captured ones stood in for it. */
export interface OwnResponse {
  readonly command: Uint8Array;
  readonly captured: Uint8Array;
  readonly own: Uint8Array;
}

/** What is known of the board of a replay. */
export interface Replaying {
  readonly board: Pick<Board, 'ready' | 'reset' | 'spi'>;
  readonly capture: TraceSource;
  readonly firmware?: string | undefined;
  /** Responses that were captured and stood in for the library; undefined where the chip has its own. */
  readonly stoodIn?: readonly OwnResponse[] | undefined;
}

const STS = 0x18;
const FIFO = 0x24;
/** dataAvail and commandReady come and go while a chip works, and a status before the awaited one may differ in them. */
const WORKING = 0x10 | 0x40 | 0x08;
/** Share of frames beyond that of the capture that may stall for longer than the band: the chip may write flash then. */
const LONG_STALLS = 0.05;
const BITS = 8;
const ONES = 0xff;

/** Compares what a board answered with the capture, class by class. */
export function compareReplay(side: HostSide, replayed: Replayed, about: Replaying): ReplayReport {
  const { frames } = side;
  const own = ownFrames(side, about);
  const differences: ReplayDifference[] = [];
  let same = 0;
  let ownCount = 0;
  for (const [index, frame] of frames.entries()) {
    const seen = replayed.answers[index];
    const difference = ofAnswer(index, frame, { seen, isPoll: isPolled(frames, index) });
    if (difference === undefined) same++;
    else if (own.has(index) && difference.class === 'bytes') ownCount++;
    else differences.push(difference);
    if (seen !== undefined && about.board.ready !== undefined)
      differences.push(...ofPulse(index, frame, seen));
  }
  differences.push(
    ...ofStart(replayed),
    ...ofStalls(frames, replayed, about.board.spi.sck),
    ...ofTimes(replayed, about),
    ...ofLibrary(about),
  );
  return {
    ...{ frames: frames.length, same, own: ownCount, repeats: replayed.repeats },
    lateNs: replayed.late,
    differences,
  };
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(' ') || 'nothing';

/** Both answers from the first byte that differs. */
function fromByte(captured: Uint8Array, now: Uint8Array): string {
  const at = captured.findIndex((byte, index) => byte !== now[index]);
  const from = at < 0 ? captured.length : at;
  return `from byte ${from}: ${hex(now.subarray(from))}; captured was ${hex(captured.subarray(from))}`;
}

const nameOf = ({ direction, address }: ReplayedFrame): string => `${direction} of ${registerName(address)}`;

/** Whether the frame after reads the same register again: the host was polling, and this was not what it waited for. */
const isPolled = (frames: readonly ReplayedFrame[], index: number): boolean => {
  const [one, next] = [frames[index]!, frames[index + 1]];
  return (
    one.register === STS && next?.register === STS && one.direction === 'read' && next.direction === 'read'
  );
};

interface Answer {
  readonly seen: ReplayedFrame | undefined;
  readonly isPoll: boolean;
}

/** How the answer to one frame differs from the captured one. */
function ofAnswer(
  index: number,
  frame: ReplayedFrame,
  { seen, isPoll }: Answer,
): ReplayDifference | undefined {
  if (seen === undefined || (frame.isWhole && !seen.isWhole))
    return {
      class: 'no answer',
      frame: index,
      says: `The ${nameOf(frame)} was not answered to its end: ${seen === undefined ? 'nothing was seen' : hex(seen.received)}.`,
    };
  if ((frame.direction === 'write' && frame.isWhole) || (isOnes(frame) && isOnes(seen))) return undefined;
  const [captured, now] = frame.isWhole ? [frame.data, seen.data] : [frame.received, seen.received];
  if (Buffer.compare(captured, now) === 0 || (isPoll && isAnotherPoll(captured, now))) return undefined;
  return {
    class: 'bytes',
    frame: index,
    says: `The ${nameOf(frame)} differs ${fromByte(captured, now)}.`,
  };
}

/**
 * Whether the chip answered as in the first frame after a reset: FF until its ready byte, wherever that comes. Nothing
 * in it is valid. [CHIP 1.3]
 */
const isOnes = ({ answersOnes, received }: ReplayedFrame): boolean =>
  answersOnes && received.subarray(0, -1).every((byte) => byte === ONES);

/** Whether two answers to a poll differ only in how far the chip was. */
const isAnotherPoll = (captured: Uint8Array, now: Uint8Array): boolean =>
  captured.length === now.length && (captured[0]! & ~WORKING) === (now[0]! & ~WORKING);

const ofStart = ({ startError }: Replayed): ReplayDifference[] =>
  startError === undefined
    ? []
    : [
        {
          class: 'start',
          says: `A host could not start the chip before the capture: ${describe(startError).says}`,
        },
      ];

function ofPulse(index: number, frame: ReplayedFrame, seen: ReplayedFrame): ReplayDifference[] {
  if (frame.pulses === seen.pulses || frame.isCutOff || seen.isCutOff) return [];
  const says = `After the ${nameOf(frame)} ${seen.pulses} ready pulses came; captured were ${frame.pulses}.`;
  return [{ class: 'pulses', frame: index, says }];
}

/** Stalls that a healthy chip does not have. Some may be longer, while the chip writes flash. */
function ofStalls(frames: readonly ReplayedFrame[], { answers }: Replayed, sck: Hertz): ReplayDifference[] {
  const byteNs = (BITS * 1e9) / sck;
  return (['read', 'write'] as const).flatMap((direction): ReplayDifference[] => {
    const { least, most } = readyTime(direction === 'read', false);
    const stalls = (list: readonly (ReplayedFrame | undefined)[]) =>
      list.filter((one) => one?.direction === direction && one.isWhole).map((one) => one!.waitBytes);
    const share = (list: readonly number[], isOut: (count: number) => boolean) =>
      list.filter(isOut).length / Math.max(1, list.length);
    const [before, now] = [stalls(frames), stalls(answers)];
    const isLong = (count: number) => (count - 1) * byteNs > most;
    const isShort = (count: number) => (count + 1) * byteNs < least;
    const isWrong = [isLong, isShort].some((isOut) => share(now, isOut) > share(before, isOut) + LONG_STALLS);
    if (!isWrong) return [];
    const range = (list: readonly number[]) => `${Math.min(...list)} to ${Math.max(...list)}`;
    return [
      {
        class: 'wait bytes',
        says: `A ${direction} has ${range(now)} wait bytes; captured were ${range(before)}, and an H1 stalls ${least / 1e3} to ${most / 1e3} us.`,
      },
    ];
  });
}

/** Rules that the chip of the replay breaks, and the captured one does not. */
function ofTimes({ trace }: Replayed, { board, capture, firmware }: Replaying): ReplayDifference[] {
  const watched = [
    ...(board.ready === undefined ? [] : (['INT_AP_L'] as const)),
    ...(board.reset === undefined ? [] : (['TPM_RST_L'] as const)),
  ];
  const absent = board.ready === undefined ? (['INT_AP_L'] as const) : [];
  const byChip = ({ by }: Violation): boolean => by !== 'host';
  const before = new Set(
    judgeTrace(capture, RULES, {})
      .violations.filter(byChip)
      .map(({ rule }) => rule.id),
  );
  const first = new Map<string, Violation>();
  for (const violation of judgeTrace(trace, RULES, { watched, absent, firmware }).violations)
    if (byChip(violation) && !before.has(violation.rule.id) && !first.has(violation.rule.id))
      first.set(violation.rule.id, violation);
  return [...first.values()].map((violation) => ({ class: 'times', says: showViolation(violation) }));
}

/** The library of the board, asked beside the captured answers that stood in for it. */
function ofLibrary({ stoodIn = [] }: Replaying): ReplayDifference[] {
  const answers = new TpmAnswers({ isFresh: false, isForeign: false, sharedChance: 'no' });
  return stoodIn.flatMap(({ command, captured, own }): ReplayDifference[] => {
    const { difference } = answers.compare(command, captured, own);
    return difference === undefined ? [] : [{ class: 'TPM answers', says: difference.says }];
  });
}

/** Frames of a response that holds what no other chip can have. Where captured answers stood in there is none. */
function ownFrames({ commands, frames }: HostSide, { stoodIn }: Replaying): ReadonlySet<number> {
  const own = new Set<number>();
  if (stoodIn !== undefined) return own;
  const answers = new TpmAnswers({ isFresh: false, isForeign: false, sharedChance: 'no' });
  const hidden = commands.filter(({ command, response }) => isOwn(answers, command, response));
  for (const [index, { fall, register }] of frames.entries())
    if (register === FIFO || register === STS)
      if (hidden.some(({ available, ended }) => fall >= available && fall <= ended)) own.add(index);
  return own;
}

const isOwn = (answers: TpmAnswers, command: TpmExchange['command'], response: Uint8Array): boolean =>
  answers.compare(command, response, response).unknowable.length > 0;
