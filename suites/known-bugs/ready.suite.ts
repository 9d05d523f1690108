import type { TypeScriptStack } from '../../fixtures/index.ts';
import { errnoOf, hertz, ms, TPM_DATA_FIFO, TPM_DID_VID, TPM_RID, us } from '../../fixtures/index.ts';
import type { BugBench } from './bench.ts';
import { shows } from './bench.ts';

const LINE = ['ready-line'] as const;
const CONFIRMED = 'TPM ready IRQ confirmed on attempt';
const NOT_CONFIRMED = 'IRQ not confirmed - will use delays';
const TIMEOUT = 'Timeout waiting for TPM ready IRQ';

const says = (stack: TypeScriptStack, text: string): boolean =>
  stack.log.some((line) => line.text.startsWith(text));

/** How long an action takes. */
async function timeOf({ board }: BugBench, action: () => Promise<unknown>): Promise<number> {
  const before = board.clock.now();
  await action().catch(errnoOf);
  return board.clock.now() - before;
}

shows(
  'K-05',
  async ({ make, board, wires }) => {
    const stack = make({
      hooks: { afterInterruptRequest: () => board.faults.set({ kind: 'ready-glitch' }) },
    });
    const { frames } = await wires.during(() => stack.probe());
    const confirmed = stack.log.find(({ text }) => text.startsWith(CONFIRMED));
    return confirmed !== undefined && frames.every(({ fall }) => fall >= confirmed.at);
  },
  LINE,
);

shows('K-07', async ({ bound, board }) => {
  const stack = await bound({ hasInterrupt: false, hz: 1000 });
  await board.faults.set({ kind: 'chip-busy', time: ms(5) });
  const before = board.chip.counters.lostFrames + board.chip.counters.mergedFrames;
  await stack.random(16).catch(errnoOf);
  return board.chip.counters.lostFrames + board.chip.counters.mergedFrames > before;
});

shows(
  'K-08',
  async ({ bound, board }) => {
    const stack = await bound();
    return board.chip.counters.readyPulses > 0 && says(stack, NOT_CONFIRMED);
  },
  LINE,
);

shows(
  'K-14',
  async (bench) => {
    const stack = await bench.bound();
    await bench.board.faults.set({ kind: 'ready-width', width: us(2), hostNeeds: us(4) });
    return (await timeOf(bench, () => stack.random(32))) > ms(5000);
  },
  LINE,
);

shows(
  'K-44',
  async ({ bound, board }) => {
    const stack = await bound();
    await board.faults.set({ kind: 'ready-noise', rate: hertz(10_000) });
    for (let i = 0; i < 4; i++) await stack.random(8).catch(errnoOf);
    return stack.trust === 'trusted';
  },
  LINE,
);

shows(
  'L-07',
  async ({ make, board }) => {
    await board.faults.set({ kind: 'ready-late', by: ms(70) });
    const stack = make();
    await stack.probe().catch(errnoOf);
    return says(stack, NOT_CONFIRMED);
  },
  LINE,
);

shows(
  'L-08',
  async ({ bound, board }) => {
    const stack = await bound();
    await board.faults.set({ kind: 'ready-open' });
    await stack.random(8).catch(errnoOf);
    return stack.trust === 'trusted';
  },
  LINE,
);

shows(
  'L-09',
  async ({ bound, board }) => {
    const stack = await bound();
    await board.faults.set({ kind: 'ready-noise', rate: hertz(10_000) });
    await board.faults.set({ kind: 'chip-busy', time: ms(3) });
    for (let i = 0; i < 2; i++) await stack.random(8).catch(errnoOf);
    let failures = 0;
    for (let i = 0; i < 5; i++) await stack.random(8).catch(() => failures++);
    return failures > 0;
  },
  LINE,
);

