import type { Datasheet, Duration } from '../../fixtures/index.ts';
import {
  assertSelect,
  answersIdentity,
  between,
  expect,
  later,
  measure,
  ms,
  plus,
  pulseWidth,
  rawFrame,
  readFrame,
  seconds,
  settleTime,
  showDuration,
  showsIdentity,
  source,
  test,
  TPM_ALG,
  TPM_DID_VID,
  us,
  WAKING,
} from '../../fixtures/index.ts';

/** Whether pulse and pause together are too short for a chip that wakes in `latency`; undefined where they may be either. */
function isTooSoon({ wake, tick }: Datasheet, latency: Duration): boolean | undefined {
  if (wake === undefined) return true;
  const settle = settleTime(wake, tick);
  if (plus(wake.pulse, settle.least) >= latency) return false;
  return plus(pulseWidth(wake).most, settle.most) < latency ? true : undefined;
}

test.describe('sleeping chip', () => {
  test.use({ needs: ['virtual-time', 'chip-view'] });

  test(
    'the chip sleeps 1 s after the last frame, not before 20 s after boot, nor before 5 s after it was woken',
    { annotation: source('CHIP 2') },
    async ({ board, chip, step }) => {
      const asleep: boolean[] = [];
      const look = async (after: number): Promise<void> => {
        await board.clock.sleep(ms(after));
        asleep.push(chip.isAsleep);
      };
      await step('1. boot was less than 0.2 s ago: look 15 s and 25 s later', async () => {
        await look(15_000);
        await look(10_000);
      });
      await step('2. wake it with CS and a frame: look 4.9 s and 5.1 s later', async () => {
        await assertSelect(board, us(10));
        await board.clock.sleep(us(500));
        await answersIdentity(board);
        await look(4900);
        await look(200);
      });
      await step('3. find it awake, asleep, awake, asleep', () => {
        expect(asleep).toEqual([false, true, false, true]);
      });
    },
  );

  /** When the last frame comes, and when the chip then sleeps: both in milliseconds after its wake. [CHIP 2] */
  const LAST_FRAMES: readonly (readonly [last: number, asleep: number])[] = [
    [500, 5000],
    [2000, 5000],
    [3900, 5000],
    [4300, 5300],
    [4800, 5800],
  ];

  test(
    'frames put off the sleep to 1 s after the last of them, and the 5 s after a wake do not begin again with them',
    { annotation: source('CHIP 2') },
    async ({ board, chip, step }) => {
      const seen: string[] = [];
      for (const [last, end] of LAST_FRAMES)
        await step(
          `1. idle for 30 s, wake the chip, send a frame ${last} ms later, look 100 ms before and after ${end} ms`,
          async () => {
            await board.clock.sleep(seconds(30));
            await assertSelect(board, us(10));
            const woken = board.clock.now();
            const until = async (after: number): Promise<void> => {
              await board.clock.sleep(between(board.clock.now(), later(woken, ms(after))));
            };
            for (const at of [1, last]) {
              await until(at);
              await answersIdentity(board);
            }
            for (const at of [end - 100, end + 100]) {
              await until(at);
              seen.push(`frame at ${last} ms, ${chip.isAsleep ? 'asleep' : 'awake'} at ${at} ms`);
            }
          },
        );
      await step('2. find it awake, then asleep, each time', () => {
        expect(seen).toEqual(
          LAST_FRAMES.flatMap(([last, end]) => [
            `frame at ${last} ms, awake at ${end - 100} ms`,
            `frame at ${last} ms, asleep at ${end + 100} ms`,
          ]),
        );
      });
    },
  );

  test(
    'a sleeping chip loses the frame it is addressed with, answers the next one, and keeps its PCRs',
    { annotation: source('CHIP 2', 'CHIP 5') },
    async ({ board, chip, driver, step }) => {
      const before = await step('1. extend PCR 16, read it, idle for 25 s', async () => {
        await measure(driver, 16, 0xc3);
        const value = await driver.pcrRead(16, TPM_ALG.SHA256);
        await board.clock.sleep(seconds(25));
        expect(chip.isAsleep).toBe(true);
        return value;
      });
      const lost = chip.counters.lostFrames;
      const answers = await step('2. read TPM_DID_VID twice without a wake pulse', async () => [
        await rawFrame(board, readFrame(TPM_DID_VID, 4)),
        await rawFrame(board, readFrame(TPM_DID_VID, 4)),
      ]);
      await step('3. find the identity in the second answer alone', () => {
        expect(answers.map(showsIdentity)).toEqual([false, true]);
        expect(chip.counters.lostFrames - lost).toBe(1);
      });
      await step('4. find PCR 16 as it was', async () => {
        expect(await driver.pcrRead(16, TPM_ALG.SHA256)).toEqual(before);
      });
    },
  );

  test(
    'the first frame after 25 s reaches the chip of every driver but one that never wakes it',
    { annotation: source('CHIP 2', 'HOSTS') },
    async ({ board, chip, driver, datasheet, step }) => {
      await step('1. idle for 25 s', () => board.clock.sleep(seconds(25)));
      const before = chip.counters.lostFrames;
      await step('2. ask for 8 random bytes', () => driver.random(8).catch(() => undefined));
      await step('3. count the lost frames', () => {
        expect(chip.counters.lostFrames > before).toBe(datasheet.wake === undefined);
      });
    },
  );

  test.describe('when the wake pulse does not reach the wire', () => {
    test.use({ needs: ['virtual-time', 'chip-view', 'faults'], forDrivers: WAKING });

    test(
      'one frame is lost, and the second command after it is answered',
      { annotation: source('CHIP 2', 'BUGS L-13', 'BUGS K-09') },
      async ({ board, chip, faults, driver, step }) => {
        await step('1. idle for 25 s', () => board.clock.sleep(seconds(25)));
        const lost = chip.counters.lostFrames;
        await step('2. lose the next wake pulse; ask for 8 random bytes twice', async () => {
          await faults.set({ kind: 'wake-pulse-lost', frames: { count: 1 } });
          await driver.random(8).catch(() => undefined);
          expect(await driver.random(8)).toHaveLength(8);
        });
        await step('3. count the lost frames', () => {
          expect(chip.counters.lostFrames - lost).toBe(1);
        });
      },
    );
  });

  // The firmware's authors allow 150 us; coreboot and others leave 101. [CHIP 2]
  for (const latency of [us(100), us(150), us(400), us(1500), ms(60)])
    test.describe(`a chip that wakes in ${showDuration(latency)}`, () => {
      test.use({ needs: ['virtual-time', 'chip-view', 'faults'], forDrivers: WAKING });

      test(
        'gets its first frame from a driver that waits that long after the beginning of its wake pulse, and loses it from others',
        { annotation: source('CHIP 2', 'BUGS L-14') },
        async ({ board, chip, faults, driver, datasheet, step }) => {
          await step('1. make the chip slow to wake, idle for 25 s', async () => {
            await faults.set({ kind: 'chip-wakes-in', time: latency });
            await board.clock.sleep(seconds(25));
          });
          const lost = chip.counters.lostFrames;
          await step('2. ask for 8 random bytes', () => driver.random(8).catch(() => undefined));
          await step('3. count the lost frames', () => {
            const isLost = isTooSoon(datasheet, latency);
            if (isLost !== undefined) expect(chip.counters.lostFrames > lost).toBe(isLost);
          });
        },
      );
    });
});
