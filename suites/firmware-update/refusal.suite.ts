import type { UpdateOffer, OwnDriver } from '../../fixtures/index.ts';
import {
  beginUpdate,
  BLOCK_SIZE,
  execute,
  expect,
  readSection,
  resetChipAfter,
  seconds,
  setBoardId,
  source,
  test,
  turnUpdateOn,
  updateBlock,
  updateFirmware,
  updatePdu,
  simulatedImageFile,
} from '../../fixtures/index.ts';
import { newerImageFile, newerText, newerThan } from './newer.ts';
import { restartAfterReboot, restartFromPowerOff } from './restart.ts';

/** The images of these tests are for the simulated chip alone: a real one is left as it is. */
test.use({ needs: ['chip-view'] });

/** [CHIP 5.3] */
const OK = 0;
const BAD_ADDRESS = 1;
const DATA_ERROR = 3;
const ROLLBACK = 8;
const RATE_LIMIT = 9;
const UNALIGNED = 10;
const TRUNCATED = 11;
const BOARD_ID = 12;

type Image = NonNullable<Parameters<typeof simulatedImageFile>[0]['rw']>;

interface Begun {
  readonly offer: UpdateOffer;
  readonly base: number;
  /** The image for the section that may be written. */
  readonly image: Uint8Array;
}

/** Begins an update with a newer RW, or with one that differs from that by `of`. */
async function begin(driver: OwnDriver, of: Partial<Image> = {}): Promise<Begun> {
  const offer = await execute(driver, beginUpdate());
  const base = offer.bases.rw;
  const image = { version: newerThan(offer.running.rw), ...of };
  return { offer, base, image: readSection(simulatedImageFile({ rw: image }), 'rw', base).bytes };
}

const header = (image: Uint8Array): Uint8Array => image.subarray(0, BLOCK_SIZE);
const block = (image: Uint8Array, index: number): Uint8Array =>
  image.subarray(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE);
const status = (driver: OwnDriver, base: number, data: Uint8Array): Promise<number> =>
  execute(driver, updateBlock(base, data));

