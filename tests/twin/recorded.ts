import type { Board } from '../../src/board/index.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import type { SimBoardOptions } from '../../src/boards/sim/index.ts';
import { traced } from '../../src/boards/traced.ts';
import { recommended, OwnDriver } from '../../src/driver/index.ts';
import { HostFirmware, powerUp } from '../../src/host/index.ts';
import { execute, getRandom, hash, pcrRead, readClock } from '../../src/tpm/index.ts';
import type { TraceEvent, TraceSink } from '../../src/trace/index.ts';
import { TraceRecorder } from '../../src/trace/index.ts';
import type { TapeBounds, TwinOptions, TwinReport } from '../../src/twin/index.ts';
import { compareWithTwin, TwinTape } from '../../src/twin/index.ts';
import { hertz, ns, seconds } from '../../src/units/index.ts';

export type Frame = Extract<TraceEvent, { kind: 'frame' }>;

/** SHA-256, and the null hierarchy, whose tickets are empty. [TPM2 Part 2, 6.3, 7.4] */
const SHA256 = 0x000b;

/** What is said to a chip that has started. */
export type Talk = (driver: OwnDriver, board: Board, recorder: TraceRecorder) => Promise<void>;

/**
 * What a healthy simulated chip, or one with faults in it, says to a driver. Without `talk` the driver asks the same of
 * every chip.
 */
export async function recordedEvents(
  options: Partial<SimBoardOptions> = {},
  talk: Talk = ask,
): Promise<TraceEvent[]> {
  const sim = new SimBoard({ seed: 7, ...options });
  const recorder = new TraceRecorder();
  const board = traced(sim, recorder);
  await powerUp(board);
  await new HostFirmware(board).start('clear');
  const driver = new OwnDriver({ board, profile: recommended });
  await driver.probe();
  // A chip that answers wrongly ends the driver's questions early.
  await talk(driver, board, recorder).catch((error: unknown) => {
    if (talk !== ask) throw error;
  });
  driver.abandon();
  await board.close();
  return recorder.events();
}

async function ask(driver: OwnDriver, board: Board, recorder: TraceRecorder): Promise<void> {
  recorder.mark('1. ask', board.clock.now());
  await execute(driver, getRandom(32));
  await execute(driver, getRandom(32));
  await execute(driver, pcrRead({ hash: SHA256, pcrs: [0, 1] }));
  await execute(driver, hash(Uint8Array.of(1, 2, 3), SHA256));
  recorder.mark('2. sleep, and ask again', board.clock.now());
  await board.clock.sleep(seconds(30));
  await execute(driver, readClock());
}

/** Tells a sink what happened. */
function tell(events: readonly TraceEvent[], sink: TraceSink): void {
  for (const event of events)
    switch (event.kind) {
      case 'frame':
        sink.frame(event);
        break;
      case 'select':
        sink.select(event.fall, event.rise);
        break;
      case 'edge':
        sink.edge(event.line, event.isAsserted, event.at);
        break;
      case 'power':
        sink.power(event.isOn, event.at);
        break;
      case 'failure':
        sink.failure(event.from, event.to, event.text);
        break;
      case 'log':
        sink.log(event.level, event.text, event.at);
        break;
      case 'mark':
        sink.mark(event.text, event.at);
    }
}

/** The twin of the default board hears these events. */
export function compared(
  events: readonly TraceEvent[],
  options: Partial<TwinOptions> = {},
  bounds: TapeBounds = {},
): TwinReport {
  const tape = new TwinTape(bounds);
  tell(events, tape);
  return compareWithTwin(tape, {
    chip: {},
    isFresh: true,
    sees: { ready: true, reset: true, supply: true },
    resolution: ns(1),
    sck: hertz(1_000_000),
    ...options,
  });
}
