import type {
  Board,
  Clock,
  DriveLine,
  EdgeSource,
  EdgeWatch,
  FaultPanel,
  PowerSwitch,
  SpiDevice,
} from '../../board/index.ts';
import { withParts } from '../../board/index.ts';
import type { Duration } from '../../units/index.ts';
import { between, copyOf, inMs } from '../../units/index.ts';
import type { ActOf } from '../schema.ts';
import { writtenSteps } from '../steps.ts';
import type { Scribe } from './scribe.ts';
import { writtenFault } from './written-fault.ts';

/** A board as a test has it: what the test does with its parts is written down. */
export function recordedBoard<B extends Board>(board: B, scribe: Scribe): B {
  const { clock, reset, power, faults, ready, secondDevice, bus } = board;
  return withParts(board, {
    clock: recordedClock(clock, scribe),
    spi: recordedDevice(board.spi, scribe, {}),
    bus: withParts(bus, {
      acquire: async () => {
        const release = await scribe.did({ act: 'hold-bus' }, () => bus.acquire());
        return () => {
          scribe.note({ act: 'release-bus' });
          release();
        };
      },
    }),
    secondDevice: secondDevice && recordedDevice(secondDevice, scribe, { second: true }),
    reset: reset && recordedReset(reset, scribe),
    power: power && recordedPower(power, scribe),
    faults: faults && recordedFaults(faults, scribe),
    ready: ready && recordedReady(ready, clock, scribe),
  }) as unknown as B;
}

function recordedClock(clock: Clock, scribe: Scribe): Clock {
  return withParts(clock, {
    sleep: (duration: Duration) =>
      scribe.did({ act: 'idle', forMs: inMs(duration) }, () => clock.sleep(duration)),
    together: async <T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> => {
      if (scribe.isInner) {
        scribe.cannot('a group of callers inside of another one');
        return clock.together(tasks);
      }
      const act: ActOf<'together'> = { act: 'together', callers: tasks.map(() => []) };
      return scribe.did(act, () =>
        clock.together(tasks.map((task, index) => () => scribe.within(act.callers[index]!, task))),
      );
    },
  });
}

const recordedDevice = (
  device: SpiDevice,
  scribe: Scribe,
  which: Pick<ActOf<'transaction'>, 'second'>,
): SpiDevice =>
  withParts(device, {
    transaction: async (...[steps, options = {}]: Parameters<SpiDevice['transaction']>) => {
      const { byTest, csStaysLowAfterError } = options;
      const act: ActOf<'transaction'> = {
        act: 'transaction',
        steps: writtenSteps(steps),
        ...which,
        ...(byTest && { byTest }),
        ...(csStaysLowAfterError !== undefined && { csStaysLowAfterError }),
      };
      const record = await scribe.did(act, () => device.transaction(steps, options));
      scribe.seen.returned(act, copyOf(record.received));
      return record;
    },
  });

const recordedReset = (line: DriveLine, scribe: Scribe): DriveLine =>
  withParts(line, {
    assert: () => scribe.did({ act: 'line', line: 'TPM_RST_L', on: true }, () => line.assert()),
    deassert: () => scribe.did({ act: 'line', line: 'TPM_RST_L', on: false }, () => line.deassert()),
  });

const recordedPower = (power: PowerSwitch, scribe: Scribe): PowerSwitch =>
  withParts(power, {
    on: () => scribe.did({ act: 'line', line: 'supply', on: true }, () => power.on()),
    off: () => scribe.did({ act: 'line', line: 'supply', on: false }, () => power.off()),
  });

const recordedFaults = (faults: FaultPanel, scribe: Scribe): FaultPanel =>
  withParts<FaultPanel, Pick<FaultPanel, 'set' | 'clear'>>(faults, {
    set: (fault) => scribe.did({ act: 'fault', fault: writtenFault(fault) }, () => faults.set(fault)),
    clear: () => scribe.did({ act: 'clear-faults' }, () => faults.clear()),
  });

/** A test that waits for an edge lets time pass. */
const recordedReady = (ready: EdgeSource, clock: Clock, scribe: Scribe): EdgeSource =>
  withParts<EdgeSource, Pick<EdgeSource, 'arm'>>(ready, {
    arm: (edge) => {
      const watch = ready.arm(edge);
      return withParts<EdgeWatch, Pick<EdgeWatch, 'next'>>(watch, {
        next: async (limit) => {
          const from = clock.now();
          const act: ActOf<'idle'> = { act: 'idle', forMs: 0 };
          return scribe.did(act, async () => {
            const at = await watch.next(limit);
            act.forMs = inMs(between(from, clock.now()));
            return at;
          });
        },
      });
    },
  });