test.describe('refusal', () => {
  test(
    'a block whose digest is not its own is refused, and so is one of which a bit changed',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { base, image } = await step('1. begin', () => begin(ownDriver));
      const pdu = updateBlock(base, header(image)).bytes.slice(12);
      const answers = await step('2. spoil the digest, then the data', async () => {
        const digest = pdu.slice();
        digest[0]! ^= 1;
        const data = pdu.slice();
        data[500]! ^= 1;
        return [await execute(ownDriver, updatePdu(digest)), await execute(ownDriver, updatePdu(data))];
      });
      await step('3. find status 3 both times, and the whole block taken', async () => {
        expect(answers).toEqual([DATA_ERROR, DATA_ERROR]);
        expect(await execute(ownDriver, updatePdu(pdu))).toBe(OK);
      });
    },
  );

  test(
    'an image older than the running one is refused as a rollback; the same version is taken',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { offer, base } = await step('1. begin', () => begin(ownDriver));
      const { rw } = offer.running;
      await step('2. bring the header of the minor version before, of the one running', async () => {
        const older = await begin(ownDriver, { version: { ...rw, minor: rw.minor - 1 } });
        const same = await begin(ownDriver, { version: rw });
        expect(await status(ownDriver, base, header(older.image))).toBe(ROLLBACK);
        expect(await status(ownDriver, base, header(same.image))).toBe(OK);
      });
    },
  );

  test(
    'a block that goes back within the section is refused until 60 s have passed',
    { annotation: source('CHIP 5.3') },
    async ({ board, ownDriver, step }) => {
      const { base, image } = await step('1. begin', () => begin(ownDriver));
      await step('2. bring blocks 0, 2 and 1', async () => {
        expect(await status(ownDriver, base, block(image, 0))).toBe(OK);
        expect(await status(ownDriver, base + 2 * BLOCK_SIZE, block(image, 2))).toBe(OK);
        expect(await status(ownDriver, base + BLOCK_SIZE, block(image, 1))).toBe(RATE_LIMIT);
      });
      await step('3. wait 61 s and bring block 1 again', async () => {
        await board.clock.sleep(seconds(61));
        expect(await status(ownDriver, base + BLOCK_SIZE, block(image, 1))).toBe(OK);
      });
    },
  );

  test(
    'a header brought again too soon is refused, and the section is erased: nothing can be turned on',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { base, image } = await step('1. begin', () => begin(ownDriver));
      await step('2. bring the header twice', async () => {
        expect(await status(ownDriver, base, header(image))).toBe(OK);
        expect(await status(ownDriver, base, header(image))).toBe(RATE_LIMIT);
      });
      await step('3. turn on nothing', async () => {
        expect(await execute(ownDriver, turnUpdateOn(0))).toBe(0);
      });
    },
  );

  test(
    'after a full reset every block is refused for 60 s',
    { annotation: source('CHIP 5.3') },
    async ({ board, ownDriver, platform, step }) => {
      await step('1. reset the chip and start again', async () => {
        await execute(ownDriver, resetChipAfter(1000));
        await restartAfterReboot({ board, driver: ownDriver, platform });
      });
      const { base, image } = await step('2. begin', () => begin(ownDriver));
      await step('3. bring the header at once, and after 60 s', async () => {
        expect(await status(ownDriver, base, header(image))).toBe(RATE_LIMIT);
        await board.clock.sleep(seconds(60));
        expect(await status(ownDriver, base, header(image))).toBe(OK);
      });
    },
  );

  test(
    'a truncated header, and an image that says it is smaller than 0x800 bytes, are refused',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { base, image } = await step('1. begin', () => begin(ownDriver));
      const small = await step('2. make an image of 0x7fc bytes', () => begin(ownDriver, { size: 0x7fc }));
      await step('3. find status 11 both times', async () => {
        expect(await status(ownDriver, base, image.subarray(0, BLOCK_SIZE - 1))).toBe(TRUNCATED);
        expect(await status(ownDriver, base, header(small.image))).toBe(TRUNCATED);
      });
    },
  );

  test(
    'a block that overlaps the header is refused, and so is one for what runs or lies outside every section',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { offer, base, image } = await step('1. begin', () => begin(ownDriver));
      const running = offer.bases.rw === 0x04000 ? 0x44000 : 0x04000;
      await step('2. bring one each', async () => {
        expect(await status(ownDriver, base + 4, block(image, 1))).toBe(UNALIGNED);
        expect(await status(ownDriver, running, header(image))).toBe(BAD_ADDRESS);
        expect(await status(ownDriver, base + 0x39000, block(image, 1))).toBe(BAD_ADDRESS);
      });
    },
  );

  test(
    'an image for other boards is refused by a board with an ID, and one for this board is taken',
    { annotation: source('CHIP 5.2', 'CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const forBoard = (type: number) => ({ boards: { type, mask: 0xffffffff, flags: 0 } });
      await step('1. give the board the ID ZZCR', async () => {
        expect(await execute(ownDriver, setBoardId(0x5a5a4352, 0x7f80))).toBe(0);
      });
      const other = await step('2. begin with an image for ABCD', () =>
        begin(ownDriver, forBoard(0x41424344)),
      );
      const own = await step('3. begin with one for ZZCR', () => begin(ownDriver, forBoard(0x5a5a4352)));
      await step('4. bring both', async () => {
        expect(await status(ownDriver, other.base, header(other.image))).toBe(BOARD_ID);
        expect(await status(ownDriver, own.base, header(own.image))).toBe(OK);
      });
    },
  );

  test(
    'an image signed with another key is taken, but the chip goes on with the old one',
    { annotation: source('CHIP 5.3') },
    async ({ board, ownDriver, platform, step }) => {
      const before = await ownDriver.firmwareVersion();
      await step('1. bring it, turn it on, reboot', async () => {
        await updateFirmware(ownDriver, ({ running: { rw } }) =>
          simulatedImageFile({ rw: { version: newerThan(rw), keyId: 0x12345678 } }),
        );
        await restartAfterReboot({ board, driver: ownDriver, platform });
      });
      await step('2. find the version of before', async () => {
        expect(await ownDriver.firmwareVersion()).toBe(before);
      });
    },
  );

  test(
    'the client stops at the first refused block and says which and why',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { offer } = await step('1. begin', () => begin(ownDriver));
      const { rw } = offer.running;
      await step('2. bring an older version', async () => {
        const old = simulatedImageFile({ rw: { version: { ...rw, minor: rw.minor - 1 } } });
        await expect(updateFirmware(ownDriver, old)).rejects.toMatchObject({
          status: ROLLBACK,
          base: offer.bases.rw,
        });
      });
    },
  );

  test.describe('with the supply switched', () => {
    test.use({ needs: ['chip-view', 'power'] });
    test(
      'an update that loses power half-way leaves the old version running, and succeeds when done again',
      { annotation: source('CHIP 5.3') },
      async ({ board, ownDriver, platform, step }) => {
        const before = await ownDriver.firmwareVersion();
        const { base, image } = await step('1. begin and bring two blocks of four', async () => {
          const begun = await begin(ownDriver);
          expect(await status(ownDriver, begun.base, block(begun.image, 0))).toBe(OK);
          expect(await status(ownDriver, begun.base + BLOCK_SIZE, block(begun.image, 1))).toBe(OK);
          return begun;
        });
        await step(
          '2. switch the supply off and on; find the old version and no update under way',
          async () => {
            await restartFromPowerOff({ board, driver: ownDriver, platform });
            expect(await ownDriver.firmwareVersion()).toBe(before);
            expect(await status(ownDriver, base + 2 * BLOCK_SIZE, block(image, 2))).toBe(BAD_ADDRESS);
          },
        );
        await step('3. update from the beginning', async () => {
          const { offer } = await updateFirmware(ownDriver, newerImageFile);
          await restartAfterReboot({ board, driver: ownDriver, platform });
          expect(await ownDriver.firmwareVersion()).toContain(`:${newerText(offer)}/`);
        });
      },
    );
  });
});
