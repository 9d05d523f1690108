import type { Board, Duration, Trace } from '../../fixtures/index.ts';
import {
  assertSelect,
  answersIdentity,
  between,
  driversThat,
  expect,
  first,
  inMs,
  inUs,
  ms,
  rawFrame,
  readFrame,
  seconds,
  showDuration,
  source,
  tellCell,
  test,
  TPM_DID_VID,
  us,
  ZERO,
} from '../../fixtures/index.ts';

const READ_DID_VID = readFrame(TPM_DID_VID, 4);

const TABLE = 'Open questions: measured on a chip, assumed by the simulated one';

/**
 * Tells the report the answer: a fact on a real chip, and on the simulated chip the assumption that it was built
 * with.
 */
function answer({ facts: { isSimulated: isAssumed } }: Board, question: string, text: string): void {
  tellCell(TABLE, question, `${isAssumed ? 'assumed' : 'measured'}: ${text}`, isAssumed ? 'fair' : 'good');
}

/** Brings a chip that may be asleep back to answering frames, then leaves it alone for `idle`. */
async function settle(board: Board, idle: Duration): Promise<void> {
  await assertSelect(board, us(10));
  await board.clock.sleep(ms(100));
  await rawFrame(board, READ_DID_VID);
  await board.clock.sleep(idle);
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1]!;

/** `4.1 us (3.9 to 4.4)`. */
function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${median(sorted).toFixed(1)} us (${first(sorted, 'measured values').toFixed(1)} to ${sorted.at(-1)!.toFixed(1)})`;
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

/** The longest of these idle times after which the chip still answers without a wake pulse. */
async function longestAwake(board: Board, idles: readonly Duration[]): Promise<Duration> {
  let longest = ZERO;
  for (const idle of idles) {
    // After a wake pulse the chip stays awake for 5 s: only frames that come later count. [CHIP 2]
    await settle(board, ZERO);
    for (let i = 0; i < 12; i++) {
      await board.clock.sleep(ms(500));
      await rawFrame(board, READ_DID_VID);
    }
    await board.clock.sleep(idle);
    if ((await answersIdentity(board)) && idle > longest) longest = idle;
  }
  return longest;
}

/**
 * The shortest of these pauses after a wake pulse with which a sleeping chip answers; undefined when it answers with
 * none.
 */
async function shortestWake(board: Board, pauses: readonly Duration[]): Promise<Duration | undefined> {
  let shortest: Duration | undefined;
  for (const pause of pauses) {
    await settle(board, seconds(10));
    await assertSelect(board, us(1));
    await board.clock.sleep(pause);
    if ((await answersIdentity(board)) && (shortest === undefined || pause < shortest)) shortest = pause;
  }
  return shortest;
}

/** How long after the release of a reset of 4 s the chip answers; undefined when it does not within 1 s. */
async function deepSleepWake(board: Board): Promise<Duration | undefined> {
  const { clock, reset } = board;
  await reset?.assert();
  await clock.sleep(seconds(4));
  await reset?.deassert();
  const released = clock.now();
  for (let looks = 0; looks < 500; looks++) {
    await clock.sleep(ms(2));
    if (await answersIdentity(board)) return between(released, clock.now());
  }
  return undefined;
}

test.describe('open question', () => {
  // These tests ask the chip itself, without a driver, so one run is enough.
  test.use({
    forDrivers: driversThat(
      ({ name }) => name === 'recommended',
      'The chip is asked once, in the run of recommended.',
    ),
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
            await assertSelect(board, us(1000));
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
        longestAwake(board, [500, 900, 980, 990, 999, 1010, 1100, 2000, 5100, 11_000].map(ms)),
      );
      await step('3. find an idle time after which it answers', () => {
        answer(
          board,
          'longest idle time after which a frame is answered without waking',
          showDuration(awake),
        );
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
        shortestWake(board, [20, 50, 100, 150, 200, 500, 1000, 5000, 60_000].map(us)),
      );
      await step('3. find a pause with which it answers', () => {
        answer(
          board,
          'shortest pause after a wake pulse',
          pause === undefined ? 'none' : showDuration(pause),
        );
        expect(pause).toBeDefined();
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
          const text = time === undefined ? 'none within 1 s' : `${inMs(time).toFixed(1)} ms`;
          answer(board, 'from the release of a reset of 4 s to the first answer', text);
          expect(time).toBeDefined();
        });
      },
    );
  });
});
