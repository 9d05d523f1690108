import type { Board, Trace } from '../../fixtures/index.ts';
import {
  between,
  expect,
  forAll,
  hex,
  HOST_DRIVER_NAMES,
  inMs,
  inUs,
  KERNEL,
  ms,
  rawFrame,
  seconds,
  source,
  tellCell,
  test,
  us,
} from '../../fixtures/index.ts';

/** With room for 60 wait bytes: the slowest answer seen took 186 us. [CHIP 1.4] */
const READ_DID_VID = `83 d4 0f 00${' 00'.repeat(64)}`;
const IDENTITY = '01 e0 1a 28 00';

const TABLE = 'Open questions: measured on a chip, assumed by the simulated one';

/** Tells the report: on a real chip it is an answer, on the simulated one the assumption that it was built with. */
function answer({ facts: { isSimulated: isAssumed } }: Board, question: string, text: string): void {
  tellCell(TABLE, question, `${isAssumed ? 'assumed' : 'measured'}: ${text}`, isAssumed ? 'fair' : 'good');
}

/** Whether the chip answers a frame that nobody announced, at once. */
async function answers({ spi }: Board): Promise<boolean> {
  const bytes = Uint8Array.from(READ_DID_VID.split(' '), (text) => Number.parseInt(text, 16));
  const { received } = await spi.transaction([{ kind: 'exchange', bytes }]);
  return hex(received).includes(IDENTITY);
}

/** Brings a chip that may be asleep back to where it answers, and lets it be alone for `idle` after that. */
async function settle(board: Board, idle: number): Promise<void> {
  await board.spi.transaction([{ kind: 'delay', duration: us(10) }]);
  await board.clock.sleep(ms(100));
  await rawFrame(board, READ_DID_VID);
  await board.clock.sleep(ms(idle));
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1]!;

