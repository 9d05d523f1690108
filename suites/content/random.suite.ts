import type { HostDriver } from '../../fixtures/index.ts';
import { execute, expect, getRandom, hex, powerUp, seconds, source, test } from '../../fixtures/index.ts';

/** Maximum number of bytes that the TPM gives for one request. [CHIP 5.5] */
const MOST = 64;

/** The bytes of one request, read without the driver's own random code. */
const ask = (driver: HostDriver, count: number): Promise<Uint8Array> => execute(driver, getRandom(count));

/** How often 8 bytes of these answers come again. By chance that happens in none of 10^14 runs. */
function repeats(answers: readonly Uint8Array[]): number {
  const seen = new Set<string>();
  let again = 0;
  for (const bytes of answers)
    for (let at = 0; at + 8 <= bytes.length; at++) {
      const stretch = hex(bytes.subarray(at, at + 8));
      if (seen.has(stretch)) again++;
      seen.add(stretch);
    }
  return again;
}

test.describe('random bytes', () => {
  test.use({ about: 'chip' });

  test(
    'every request from 1 to 64 bytes is answered with as many, and more with 64',
    { annotation: source('CHIP 5.5', 'TPM2 Part 3, 16.1') },
    async ({ driver, step }) => {
      const counts = [...Array.from({ length: MOST }, (_, at) => at + 1), 65, 100, 128, 1024];
      const lengths = await step('1. ask for 1 to 64, for 65, 100, 128 and 1024', async () => {
        const all: number[] = [];
        for (const count of counts) all.push((await ask(driver, count)).length);
        return all;
      });
      await step('2. compare', () => {
        expect(lengths).toEqual(counts.map((count) => Math.min(count, MOST)));
      });
    },
  );

  test(
    'no 8 bytes come twice in 100 answers, and about half of all bits are set',
    { annotation: source('TPM2 Part 3, 16.1') },
    async ({ driver, step }) => {
      const answers = await step('1. ask for 64 bytes a hundred times', async () => {
        const all: Uint8Array[] = [];
        for (let i = 0; i < 100; i++) all.push(await ask(driver, MOST));
        return all;
      });
      await step('2. look for what comes again, and count the bits', () => {
        expect(repeats(answers)).toBe(0);
        let ones = 0;
        for (const bytes of answers)
          for (const byte of bytes) for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
        // 51,200 bits: six standard deviations are 679.
        expect(Math.abs(ones - 25_600)).toBeLessThan(680);
      });
    },
  );

  test.describe('after power', () => {
    test.use({ needs: ['power', 'reset'], startedBy: 'nobody' });

    test(
      'the first answers after ten power cycles have nothing in common',
      { annotation: source('TPM2 Part 3, 16.1', 'CHIP 6') },
      async ({ board, unboundDriver: driver, platform, step }) => {
        const answers: Uint8Array[] = [];
        await step('1. ten times: power off and on, bind, ask for 64 bytes, unbind', async () => {
          for (let cycle = 0; cycle < 10; cycle++) {
            await board.power!.off();
            await board.clock.sleep(seconds(1));
            await powerUp(board);
            await platform.firmware.start('clear');
            await driver.probe();
            answers.push(await ask(driver, MOST));
            await driver.remove();
          }
        });
        await step('2. look for what comes again', () => {
          expect(repeats(answers)).toBe(0);
        });
      },
    );
  });
});
