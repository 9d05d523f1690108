import type { TypeScriptStack } from '../../fixtures/index.ts';
import {
  errnoOf,
  ms,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_RID,
  TPM_STS,
  WaitStateTimeout,
  SpiFailure,
} from '../../fixtures/index.ts';
import { shows } from './bench.ts';

const IDENTITY = 0x00281ae0;
const NO_IRQ = { hasInterrupt: false };

const isRead = (stack: TypeScriptStack): Promise<boolean> =>
  stack.phy.read32(TPM_DID_VID).then(
    (value) => value === IDENTITY,
    () => false,
  );

const failed = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => false,
    (error: unknown) => errnoOf(error) < 0,
  );

shows('K-01', async ({ bound, board, wires }) => {
  const stack = await bound(NO_IRQ);
  await board.faults.set({ kind: 'chip-stall', frames: { count: 2 } });
  await stack.phy.read8(TPM_RID).catch(errnoOf);
  await isRead(stack);
  return wires.since().frames.some(({ ending }) => ending === 'held');
});

shows('K-02', async ({ bound }) => {
  const stack = await bound();
  const buffer = new Uint8Array(80).fill(0xc5);
  await stack.phy.read(TPM_DATA_FIFO, buffer, 8, 64);
  return [...buffer.subarray(0, 8), ...buffer.subarray(72)].some((byte) => byte !== 0xc5);
});

shows('K-04', async ({ bound, wires }) => {
  const stack = await bound();
  const { frames } = await wires.during(() => stack.random(32));
  return frames.some(({ sent, waitBytes }) => sent.subarray(4, 4 + waitBytes).some((byte) => byte !== 0));
});

shows('K-10', async ({ bound, board }) => {
  const stack = await bound();
  const before = board.chip.counters.lostFrames;
  let wrong = 0;
  for (const width of [1, 5, 20, 50]) {
    await board.faults.set({ kind: 'cs-glitch', width: ms(width / 1000) });
    if (!(await isRead(stack))) wrong++;
  }
  return wrong > 0 || board.chip.counters.lostFrames > before;
});

shows('K-11', async ({ bound, board }) => {
  const stack = await bound(NO_IRQ);
  await board.faults.set({ kind: 'cs-not-kept' });
  let wrong = 0;
  for (let i = 0; i < 20; i++) if (!(await isRead(stack))) wrong++;
  return wrong > 0;
});

shows('K-12', async ({ bound, board, wires }) => {
  const stack = await bound();
  const before = stack.counters.accesses;
  const { frames } = await wires.during(async () => {
    for (const waitBytes of [0, 1, 10, 1000]) {
      await board.faults.set({ kind: 'chip-stall', waitBytes, frames: { count: 4 } });
      for (const size of [1, 2, 16, 64]) await stack.phy.read(TPM_DATA_FIFO, new Uint8Array(size));
    }
  });
  return frames.some(({ isWhole }) => !isWhole) || frames.length !== stack.counters.accesses - before;
});

shows('K-13', async ({ bound }) => {
  let isLost = false;
  const stack = await bound(
    {},
    {
      after: ({ register }, data) => {
        if (isLost && register === TPM_STS) data.fill(0x01);
      },
    },
  );
  isLost = true;
  const burst = await stack.core.status.burstCount();
  // recommended takes status and burstCount in one word, and a word with bit 1 set is no status.
  const word = await stack.core.status.readWord();
  return burst > 64 && (word !== 0 || stack.profile.tis.fifo === 'stepwise');
});

shows('K-54', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-early-ready', frames: { count: 1 } });
  return !(await isRead(stack));
});

shows('L-01', async ({ make, board, wires }) => {
  await board.faults.set({ kind: 'line-stuck', line: 'MISO', level: 'low' });
  await failed(make(NO_IRQ).probe());
  return wires.since().frames.some(({ ending }) => ending === 'held');
});

shows('L-02', async ({ bound, board }) => {
  const stack = await bound(NO_IRQ);
  await board.faults.set({ kind: 'chip-stall-time', time: ms(900), frames: { count: 1 } });
  await stack.phy.write32(TPM_STS, 0x40).catch(errnoOf);
  await board.clock.sleep(ms(100));
  return !(await isRead(stack));
});