shows(
  'L-15',
  async ({ board, wires }) => {
    const before = board.chip.counters.readyPulses;
    await board.clock.sleep(ms(25_000));
    await wires.during(async () => {
      for (let i = 0; i < 5; i++) {
        await board.spi.transaction([{ kind: 'delay', duration: us(1000) }]);
        await board.clock.sleep(ms(30));
      }
    });
    return board.chip.counters.readyPulses > before;
  },
  LINE,
);

shows(
  'L-16',
  async ({ bound, board, wires }) => {
    const stack = await bound();
    const buffer = new Uint8Array(64);
    const edges: number[] = [];
    board.ready?.observe((edge, at) => {
      if (edge === 'deasserted') edges.push(at);
    });
    for (let late = 748; late < 756; late += 0.1) {
      for (let i = 0; i < 3; i++) await stack.phy.read32(TPM_DID_VID).catch(errnoOf);
      await board.clock.sleep(ms(10));
      await board.faults.set({ kind: 'ready-late', by: ms(late), frames: { count: 1 } });
      await board.faults.set({ kind: 'ready-missing', frames: { from: 1, count: 1 } });
      edges.length = 0;
      const { frames, gaps } = await wires.during(async () => {
        await stack.phy.read32(TPM_DID_VID).catch(errnoOf);
        await stack.phy.read(TPM_DATA_FIFO, buffer).catch(errnoOf);
        await stack.phy.read8(TPM_RID).catch(errnoOf);
      });
      await board.faults.clear();
      const [, second, third] = frames;
      if (second === undefined || third === undefined) continue;
      // The late pulse lies inside the second frame, and no other came: what comes after has nothing to go by.
      const isInside = edges
        .filter((at) => at < third.fall)
        .every((at) => at > second.fall && at < second.rise);
      if (isInside && (gaps[1] ?? Infinity) < ms(1)) return true;
      if (stack.trust !== 'trusted') return false;
    }
    return false;
  },
  LINE,
);

shows(
  'L-17',
  async ({ bound, board, wires }) => {
    const stack = await bound();
    await stack.random(8);
    await board.faults.set({ kind: 'chip-stall', frames: { count: 1 } });
    const { gaps } = await wires.during(async () => {
      await stack.phy.read8(TPM_RID).catch(errnoOf);
      await board.faults.clear();
      await stack.phy.read8(TPM_RID).catch(errnoOf);
    });
    // A driver that leaves CS asserted has one frame, healed by the wake pulse.
    return says(stack, TIMEOUT) || gaps.some((gap) => gap > ms(700));
  },
  LINE,
);

shows(
  'L-20',
  async ({ make, board }) => {
    await board.faults.set({ kind: 'ready-late', by: ms(12) });
    const outcomes: boolean[] = [];
    for (const pause of [0, 15]) {
      const stack = make(
        { hz: 1000 },
        {
          before: () => board.clock.sleep(ms(pause)),
        },
      );
      await stack.probe().catch(errnoOf);
      outcomes.push(says(stack, CONFIRMED));
      stack.abandon();
      await board.clock.sleep(ms(2000));
    }
    return outcomes[0] !== outcomes[1];
  },
  LINE,
);

shows(
  'L-21',
  async ({ bound, board }) => {
    await board.faults.set({ kind: 'ready-request-fails', errno: 16 });
    const stack = await bound();
    return stack.log.some(({ text }) => /^Requesting IRQ \d+ failed: -16$/.test(text));
  },
  LINE,
);

shows(
  'L-23',
  async ({ make, board }) => {
    for (let late = 1; late < 9; late += 0.05) {
      await board.faults.set({ kind: 'ready-late', by: ms(late) });
      const stack = make({ hz: 1000 });
      await stack.probe().catch(errnoOf);
      const at = stack.log.findIndex(({ text }) => text.startsWith(CONFIRMED));
      stack.abandon();
      await board.faults.clear();
      await board.clock.sleep(ms(1500));
      if (at > 0 && stack.log[at - 1]?.text === TIMEOUT) return true;
    }
    return false;
  },
  LINE,
);