/** `4.1 us (3.9 to 4.4)`. */
function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${median(sorted).toFixed(1)} us (${sorted[0]!.toFixed(1)} to ${sorted.at(-1)!.toFixed(1)})`;
}

/** Delays and widths of the ready pulses of a hundred reads. */
async function pulsesOf(board: Board, wires: Trace): Promise<{ delays: number[]; widths: number[] }> {
  const { frames } = await wires.during(async () => {
    for (let i = 0; i < 100; i++) {
      await rawFrame(board, READ_DID_VID);
      await board.clock.sleep(ms(2));
    }
  });
  const pulsed = frames.filter(({ pulses }) => pulses > 0);
  return {
    delays: pulsed.map(({ pulseDelay }) => inUs(pulseDelay)),
    widths: pulsed.map(({ pulseWidth }) => inUs(pulseWidth)),
  };
}

/** The longest of the idle times after which the chip still answers without being woken; in ms. */
async function longestAwake(board: Board, idles: readonly number[]): Promise<number> {
  let longest = 0;
  for (const idle of idles) {
    // After a wake pulse the chip stays awake for 5 s: only frames that come later count. [CHIP 2]
    await settle(board, 0);
    for (let i = 0; i < 12; i++) {
      await board.clock.sleep(ms(500));
      await rawFrame(board, READ_DID_VID);
    }
    await board.clock.sleep(ms(idle));
    if (await answers(board)) longest = Math.max(longest, idle);
  }
  return longest;
}

/** The shortest of the pauses after a wake pulse with which a sleeping chip answers; in us. */
async function shortestWake(board: Board, pauses: readonly number[]): Promise<number> {
  let shortest = Infinity;
  for (const pause of pauses) {
    await settle(board, 10_000);
    await board.spi.transaction([{ kind: 'delay', duration: us(1) }]);
    await board.clock.sleep(us(pause));
    if (await answers(board)) shortest = Math.min(shortest, pause);
  }
  return shortest;
}

/** How long after the release of a reset of 4 s the chip answers; in ms, at most 1000. */
async function deepSleepWake(board: Board): Promise<number> {
  const { clock, reset } = board;
  await reset?.assert();
  await clock.sleep(seconds(4));
  await reset?.deassert();
  const released = clock.now();
  for (let looks = 0; looks < 500; looks++) {
    await clock.sleep(ms(2));
    if (await answers(board)) return inMs(between(released, clock.now()));
  }
  return Infinity;
}

test.describe('open question', () => {
  // Put to the chip itself, without a driver: once is enough.
  test.use({
    allBut: forAll([...KERNEL, ...HOST_DRIVER_NAMES], 'the chip is asked once, in the run of recommended'),
  });

  test.describe('of the ready pulse', () => {
    test.use({ needs: ['ready-line'] });

    test(
      'does CS without a clock give a ready pulse?',
      { annotation: source('BUGS L-15', 'BUGS K-10', 'CHIP 2') },
      async ({ board, wires, step }) => {
        const from = wires.now();
        let edges = 0;
        board.ready?.observe((edge) => {
          if (edge === 'asserted') edges++;
        });
        await step('1. assert CS fifty times for 1 ms, 30 ms apart', async () => {
          for (let i = 0; i < 50; i++) {
            await board.spi.transaction([{ kind: 'delay', duration: us(1000) }]);
            await board.clock.sleep(ms(30));
          }
        });
        await step('2. count the pulses', () => {
          answer(board, 'ready pulses of 50 empty CS assertions', String(edges));
          expect(wires.since(from).wakePulses).toHaveLength(50);
        });
      },
    );

    test(
      'how late and how wide are the ready pulses of this firmware?',
      { annotation: source('BUGS K-14', 'CHIP 3') },
      async ({ board, wires, step }) => {
        const { delays, widths } = await step('1. read TPM_DID_VID a hundred times', () =>
          pulsesOf(board, wires),
        );
        await step('2. find a pulse for each', () => {
          answer(board, 'delay of the ready pulse', spread(delays));
          answer(board, 'width of the ready pulse', spread(widths));
          expect(delays).toHaveLength(100);
        });
      },
    );
  });

  test(
    'how long does the chip stay awake after a frame?',
    { annotation: source('BUGS L-12', 'CHIP 2') },
    async ({ board, step }) => {
      await step('1. wait until the chip may sleep', () => board.clock.sleep(seconds(25)));
      const awake = await step('2. idle longer and longer, and send a frame without a wake pulse', () =>
        longestAwake(board, [500, 900, 980, 990, 999, 1010, 1100, 2000, 5100, 11_000]),
      );
      await step('3. find an idle time after which it answers', () => {
        answer(board, 'longest idle time after which a frame is answered without waking', `${awake} ms`);
        expect(awake).toBeGreaterThan(0);
      });
    },
  );

  test(
    'how soon after a wake pulse does the chip take a frame?',
    { annotation: source('BUGS L-14', 'CHIP 2') },
    async ({ board, step }) => {
      await step('1. wait until the chip may sleep', () => board.clock.sleep(seconds(25)));
      const pause = await step('2. wake it, and pause for 20 us to 60 ms', () =>
        shortestWake(board, [20, 50, 100, 150, 200, 500, 1000, 5000, 60_000]),
      );
      await step('3. find a pause with which it answers', () => {
        answer(board, 'shortest pause after a wake pulse', `${pause} us`);
        expect(pause).toBeLessThan(Infinity);
      });
    },
  );

  test.describe('of deep sleep', () => {
    test.use({ needs: ['reset'] });

    test(
      'how soon after TPM_RST_L was low for 4 s does the chip answer?',
      { annotation: source('CHIP 2', 'CHIP 6') },
      async ({ board, step }) => {
        const time = await step(
          '1. hold TPM_RST_L for 4 s, release it, and read TPM_DID_VID until it answers',
          () => deepSleepWake(board),
        );
        await step('2. find an answer within a second', () => {
          answer(board, 'from the release of a reset of 4 s to the first answer', `${time.toFixed(1)} ms`);
          expect(time).toBeLessThan(1000);
        });
      },
    );
  });
});
