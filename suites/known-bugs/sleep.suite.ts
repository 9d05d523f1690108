import { errnoOf, ms, seconds, SpiFailure, TPM_RID, TPM_DID_VID, us } from '../../fixtures/index.ts';
import { shows } from './bench.ts';

/** Long after boot, when the chip may sleep. */
const LONG = seconds(25);

shows('K-03', async ({ bound, board, wires }) => {
  const stack = await bound({ hz: 100 });
  await board.clock.sleep(seconds(30));
  const { wakePulses } = await wires.during(() => stack.random(8));
  return (wakePulses[0]?.settle ?? 0) > ms(2.5);
});

shows('K-09', async ({ bound, board }) => {
  const stack = await bound();
  await board.clock.sleep(LONG);
  const before = board.chip.counters.lostFrames;
  await board.faults.set({ kind: 'wake-pulse-lost', frames: { count: 1 } });
  await stack.random(8).catch(errnoOf);
  return board.chip.counters.lostFrames > before;
});

shows('L-10', async ({ bound, board, wires }) => {
  const stack = await bound({ hasInterrupt: false, hz: 250 });
  const { gaps } = await wires.during(async () => {
    for (let i = 0; i < 300; i++) {
      // The caller's own pauses: a long one that ends anywhere in a tick, then a short one that may pass its end.
      await board.clock.sleep(us(i % 2 === 0 ? 4000 + ((i * 613) % 4000) : (i * 397) % 2000));
      await stack.phy.read8(TPM_RID);
    }
  });
  return Math.min(...gaps) < ms(2);
});

shows('L-11', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-sleeps-after', time: seconds(1) });
  await stack.random(8);
  await board.clock.sleep(ms(500));
  const before = board.chip.counters.lostFrames;
  await board.clock.together([
    async () => {
      const release = await board.bus.acquire();
      await board.clock.sleep(ms(1200));
      release();
    },
    async () => {
      await stack.random(8).catch(errnoOf);
    },
  ]);
  return board.chip.counters.lostFrames > before;
});

shows('L-12', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-sleeps-after', time: ms(990) });
  let lost = 0;
  for (let idle = 991; idle < 998; idle += 0.5) {
    for (let i = 0; i < 2; i++) await stack.random(8).catch(errnoOf);
    const before = board.chip.counters.lostFrames;
    await board.clock.sleep(ms(idle));
    await stack.random(8).catch(errnoOf);
    lost += board.chip.counters.lostFrames - before;
  }
  return lost > 0;
});

shows('L-13', async ({ bound, board }) => {
  let isBroken = false;
  const stack = await bound(
    {},
    {
      pulse: () => {
        if (isBroken) throw new SpiFailure('wake pulse', 110);
      },
    },
  );
  await board.clock.sleep(LONG);
  isBroken = true;
  const outcome = await stack.phy.read32(TPM_DID_VID).then(() => 0, errnoOf);
  return outcome !== -110 && !stack.counters.errors.has(-110);
});

shows('L-14', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-wakes-in', time: ms(60) });
  await board.clock.sleep(LONG);
  const before = board.chip.counters.lostFrames;
  await stack.random(8).catch(errnoOf);
  return board.chip.counters.lostFrames > before;
});

shows('L-24', async ({ bound, board, wires }) => {
  const stack = await bound({ hz: 1000 });
  await stack.random(8);
  // 2^32 ticks of 1 ms, and half a second.
  await board.clock.sleep(ms(2 ** 32 + 500));
  const { wakePulses } = await wires.during(() => stack.random(8).catch(errnoOf));
  return wakePulses.length === 0;
});

shows('L-45', async ({ bound, board }) => {
  const stack = await bound({ hasInterrupt: false, hz: 1000 });
  await board.faults.set({ kind: 'chip-busy', time: ms(5) });
  const before = board.chip.counters.lostFrames + board.chip.counters.mergedFrames;
  for (let i = 0; i < 10; i++) await stack.phy.write8(0x18, 0x40).catch(errnoOf);
  return board.chip.counters.lostFrames + board.chip.counters.mergedFrames > before;
});
