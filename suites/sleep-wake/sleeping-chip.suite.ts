import type { PerProfile } from '../../fixtures/index.ts';
import {
  expect,
  expected,
  forAll,
  KERNEL,
  measure,
  ms,
  POKED_ONCE,
  rawFrame,
  seconds,
  source,
  test,
  TPM_ALG,
  UNPACED,
  us,
} from '../../fixtures/index.ts';

/** With room for 60 wait bytes: the slowest answer seen took 186 us. */
const READ_DID_VID = `83 d4 0f 00${' 00'.repeat(64)}`;

/** Who loses the first frame. */
const lost = (who: { kernel: boolean; recommended: boolean; hosts: boolean }): PerProfile<boolean> => ({
  ...forAll(KERNEL, who.kernel),
  recommended: who.recommended,
  ...forAll(['coreboot', 'depthcharge', 'windows', 'opentitan'], who.hosts),
});

test.describe('sleeping chip', () => {
  test.use({ needs: ['virtual-time', 'chip-view'], allBut: UNPACED });

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
        await board.spi.transaction([{ kind: 'delay', duration: us(10) }]);
        await board.clock.sleep(us(500));
        await board.spi.transaction([{ kind: 'exchange', bytes: Uint8Array.of(0x80, 0xd4, 0, 0, 0, 0, 0) }]);
        await look(4900);
        await look(200);
      });
      await step('3. compare', () => {
        expect(asleep).toEqual([false, true, false, true]);
      });
    },
  );

  test(
    'a sleeping chip loses the frame it is addressed with, answers the next one, and keeps its PCRs',
    { annotation: source('CHIP 2', 'CHIP 5') },
    async ({ board, chip, anyStack: stack, step }) => {
      const before = await step('1. extend PCR 16, read it, idle for 25 s', async () => {
        await measure(stack, 16, 0xc3);
        const value = await stack.pcrRead(16, TPM_ALG.SHA256);
        await board.clock.sleep(seconds(25));
        expect(chip.isAsleep).toBe(true);
        return value;
      });
      const lost = chip.counters.lostFrames;
      const answers = await step('2. read TPM_DID_VID twice without a wake pulse', async () => [
        await rawFrame(board, READ_DID_VID),
        await rawFrame(board, READ_DID_VID),
      ]);
      await step('3. find the identity in the second answer alone', () => {
        expect(answers.map((answer) => answer.includes('01 e0 1a 28 00'))).toEqual([false, true]);
        expect(chip.counters.lostFrames - lost).toBe(1);
      });
      await step('4. find PCR 16 as it was', async () => {
        expect(await stack.pcrRead(16, TPM_ALG.SHA256)).toEqual(before);
      });
    },
  );

  test(
    'the first frame after 25 s reaches the chip of every driver but one that never wakes it',
    { annotation: source('CHIP 2', 'HOSTS') },
    async ({ board, chip, anyStack: stack, profile, step }) => {
      await step('1. idle for 25 s', () => board.clock.sleep(seconds(25)));
      const before = chip.counters.lostFrames;
      await step('2. ask for 8 random bytes', () => stack.random(8).catch(() => undefined));
      await step('3. count the lost frames', () => {
        expect(chip.counters.lostFrames > before).toBe(
          expected(
            { ...lost({ kernel: false, recommended: false, hosts: false }), 'ftdi-bench': true },
            profile.name,
          ),
        );
      });
    },
  );

  test.describe('when the wake pulse does not reach the wire', () => {
    test.use({ needs: ['virtual-time', 'chip-view', 'faults'], allBut: POKED_ONCE });

    test(
      'one frame is lost, and the second command after it is answered',
      { annotation: source('CHIP 2', 'BUGS L-13', 'BUGS K-09') },
      async ({ board, chip, faults, anyStack: stack, step }) => {
        await step('1. idle for 25 s', () => board.clock.sleep(seconds(25)));
        const lost = chip.counters.lostFrames;
        await step('2. lose the next wake pulse; ask for 8 random bytes twice', async () => {
          await faults.set({ kind: 'wake-pulse-lost', frames: { count: 1 } });
          await stack.random(8).catch(() => undefined);
          expect(await stack.random(8)).toHaveLength(8);
        });
        await step('3. count the lost frames', () => {
          expect(chip.counters.lostFrames - lost).toBe(1);
        });
      },
    );
  });

  for (const { latency, isLost } of [
    { latency: 100, isLost: lost({ kernel: false, recommended: false, hosts: false }) },
    // The firmware's authors allow 150 us, and these hosts leave 100. [CHIP 2]
    { latency: 150, isLost: lost({ kernel: false, recommended: false, hosts: true }) },
    { latency: 400, isLost: lost({ kernel: false, recommended: false, hosts: true }) },
    { latency: 1500, isLost: lost({ kernel: false, recommended: true, hosts: true }) },
    { latency: 60_000, isLost: lost({ kernel: true, recommended: true, hosts: true }) },
  ])
    test.describe(`a chip that wakes in ${latency} us`, () => {
      test.use({ needs: ['virtual-time', 'chip-view', 'faults'], allBut: POKED_ONCE });

      test(
        'gets its first frame where the profile waits that long',
        { annotation: source('CHIP 2', 'BUGS L-14') },
        async ({ board, chip, faults, anyStack: stack, profile, step }) => {
          await step('1. make the chip slow to wake, idle for 25 s', async () => {
            await faults.set({ kind: 'chip-wakes-in', time: us(latency) });
            await board.clock.sleep(seconds(25));
          });
          const lost = chip.counters.lostFrames;
          await step('2. ask for 8 random bytes', () => stack.random(8).catch(() => undefined));
          await step('3. count the lost frames', () => {
            expect(chip.counters.lostFrames > lost).toBe(expected(isLost, profile.name));
          });
        },
      );
    });
});
