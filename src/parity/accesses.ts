import type { Access, TraceRecorder } from '../trace/index.ts';
import { TraceDecoder } from '../trace/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { between } from '../units/index.ts';

/** One action of a driver on the bus, in the terms in which two drivers can be compared. */
export interface Act {
  /** `R 018/4`, `W 024/12`: direction, register, number of bytes; or `wake pulse`. */
  readonly shape: string;
  /** Data in hexadecimal; empty where the data are random. */
  readonly bytes: string;
  readonly at: Instant;
}

const ACCESS = 0x000;
const STS = 0x018;
const FIFO = 0x024;
const FW_VERSION = 0xf90;
const GET_RANDOM = '0000017b';

/** What a comparison leaves out, for its report. */
export const LEFT_OUT = [
  'how often a register is read until it changes',
  "the kernel's own requests for random bytes in the background: it fills its pool elsewhere meanwhile",
  'the value of random bytes',
] as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * The actions in a trace. A series of polls is one action: how often a register is read until it changes depends on
 * time.
 */
export function actsOf(recorder: TraceRecorder): readonly Act[] {
  const acts: Act[] = [];
  const version: Act[] = [];
  let isHeld = false;
  const decoder = new TraceDecoder({
    access: (access) => {
      isHeld = access.ending === 'held';
      const act = actOf(access);
      (access.register === FW_VERSION ? version : acts).push(act);
    },
    select: (fall) => {
      // A host that has kept CS asserted only ends its frame with this: on the wire CS does not fall again. [BUGS K-01]
      if (isHeld) isHeld = false;
      else acts.push({ shape: 'wake pulse', bytes: '', at: fall });
    },
    command: () => undefined,
  });
  recorder.replay(decoder);
  decoder.end();
  return [...withoutPolls(withoutRandomData(acts)), ...version];
}

/** How many frames a trace has, and the time between two frames that half of them exceed. */
export function pacingOf(recorder: TraceRecorder): { frames: number; gap: Duration | undefined } {
  const seen: Pick<Access, 'fall' | 'rise'>[] = [];
  const decoder = new TraceDecoder({
    access: ({ fall, rise }) => seen.push({ fall, rise }),
    select: () => undefined,
    command: () => undefined,
  });
  recorder.replay(decoder);
  decoder.end();
  const gaps = seen
    .slice(1)
    .map(({ fall }, index) => between(seen[index]!.rise, fall))
    .sort((a, b) => a - b);
  return { frames: seen.length, gap: gaps[gaps.length >> 1] };
}

const actOf = ({ direction, register, data, fall }: Access): Act => ({
  shape: `${direction === 'read' ? 'R' : 'W'} ${register.toString(16).padStart(3, '0')}/${data.length}`,
  bytes: hex(data),
  at: fall,
});

const isAccess = ({ shape, bytes }: Act, value: string): boolean => shape === 'W 000/1' && bytes === value;

const isRead = (act: Act | undefined, register: number): boolean =>
  act?.shape.startsWith(`R ${register.toString(16).padStart(3, '0')}/`) === true;

/** Random bytes differ from run to run: only their number is compared. */
function withoutRandomData(acts: readonly Act[]): readonly Act[] {
  let sent = '';
  return acts.map((act) => {
    if (isAccess(act, '02')) sent = '';
    if (act.shape.startsWith('W 024/')) sent += act.bytes;
    const isRandom = isRead(act, FIFO) && sent.slice(12, 20) === GET_RANDOM;
    return isRandom ? { ...act, bytes: '' } : act;
  });
}

function withoutPolls(acts: readonly Act[]): readonly Act[] {
  const kept: Act[] = [];
  for (const act of acts) {
    const isPoll = isRead(act, STS) || isRead(act, ACCESS);
    if (isPoll && kept.at(-1)?.shape === act.shape) kept.pop();
    kept.push(act);
  }
  return kept;
}
