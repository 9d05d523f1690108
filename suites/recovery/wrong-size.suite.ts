import {
  BINDING,
  both,
  driversThat,
  errnoAfter,
  expect,
  GET_RANDOM_8,
  RULE,
  source,
  test as base,
  TPM_DATA_FIFO,
} from '../../fixtures/index.ts';
import type { OwnDriver } from '../../fixtures/index.ts';

/** Size of the response to GetRandom(8), and of the buffer of a driver. [CHIP 10.3] [DRIVER 3.3] */
const SIZE = 20;
const BUFFER = 4096;
/** The size field of a header of a response. [TPM2 Part 1, 18.1] */
const SIZE_FIELD = { at: 2, header: 10 };

/** A driver whose responses say that they have `size` bytes, unless that is undefined. */
interface Misled {
  readonly driver: OwnDriver;
  size: number | undefined;
}

const test = base.extend<{ misled: Misled }>({
  misled: async ({ makeDriver }, use) => {
    const lie: { size: number | undefined } = { size: undefined };
    const driver = makeDriver(
      {},
      {
        after: ({ register, direction }, data) => {
          const isHeader = data.length >= SIZE_FIELD.header && data[0] === 0x80;
          if (lie.size === undefined || register !== TPM_DATA_FIFO || direction === 'write' || !isHeader)
            return;
          new DataView(data.buffer, data.byteOffset).setUint32(SIZE_FIELD.at, lie.size);
        },
      },
    );
    await driver.probe();
    await use(Object.assign(lie, { driver }));
  },
});

test.use({
  forDrivers: both(
    BINDING,
    driversThat(({ code }) => code !== undefined, 'No source tells what it makes of a response.'),
  ),
});

const EIO = -5;
const ETIME = -62;

for (const size of [0, 9, 10, SIZE - 1, SIZE + 1, SIZE + 42, BUFFER, BUFFER + 1, 0xffffffff])
  test(
    `a response of ${SIZE} bytes that says it has ${size} is refused, and the next command is answered`,
    { annotation: source('DRIVER 2.6', 'BUGS K-34') },
    async ({ misled, datasheet, provoking, step }) => {
      const { driver } = misled;
      const ended = await step('1. ask for 8 random bytes, and change the size field of the response', () => {
        misled.size = size;
        // The wire says that the driver left a part of the response.
        return provoking([RULE.RESPONSE_SIZE], () => errnoAfter(driver.transmit(GET_RANDOM_8)));
      });
      await step('2. find -62 where the driver waited for bytes that do not come, and -5 elsewhere', () => {
        const isAwaited = datasheet.fifo === 'stepwise' && size > SIZE && size <= BUFFER;
        expect(ended).toBe(isAwaited ? ETIME : EIO);
      });
      await step('3. ask again without a change, and find the response', async () => {
        misled.size = undefined;
        expect(await driver.transmit(GET_RANDOM_8)).toHaveLength(SIZE);
      });
    },
  );
