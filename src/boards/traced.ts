import type { Board, Clock, DriveLine, PowerSwitch, SpiDevice, SpiRecord, SpiStep } from '../board/index.ts';
import { WaitStateTimeout, withParts } from '../board/index.ts';
import type { TraceSink, WireFrame } from '../trace/index.ts';
import { NEXT_BY_TEST, UNKNOWN } from '../trace/index.ts';

const HEADER = 4;
const NO_BYTES = new Uint8Array(0);

/** A board whose wires a sink hears, until it is detached. */
export interface TracedBoard extends Board {
  /** The sink hears no more of the lines; the board stays open. */
  detach(): void;
}

/**
 * A board whose wires are told to a sink: how power and reset stand now, then every transaction, edge of INT_AP_L and
 * TPM_RST_L, and switch of power.
 */
export function traced(board: Board, sink: TraceSink): TracedBoard {
  const { clock } = board;
  const reset = board.reset && tracedLine(board.reset, sink, clock);
  const power = board.power && tracedPower(board.power, sink, clock);
  const detach = watch(board, sink);
  const close = async (): Promise<void> => {
    const wasOn = power?.isOn === true;
    try {
      await board.close();
    } finally {
      detach();
      if (wasOn && board.power?.isOn === false) sink.power(false, clock.now());
    }
  };
  const now = clock.now();
  if (power) sink.power(power.isOn, now);
  if (reset) sink.edge('TPM_RST_L', reset.isAsserted, now);
  return withParts(board, { spi: tracedSpi(board.spi, sink, clock), reset, power, detach, close });
}

/** Tells the sink what comes without being asked for, until the result is called. */
function watch(board: Board, sink: TraceSink): () => void {
  const stopReady = board.ready?.observe((edge, at) => {
    sink.edge('INT_AP_L', edge === 'asserted', at);
  });
  const stopWires = board.observeWires?.({
    frame: (frame) => {
      sink.frame({ ...frame, pollAt: Math.min(4, frame.sent.length), polled: UNKNOWN });
    },
    select: (fall, rise) => {
      sink.select(fall, rise);
    },
  });
  return () => {
    stopReady?.();
    stopWires?.();
  };
}

function tracedSpi(device: SpiDevice, sink: TraceSink, clock: Clock): SpiDevice {
  const tell = (record: SpiRecord, steps: readonly SpiStep[]): SpiRecord => {
    if (record.sent.length > 0) sink.frame(steps.some(isPoll) ? record : unpolled(record));
    else sink.select(record.fall, record.rise);
    return record;
  };
  const transaction: SpiDevice['transaction'] = (steps, options) => {
    const from = clock.now();
    if (options?.byTest !== undefined) sink.mark(NEXT_BY_TEST[options.byTest], from);
    const fail = (failure: unknown): never => {
      if (failure instanceof WaitStateTimeout)
        noteStall(failure, sink, options?.csStaysLowAfterError === true);
      else sink.failure(from, clock.now(), messageOf(failure));
      throw failure;
    };
    let result: Promise<SpiRecord> | SpiRecord;
    try {
      result = device.transaction(steps, options);
    } catch (failure) {
      return fail(failure);
    }
    return result instanceof Promise
      ? result.then((record) => tell(record, steps), fail)
      : tell(result, steps);
  };
  return withParts(device, { transaction });
}

/** A frame that ended in its wait state; CS is still low when `isHeld`. */
function noteStall(
  { fall, gaveUp, waitBytes, wire }: WaitStateTimeout,
  sink: TraceSink,
  isHeld: boolean,
): void {
  sink.frame({
    sent: wire?.sent ?? NO_BYTES,
    received: wire?.received ?? NO_BYTES,
    pollAt: wire?.pollAt ?? 0,
    polled: waitBytes,
    // A board that has not kept the bytes still tells how many there were.
    elided: wire ? 0 : waitBytes,
    fall,
    rise: gaveUp,
    ending: isHeld ? 'held' : 'timeout',
  });
}

const isPoll = ({ kind }: SpiStep): boolean => kind === 'poll';

/** A frame without a poll. The decoder finds its ready byte. */
const unpolled = (record: SpiRecord): WireFrame => ({
  ...record,
  pollAt: Math.min(HEADER, record.sent.length),
  polled: UNKNOWN,
});

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure);

function tracedLine(line: DriveLine, sink: TraceSink, clock: Clock): DriveLine {
  const drive = async (action: () => Promise<void>): Promise<void> => {
    const before = line.isAsserted;
    await action();
    const now = line.isAsserted;
    if (line.name === 'TPM_RST_L' && now !== before) sink.edge('TPM_RST_L', now, clock.now());
  };
  return withParts(line, {
    assert: () => drive(() => line.assert()),
    deassert: () => drive(() => line.deassert()),
  });
}

function tracedPower(power: PowerSwitch, sink: TraceSink, clock: Clock): PowerSwitch {
  const turn = async (action: () => Promise<void>): Promise<void> => {
    const before = power.isOn;
    await action();
    const now = power.isOn;
    if (now !== before) sink.power(now, clock.now());
  };
  return withParts(power, { on: () => turn(() => power.on()), off: () => turn(() => power.off()) });
}
