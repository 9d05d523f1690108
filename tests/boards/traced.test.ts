import { expect, test } from '@playwright/test';
import type { Board, EdgeSource, SpiStep } from '../../src/board/index.ts';
import { SpiFailure, WaitStateTimeout } from '../../src/board/index.ts';
import type { BusDisturbance } from '../../src/boards/sim/spi-device.ts';
import { SimSpiDevice } from '../../src/boards/sim/spi-device.ts';
import { traced } from '../../src/boards/traced.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import { TraceRecorder } from '../../src/trace/index.ts';
import { hertz, us } from '../../src/units/index.ts';

/** A board with reset and power that remember how they were driven last. */
function boardOf(spi: SimSpiDevice, ready: EdgeSource, clock: VirtualClock): Board {
  const state = { isOn: false, isInReset: true };
  return {
    facts: { isSimulated: true, hasController: false },
    capabilities: new Set(),
    clock,
    spi,
    bus: { acquire: async () => () => undefined },
    ready,
    reset: {
      name: 'TPM_RST_L',
      get isAsserted() {
        return state.isInReset;
      },
      assert: async () => {
        state.isInReset = true;
      },
      deassert: async () => {
        state.isInReset = false;
      },
    },
    power: {
      get isOn() {
        return state.isOn;
      },
      on: async () => {
        state.isOn = true;
      },
      off: async () => {
        state.isOn = false;
      },
    },
    close: async () => {
      state.isOn = false;
    },
  };
}

/** A board of a bus whose target answers with `answers`, a ready line to pull, reset and power. */
function bench(answers: readonly number[] = [], disturbance?: BusDisturbance) {
  const clock = new VirtualClock();
  let at = 0;
  const target = { select: () => undefined, shift: () => answers[at++] ?? 0, deselect: () => undefined };
  const timing = { turnaround: us(10), csSetup: us(4), csHold: us(5), messageGap: us(2) };
  const spi = new SimSpiDevice(clock, target, hertz(1_000_000), timing);
  if (disturbance) spi.disturb = () => disturbance;
  let observer: Parameters<EdgeSource['observe']>[0] | undefined;
  const ready: EdgeSource = {
    name: 'INT_AP_L',
    isAsserted: false,
    uncertainty: us(0),
    arm: () => {
      throw new Error('Nobody arms here.');
    },
    observe: (one) => {
      observer = one;
      return () => (observer = undefined);
    },
  };
  const board = boardOf(spi, ready, clock);
  const recorder = new TraceRecorder();
  return {
    clock,
    recorder,
    pull: () => observer?.('asserted', clock.now()),
    board: traced(board, recorder),
    isObserved: () => observer !== undefined,
  };
}

const HEADER: SpiStep = { kind: 'exchange', bytes: Uint8Array.of(0x80, 0xd4, 0, 0) };
const POLL: SpiStep = { kind: 'poll', mask: 1, value: 1, limit: us(50), timeoutFirst: false };

async function thrownBy(action: () => unknown): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    return error;
  }
}

test('power, reset, frames and ready edges are recorded in their order', async () => {
  const { board, recorder, pull, clock } = bench([0, 0, 0, 0, 0, 1, 0xa0]);
  await board.power?.on();
  await board.reset?.deassert();
  await board.spi.transaction([{ kind: 'delay', duration: us(1000) }]);
  await board.spi.transaction([HEADER, POLL, { kind: 'read', size: 1 }]);
  clock.advance(us(40));
  pull();
  await board.power?.off();
  const events = recorder.events();
  expect(events.map((event) => event.kind)).toEqual([
    ...['power', 'edge', 'power', 'edge', 'select', 'frame', 'edge', 'power'],
  ]);
  expect(events[4]).toEqual({ kind: 'select', fall: 10_000, rise: 1_010_000 });
  expect(events[5]).toMatchObject({ fall: 1_020_000, polled: 2, ending: 'complete' });
});

test('a switch that is thrown to where it stands is not recorded', async () => {
  const { board, recorder } = bench();
  await board.power?.off();
  await board.reset?.assert();
  expect(recorder.length).toBe(2);
});

test('a frame whose wait states pass the limit is recorded with its count and thrown on', async () => {
  const { board, recorder } = bench();
  const failure = await thrownBy(() => board.spi.transaction([HEADER, POLL]));
  expect(failure).toBeInstanceOf(WaitStateTimeout);
  const frame = recorder.events().at(-1);
  if (frame?.kind !== 'frame') throw new Error('The last event is the frame.');
  expect([frame.ending, frame.polled]).toEqual(['timeout', 6]);
  expect([...frame.sent.subarray(0, 4)]).toEqual([0x80, 0xd4, 0, 0]);
});

test('a frame that leaves CS asserted after its failure says so', async () => {
  const { board, recorder } = bench();
  await thrownBy(() => board.spi.transaction([HEADER, POLL], { csStaysLowAfterError: true }));
  expect(recorder.events().at(-1)).toMatchObject({ kind: 'frame', ending: 'held' });
});

test('a transaction that the bus fails is recorded as a failure and thrown on', async () => {
  const { board, recorder } = bench([], { errno: 5 });
  const failure = await thrownBy(() => board.spi.transaction([HEADER, POLL]));
  expect(failure).toBeInstanceOf(SpiFailure);
  expect(recorder.events().at(-1)).toMatchObject({
    kind: 'failure',
    text: 'SPI transaction failed: frame, error 5.',
  });
});

test('closing records that power went off and stops observing the ready line', async () => {
  const { board, recorder, isObserved } = bench();
  await board.power?.on();
  expect(isObserved()).toBe(true);
  await board.close();
  expect(recorder.events().at(-1)).toMatchObject({ kind: 'power', isOn: false });
  expect(isObserved()).toBe(false);
});

test('the state is told at the start', () => {
  const { recorder } = bench();
  expect(recorder.events()).toEqual([
    { kind: 'power', isOn: false, at: 0 },
    { kind: 'edge', line: 'TPM_RST_L', isAsserted: true, at: 0 },
  ]);
});

test('counters of the device stay visible through the wrapper', async () => {
  const { board } = bench([0, 0, 0, 0, 1]);
  await board.spi.transaction([HEADER, POLL]);
  expect(board.spi.counters.transactions).toBe(1);
  expect(board.spi.sck).toBe(1_000_000);
});
