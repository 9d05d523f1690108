import type { HostDriver } from '../../fixtures/index.ts';
import { execute, expect, hex, source, test, tpm } from '../../fixtures/index.ts';

/** An index of the owner. [TPM2 Part 2, 7.5] */
const INDEX = 0x01500001;
/** Maximum number of bytes of an index that one command moves. [CHIP 5.1] */
const MOST = 1024;

/** Sizes around one burst of 63 bytes, around several bursts, around powers of two, and at the end. */
const SIZES = [
  ...Array.from({ length: 80 }, (_, at) => at + 1),
  ...[2, 3, 4, 8, 15, 16].flatMap((bursts) => [63 * bursts - 17, 63 * bursts - 16, 63 * bursts - 15]),
  ...[127, 128, 239, 240, 241, 255, 256, 257, 511, 512, 513, 1022, 1023, 1024],
].sort((a, b) => a - b);

const stored = Uint8Array.from({ length: MOST }, (_, at) => (at * 89 + (at >> 8) * 5 + 1) & 0xff);

/** Bytes of an answer, and what its size field says. */
async function sizeOf(
  driver: HostDriver,
  command: { readonly bytes: Uint8Array },
): Promise<[number, number]> {
  const answer = await driver.transmit(command.bytes);
  return [answer.length, new DataView(answer.buffer, answer.byteOffset).getUint32(2)];
}

test.describe('real response', () => {
  test.use({ about: 'chip' });

  test(
    'a list of n commands has 19 bytes and 4 for each, for every n up to all of them, and is the beginning of the whole list',
    { annotation: source('CHIP 5.5', 'TPM2 Part 3, 30.2') },
    async ({ driver, step }) => {
      const { items } = await step('1. ask for all commands', () => execute(driver, tpm.getCommands(0)));
      const sizes = await step('2. ask for 1, 2, 3 and so on', async () => {
        const all: [number, number][] = [];
        for (let n = 1; n <= items.length; n++) all.push(await sizeOf(driver, tpm.getCommands(0, n)));
        return all;
      });
      await step('3. compare the lengths, and half of the list with its beginning', async () => {
        expect(sizes).toEqual(items.map((_, at) => [19 + 4 * (at + 1), 19 + 4 * (at + 1)]));
        const half = items.length >> 1;
        const { items: first, hasMore } = await execute(driver, tpm.getCommands(0, half));
        expect({ first, hasMore }).toEqual({ first: items.slice(0, half), hasMore: true });
      });
    },
  );

  test(
    'a list of n properties has 19 bytes and 8 for each, for every n up to all of them',
    { annotation: source('CHIP 5.5', 'TPM2 Part 3, 30.2') },
    async ({ driver, step }) => {
      const { items } = await step('1. ask for all properties', () =>
        execute(driver, tpm.getProperties(0x100)),
      );
      const sizes = await step('2. ask for 1, 2, 3 and so on', async () => {
        const all: [number, number][] = [];
        for (let n = 1; n <= items.length; n++) all.push(await sizeOf(driver, tpm.getProperties(0x100, n)));
        return all;
      });
      await step('3. compare the lengths', () => {
        expect(sizes).toEqual(items.map((_, at) => [19 + 8 * (at + 1), 19 + 8 * (at + 1)]));
      });
    },
  );

  test.describe('of an index in flash', () => {
    // Each write wears the flash of a real chip.
    test.use({ needs: ['virtual-time'] });

    test(
      'what was written into an index comes back, at every length up to 1024 bytes and from both ends',
      { annotation: source('CHIP 5.1', 'CHIP 5.4', 'TPM2 Part 3, 31.13') },
      async ({ driver, step }) => {
        await step('1. define an index of 1024 bytes, and fill it', async () => {
          await execute(driver, tpm.nvDefine(INDEX, MOST));
          await execute(driver, tpm.nvWrite(INDEX, stored));
        });
        const wrong = await step(
          '2. read it at every length from its beginning, and up to its end',
          async () => {
            const lengths: number[] = [];
            for (const size of SIZES) {
              const head = await execute(driver, tpm.nvRead(INDEX, size));
              const tail = await execute(driver, tpm.nvRead(INDEX, size, MOST - size));
              const isRight =
                hex(head) === hex(stored.slice(0, size)) && hex(tail) === hex(stored.slice(MOST - size));
              if (!isRight) lengths.push(size);
            }
            return lengths;
          },
        );
        await step('3. delete the index, and find no length that went wrong', async () => {
          await execute(driver, tpm.nvUndefine(INDEX));
          expect(wrong).toEqual([]);
        });
      },
    );
  });
});
