import type { FrameSeen, HostDriver } from '../../fixtures/index.ts';
import { errnoOf, ms, pulseReset, seconds, TPM_RID, WaitStateTimeout, ZERO } from '../../fixtures/index.ts';
import type { BugBench } from './bench.ts';
import { shows } from './bench.ts';

/** TPM2_GetRandom of 8 bytes. [TPM2 Part 3, 16.1] */
const GET_RANDOM = Uint8Array.of(0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x7b, 0, 8);
const SHUTDOWN = 0x145;
const RESET = ['reset'] as const;

/** Suspends 200 ms after a command of 1 s began. Answers when each of the two ended. */
async function suspendInCommand(
  { board }: BugBench,
  stack: HostDriver,
  kind: 'via-firmware' | 'to-idle',
): Promise<{ command: number; suspend: number }> {
  await board.faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } });
  const ended = { command: 0, suspend: 0 };
  await board.clock.together([
    async () => {
      await stack.transmit(GET_RANDOM).catch(errnoOf);
      ended.command = board.clock.now();
    },
    async () => {
      await board.clock.sleep(ms(200));
      await stack.suspend(kind);
      ended.suspend = board.clock.now();
    },
  ]);
  return ended;
}

/** Suspends to idle and sends a command. Answers its error number and the frames it caused. */
async function askSuspended({
  bound,
  wires,
}: BugBench): Promise<{ errno: number; frames: readonly FrameSeen[] }> {
  const stack = await bound();
  await stack.suspend('to-idle');
  let errno = 0;
  const { frames } = await wires.during(async () => {
    errno = await stack.transmit(GET_RANDOM).then(() => 0, errnoOf);
  });
  return { errno, frames };
}

shows('K-18', async (bench) => (await askSuspended(bench)).errno === -11);

shows('K-19', async ({ bound, wires }) => {
  const stack = await bound();
  await stack.suspend('to-idle');
  const { frames } = await wires.during(() => stack.fillRandom().catch(errnoOf));
  return frames.length > 0;
});

shows('K-21', async (bench) => {
  const ended = await suspendInCommand(bench, await bench.bound(), 'via-firmware');
  return ended.suspend < ended.command;
});

shows(
  'K-22',
  async ({ bound, board }) => {
    const stack = await bound();
    await pulseReset(board);
    return stack.suspend('via-firmware').then(
      () => !stack.log.some(({ text }) => text === 'A TPM error (256) occurred stopping the TPM'),
      () => true,
    );
  },
  RESET,
);

shows('K-23', async ({ bound, board, wires }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } });
  const { commands } = await wires.during(() =>
    board.clock.together([
      () => stack.suspend('via-firmware'),
      async () => {
        await board.clock.sleep(ms(400));
        await stack.random(8).catch(errnoOf);
      },
    ]),
  );
  const shutdown = commands.findIndex(({ code }) => code === SHUTDOWN);
  return shutdown < 0 || commands.length > shutdown + 1;
});

shows('K-24', async (bench) => (await askSuspended(bench)).frames.length > 0);

shows('K-25', async ({ bound, wires }) => {
  const stack = await bound({ firmwarePowerManaged: false });
  const { commands } = await wires.during(() => stack.suspend('to-idle'));
  return !commands.some(({ code }) => code === SHUTDOWN);
});

shows('K-26', async ({ bound, wires }) => {
  const stack = await bound({ rngQuality: 0 });
  const { frames } = await wires.during(() => stack.fillRandom());
  return frames.length > 0;
});

shows('K-27', async ({ bound, wires }) => {
  const stack = await bound();
  const { frames } = await wires.during(() => stack.fillRandom());
  return frames.length > 0;
});

shows('L-22', async (bench) => {
  const stack = await bench.bound();
  let late = 0;
  await suspendInCommand(bench, stack, 'to-idle').then(({ suspend }) => {
    late = bench.wires.since().frames.filter(({ fall }) => fall > suspend).length;
  });
  return late > 0;
});

shows('L-25', async ({ bound, wires }) => {
  const stack = await bound();
  const { commands } = await wires.during(() => stack.suspend('to-idle'));
  return commands.length === 0;
});

shows(
  'L-26',
  async ({ bound, board }) => {
    const stack = await bound();
    await stack.suspend('to-idle');
    await pulseReset(board);
    await stack.resume().catch(errnoOf);
    for (let i = 0; i < 3; i++)
      if ((await stack.random(8).catch(() => undefined)) !== undefined) return false;
    return true;
  },
  RESET,
);

shows('L-37', async ({ bound, board }) => {
  let isBroken = false;
  const stack = await bound(
    { hasInterrupt: false },
    {
      before: ({ direction }) => {
        if (!isBroken || direction === 'read') return;
        isBroken = false;
        const now = board.clock.now();
        throw new WaitStateTimeout(10, ZERO, now, now);
      },
    },
  );
  await stack.suspend('to-idle');
  isBroken = true;
  await stack.resume().catch(errnoOf);
  isBroken = false;
  return stack.transmit(GET_RANDOM).then(
    () => false,
    (error: unknown) => errnoOf(error) === -32,
  );
});

shows(
  'L-41',
  async ({ bound, board }) => {
    const stack = await bound();
    await stack.random(8);
    await board.clock.sleep(ms(10));
    await board.faults.set({ kind: 'ready-missing', frames: { count: 1 } });
    await stack.phy.read8(TPM_RID);
    await stack.suspend('to-idle');
    await board.clock.sleep(seconds(60));
    const resumed = board.clock.now();
    await stack.resume();
    await stack.phy.read8(TPM_RID);
    return stack.log.some(({ text, at }) => at >= resumed && text === 'Timeout waiting for TPM ready IRQ');
  },
  ['ready-line'],
);
