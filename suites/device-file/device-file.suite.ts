import type { Board } from '../../fixtures/index.ts';
import {
  expect,
  GET_RANDOM_8,
  hex,
  hexBytes,
  O_NONBLOCK,
  O_RDWR,
  POLLIN,
  seconds,
  source,
  test,
} from '../../fixtures/index.ts';

const EBUSY = -16;
const EINVAL = -22;
const E2BIG = -7;

const TPM = '/dev/tpm0';
const TPMRM = '/dev/tpmrm0';
/** GetCapability of transient handles, from 80000000. */
const LIST_TRANSIENT = hexBytes('80 01 00 00 00 16 00 00 01 7a 00 00 00 01 80 00 00 00 00 00 00 ff');

/** The kernel's files; a suite that needs `kernel` has them. */
function filesOf({ kernel }: Board): NonNullable<Board['kernel']>['files'] {
  if (kernel === undefined) throw new Error('This board has no kernel.');
  return kernel.files;
}

const hexOf = (read: Uint8Array | number): string => (typeof read === 'number' ? `error ${read}` : hex(read));

/** Bytes that were read, or the error number. */
const lengthOf = (read: Uint8Array | number): number => (typeof read === 'number' ? read : read.length);

test.describe('device file', () => {
  test.use({ needs: ['kernel'] });

  test(
    '/dev/tpm0 has one opener: the second is refused with EBUSY',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const first = await step('1. open the file', () => files.open(TPM, O_RDWR));
      const second = await step('2. open it again', () => files.open(TPM, O_RDWR));
      await files.close(first);
      const third = await step('3. close it, open it once more', () => files.open(TPM, O_RDWR));
      await files.close(third);
      expect([first >= 0, second, third >= 0]).toEqual([true, EBUSY, true]);
    },
  );

  test(
    'a response is read in as many parts as wanted, then nothing is left',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const file = await files.open(TPM, O_RDWR);
      await step('1. send GetRandom(8)', () => files.write(file, GET_RANDOM_8));
      const parts = await step('2. read 4, 6, 10 and 10 bytes', async () => [
        hexOf(await files.read(file, 4)),
        hexOf(await files.read(file, 6)),
        lengthOf(await files.read(file, 10)),
        hexOf(await files.read(file, 10)),
      ]);
      await files.close(file);
      await step('3. find the header in two parts, the answer, and the end', () => {
        expect(parts).toEqual(['80 01 00 00', '00 14 00 00 00 00', 10, '']);
      });
    },
  );

  test(
    'a read without a command finds nothing: 0 bytes',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const file = await files.open(TPM, O_RDWR);
      const read = await step('1. read', async () => hexOf(await files.read(file, 4096)));
      await files.close(file);
      expect(read).toBe('');
    },
  );

  test(
    'a second write before the response is read is refused with EBUSY; a partly read response is overwritten',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const file = await files.open(TPM, O_RDWR);
      const results = await step('1. write, write, read 4 bytes, write', async () => [
        await files.write(file, GET_RANDOM_8),
        await files.write(file, GET_RANDOM_8),
        hexOf(await files.read(file, 4)),
        await files.write(file, GET_RANDOM_8),
      ]);
      await files.close(file);
      expect(results).toEqual([12, EBUSY, '80 01 00 00', 12]);
    },
  );

  test(
    'writes of fewer bytes than a command needs are refused with EINVAL, of more than 4096 with E2BIG',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const file = await files.open(TPM, O_RDWR);
      const results = await step('1. write 5 bytes, 11 of 12, and 4097', async () => [
        await files.write(file, GET_RANDOM_8.subarray(0, 5)),
        await files.write(file, GET_RANDOM_8.subarray(0, 11)),
        await files.write(file, new Uint8Array(4097)),
      ]);
      await files.close(file);
      expect(results).toEqual([EINVAL, EINVAL, E2BIG]);
    },
  );

  test(
    'in non-blocking mode a write returns at once, and poll tells when the response is there',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const file = await files.open(TPM, O_RDWR | O_NONBLOCK);
      const written = await step('1. send GetRandom(8)', () => files.write(file, GET_RANDOM_8));
      const events = await step('2. wait for at most 5 s', () => files.poll(file, POLLIN, 5000));
      const response = await step('3. read', async () => hexOf(await files.read(file, 4096)));
      await files.close(file);
      expect([written, events & POLLIN, response.slice(0, 29)]).toEqual([
        12,
        POLLIN,
        '80 01 00 00 00 14 00 00 00 00',
      ]);
    },
  );

  test(
    'the next opener gets its own response when the file was closed during a command',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      const files = filesOf(board);
      await step('1. send a command without waiting, and close', async () => {
        const file = await files.open(TPM, O_RDWR | O_NONBLOCK);
        await files.write(file, GET_RANDOM_8);
        await files.close(file);
      });
      await step('2. ask for 16 random bytes', async () => {
        expect(await driver.random(16)).toHaveLength(16);
      });
    },
  );

  test(
    '/dev/tpmrm0 has many openers; each sees no transient object of another, and unknown commands answer 0x000b0143',
    { annotation: source('DRIVER 3.8') },
    async ({ board, driver, step }) => {
      expect(driver.isProbed).toBe(true);
      const files = filesOf(board);
      const spaces = await step('1. open the file twice', async () => [
        await files.open(TPMRM, O_RDWR),
        await files.open(TPMRM, O_RDWR),
      ]);
      const answers = await step('2. list handles in one, send an unknown command in the other', async () => {
        const [first, second] = [spaces[0]!, spaces[1]!];
        await files.write(first, LIST_TRANSIENT);
        await files.write(second, hexBytes('80 01 00 00 00 0a 00 00 01 ff'));
        return [hexOf(await files.read(first, 4096)), hexOf(await files.read(second, 4096))];
      });
      for (const space of spaces) await files.close(space);
      expect(answers).toEqual([
        '80 01 00 00 00 13 00 00 00 00 00 00 00 00 01 00 00 00 00',
        '80 01 00 00 00 0a 00 0b 01 43',
      ]);
    },
  );

  test.describe('beside it', () => {
    test.use({ needs: ['kernel', 'chip-view'] });

    test(
      'hwrng reads come from the chip, and each frame gives at most one interrupt',
      { annotation: source('DRIVER 3.9') },
      async ({ board, chip, kernelDriver: kernel, step }) => {
        await kernel.probe();
        const count = async (): Promise<readonly [number, number]> => [
          await kernel.interrupts(),
          chip.counters.readyPulses,
        ];
        await step('0. let the kernel fill its random pool', () => board.clock.sleep(seconds(1.5)));
        const before = await count();
        const bytes = await step('1. read 4096 bytes from /dev/hwrng', () => kernel.hwrng(4096));
        await board.clock.sleep(seconds(1));
        const after = await count();
        await step('2. compare the growth of /proc/interrupts with the pulses', () => {
          const interrupts = after[0] - before[0];
          expect(bytes.length).toBeGreaterThan(0);
          expect(interrupts).toBeGreaterThan(0);
          expect(interrupts).toBeLessThanOrEqual(after[1] - before[1]);
        });
      },
    );
  });
});