shows('L-03', async ({ bound, board }) => {
  const stack = await bound(NO_IRQ);
  await board.faults.set({ kind: 'chip-stall', frames: { count: 1 } });
  await stack.phy.write32(TPM_STS, 0x40).catch(errnoOf);
  const isRight: boolean[] = [];
  for (let i = 0; i < 10; i++) {
    await board.clock.sleep(ms(100));
    isRight.push(await isRead(stack));
  }
  await board.clock.sleep(ms(1100));
  await isRead(stack);
  await board.clock.sleep(ms(1100));
  return isRight.slice(0, 5).every((right) => !right) && (await isRead(stack));
});

shows('L-18', async ({ bound, board }) => {
  const stack = await bound(NO_IRQ);
  await board.faults.set({ kind: 'chip-stall-time', time: ms(700), frames: { count: 1 } });
  let waited = 0;
  await board.clock.together([
    async () => {
      await stack.phy.read8(TPM_RID);
    },
    async () => {
      await board.clock.sleep(ms(25));
      const asked = board.clock.now();
      (await board.bus.acquire())();
      waited = board.clock.now() - asked;
    },
  ]);
  const stalled = stack.counters.waitBytes;
  return waited > ms(600) || stalled > 10_000;
});

shows('L-19', async ({ make, board }) => {
  await board.faults.set({ kind: 'line-stuck', line: 'MISO', level: 'high' });
  const stack = make(NO_IRQ);
  await failed(stack.probe());
  return stack.log.some(({ text }) => text.startsWith('1.2 TPM (device-id 0xFFFF'));
});

shows('L-27', async ({ bound, wires }) => {
  const stack = await bound();
  const { frames } = await wires.during(() => stack.phy.read(TPM_ACCESS, new Uint8Array(0)).catch(errnoOf));
  return frames.length > 0;
});

shows('L-30', async ({ bound, board }) => {
  const stack = await bound(NO_IRQ);
  await board.faults.set({ kind: 'chip-stall', frames: { count: 1 } });
  return failed(stack.phy.read8(TPM_RID));
});

shows('L-32', async ({ bound }) => {
  let isBroken = false;
  const stack = await bound(
    {},
    {
      before: () => {
        if (isBroken) throw new SpiFailure('frame', 5, undefined, true);
      },
    },
  );
  const buffer = Uint8Array.of(0x11, 0x22, 0x33, 0x44);
  isBroken = true;
  await stack.phy.read(TPM_DID_VID, buffer).catch(errnoOf);
  return buffer[0] !== 0x11;
});

shows('L-33', async ({ make, board, profile }) => {
  // A limit of 4 ms, so that a thousand stalls around it are cheap: one in a hundred ends in the poll that is past it.
  const short = { ...profile, frame: { ...profile.frame, flowControlLimit: ms(4), repeats: 0 } };
  const brief = make({ profile: short, ...NO_IRQ, hz: 1000 });
  await brief.probe();
  for (let i = 0; i < 1000; i++) {
    await board.faults.set({ kind: 'chip-stall', waitBytes: 280 + (i % 340), frames: { count: 1 } });
    const failure: unknown = await brief.phy.read8(TPM_RID).catch((error: unknown) => error);
    await board.faults.clear();
    const cause = failure instanceof Error ? failure.cause : undefined;
    if (!(cause instanceof WaitStateTimeout)) continue;
    if (((cause.wire?.received.at(-1) ?? 0) & 1) === 1) return true;
    await board.clock.sleep(ms(1100));
    await brief.phy.read8(TPM_RID).catch(errnoOf);
    await board.clock.sleep(ms(1100));
  }
  return false;
});

shows('L-34', async ({ bound, wires }) => {
  let isGarbage = false;
  const stack = await bound(
    {},
    {
      after: ({ register, size }, data) => {
        if (isGarbage && register === TPM_STS && size === 4) data[1] = 130;
      },
    },
  );
  isGarbage = true;
  const command = new Uint8Array(200);
  command.set([0x80, 0x01, 0, 0, 0, 200, 0, 0, 0x01, 0x7b, 0, 8]);
  const { frames } = await wires.during(() => stack.transmit(command).catch(errnoOf));
  return frames.some(
    ({ register, direction, fall }, at) =>
      register === TPM_DATA_FIFO &&
      direction === 'write' &&
      frames[at - 1]?.register === TPM_DATA_FIFO &&
      fall - (frames[at - 1]?.rise ?? fall) < 100_000,
  );
});
