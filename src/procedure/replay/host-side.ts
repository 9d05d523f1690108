import type { Access, Capture, TpmExchange } from '../../trace/index.ts';
import { TraceDecoder } from '../../trace/index.ts';
import type { Instant } from '../../units/index.ts';
import { between, ms, UsageError } from '../../units/index.ts';

/** One frame with data, as it was captured or as it was seen on the board. */
export interface ReplayedFrame {
  readonly kind: 'frame';
  readonly fall: Instant;
  readonly rise: Instant;
  readonly direction: 'read' | 'write';
  /** Address on the wire, 24 bits. */
  readonly address: number;
  /** Offset in locality 0, or -1. */
  readonly register: number;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  readonly data: Uint8Array;
  readonly waitBytes: number;
  /** The frame has header, ready byte and data. */
  readonly isWhole: boolean;
  /** The chip answered the header with FF, as in the first frame after a reset. */
  readonly answersOnes: boolean;
  readonly pulses: number;
  readonly pulseFrom: Instant;
  /** The trace or the chip's supply ended before a pulse could come. */
  readonly isCutOff: boolean;
}

/** What a host does to a chip: frames, CS without a clock, TPM_RST_L and the supply. */
export type HostEvent =
  | ReplayedFrame
  | { readonly kind: 'select'; readonly fall: Instant; readonly rise: Instant }
  | { readonly kind: 'reset' | 'power'; readonly fall: Instant; readonly isOn: boolean };

/** The host's side of a capture, and what the chip answered. */
export interface HostSide {
  readonly events: readonly HostEvent[];
  readonly frames: readonly ReplayedFrame[];
  readonly commands: readonly TpmExchange[];
}

/** CS low for longer without a clock shows that the host was in reset, where TPM_RST_L was not recorded. [CHIP 10.2] */
const HOST_IN_RESET = ms(100);
/** Maximum number of frames that one replay does. */
const MAX_FRAMES = 200_000;

const frameOf = (access: Access): ReplayedFrame => ({
  ...{ kind: 'frame', fall: access.fall, rise: access.rise, direction: access.direction },
  ...{ address: access.address, register: access.register },
  sent: access.sent.slice(),
  received: access.received.slice(),
  data: access.data.slice(),
  waitBytes: access.waitBytes,
  isWhole: access.isWhole,
  answersOnes: access.answersOnes,
  pulses: access.pulses,
  pulseFrom: access.pulseFrom,
  isCutOff: access.isCutOff,
});

/** Reads what the host did in a trace, in the order of time. @throws UsageError when there is nothing, or too much */
export function hostSideOf(source: Pick<Capture, 'replay'>, name: string): HostSide {
  const events: HostEvent[] = [];
  const commands: TpmExchange[] = [];
  const decoder = new TraceDecoder({
    access: (access) => {
      if (events.length >= MAX_FRAMES)
        throw new UsageError(`${name} has more than ${MAX_FRAMES} frames. Replay a part of it.`);
      events.push(frameOf(access));
    },
    select: (fall, rise) => {
      events.push({ kind: 'select', fall, rise });
    },
    reset: (isOn, at) => {
      events.push({ kind: 'reset', fall: at, isOn });
    },
    power: (isOn, at) => {
      events.push({ kind: 'power', fall: at, isOn });
    },
    command: (exchange) => {
      commands.push(exchange);
    },
  });
  source.replay(decoder);
  decoder.end();
  events.sort((a, b) => a.fall - b.fall);
  const frames = events.filter((event) => event.kind === 'frame');
  if (frames.length === 0)
    throw new UsageError(
      `${name} has no frame with data, so there is nothing to replay. h1-hil decode shows what it has.`,
    );
  const showsResets = events.some(({ kind }) => kind === 'reset');
  return { events: showsResets ? events : events.flatMap(withReset), frames, commands };
}

/** In the place of a long CS low: TPM_RST_L was asserted in it. */
function withReset(event: HostEvent): HostEvent[] {
  if (event.kind !== 'select' || between(event.fall, event.rise) < HOST_IN_RESET) return [event];
  const middle = (event.fall + Math.round(between(event.fall, event.rise) / 2)) as Instant;
  return [
    { kind: 'reset', fall: event.fall, isOn: true },
    { kind: 'reset', fall: middle, isOn: false },
  ];
}
