import { test } from '@playwright/test';
import fc from 'fast-check';
import type { Fault, FaultyLine, SpiStep } from '../../../src/board/index.ts';
import { WaitStateTimeout } from '../../../src/board/index.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { hertz, ms, us } from '../../../src/units/index.ts';

const line = fc.constantFrom<FaultyLine>('CS_L', 'SCK', 'MOSI', 'MISO', 'TPM_RST_L', 'supply');
const level = fc.constantFrom('high' as const, 'low' as const);
const moment = { frame: fc.nat(4), byte: fc.nat(9) };
const width = fc.integer({ min: 1, max: 5000 }).map((count) => us(count));

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('line-stuck' as const), line, level }),
  fc.record({ kind: fc.constant('line-open' as const), line }),
  fc.record({
    kind: fc.constant('line-noisy' as const),
    line,
    rate: fc.constantFrom(10, 1000, 20_000).map(hertz),
  }),
  fc.record({ kind: fc.constant('line-cut' as const), line, ...moment }),
  fc.record({ kind: fc.constant('reset-at' as const), width, ...moment }),
  fc.record({ kind: fc.constant('power-cut-at' as const), width, ...moment }),
  fc.record({ kind: fc.constant('brown-out' as const), width }),
  fc.record({ kind: fc.constant('cs-glitch' as const), width }),
  fc.record({ kind: fc.constant('bus-held' as const), time: width }),
  fc.record({ kind: fc.constant('miso-shared' as const), drives: fc.nat(255) }),
  fc.record({ kind: fc.constant('chip-busy' as const), time: width }),
  fc.record({ kind: fc.constant('chip-stall' as const), waitBytes: fc.nat(40) }),
);

type Step = Fault | 'frame' | 'reset' | 'power' | 'clear';
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('frame' as const) },
  { weight: 3, arbitrary: fault },
  { weight: 1, arbitrary: fc.constantFrom('reset' as const, 'power' as const, 'clear' as const) },
);

const READ_DID_VID: readonly SpiStep[] = [
  { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
  { kind: 'poll', mask: 1, value: 1, limit: us(300), timeoutFirst: false },
  { kind: 'read', size: 4 },
];

/** What is received; undefined when the chip stalls. Nothing else may go wrong. */
async function readDidVid(board: SimBoard): Promise<string | undefined> {
  try {
    return [...board.spi.transaction(READ_DID_VID).received.subarray(-4)].join(' ');
  } catch (failure) {
    if (failure instanceof WaitStateTimeout) return undefined;
    throw failure;
  }
}

async function perform(board: SimBoard, what: Step): Promise<void> {
  switch (what) {
    case 'frame':
      (await board.bus.acquire())();
      await readDidVid(board);
      break;
    case 'reset':
      await board.reset!.assert();
      await board.clock.sleep(ms(2));
      await board.reset!.deassert();
      break;
    case 'power':
      await (board.power!.isOn ? board.power!.off() : board.power!.on());
      break;
    case 'clear':
      await board.faults.clear();
      break;
    default:
      await board.faults.set(what);
  }
  await board.clock.sleep(ms(1));
}

test('after faults in any order, a board works like a new one once they are cleared and the chip is power-cycled', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 30 }), async (seed, steps) => {
      const board = new SimBoard({ seed });
      await board.reset!.deassert();
      for (const what of steps) await perform(board, what);
      await board.faults.clear();
      await board.power!.off();
      await board.clock.sleep(ms(10));
      await board.power!.on();
      await board.clock.sleep(ms(200));
      await readDidVid(board);
      await board.clock.sleep(ms(1));
      return (await readDidVid(board)) === '224 26 40 0';
    }),
    { numRuns: 300 },
  );
});

test('one seed and one list of faults give the same frames', async () => {
  const run = async (seed: number, steps: readonly Step[]): Promise<string> => {
    const board = new SimBoard({ seed });
    await board.power!.on();
    await board.reset!.deassert();
    const answers: unknown[] = [];
    for (const what of steps) {
      await perform(board, what);
      answers.push(await readDidVid(board));
    }
    return JSON.stringify([answers, board.chip.counters, board.clock.now()]);
  };
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 20 }), async (seed, steps) => {
      return (await run(seed, steps)) === (await run(seed, steps));
    }),
    { numRuns: 100 },
  );
});
