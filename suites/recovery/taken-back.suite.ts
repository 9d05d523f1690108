import type { FrameOnTheWay, OwnDriver } from '../../fixtures/index.ts';
import {
  BINDING,
  both,
  driversThat,
  errnoAfter,
  expect,
  GET_RANDOM_8,
  LOGGED,
  seconds,
  source,
  STS,
  test as base,
  TPM_DATA_FIFO,
  TPM_STS,
  writeRegister,
} from '../../fixtures/index.ts';

/** A driver whose chip shows other statuses than its own while a command runs, one in each look. */
class RunningChip {
  statuses: number[] = [];
  #isWritten = false;
  #isRunning = false;

  /** The write of TPM_STS that follows the command's last bytes is tpmGo. [DRIVER 2.5] */
  see({ register, direction }: FrameOnTheWay, data: Uint8Array): void {
    if (direction === 'write') {
      if (register === TPM_STS) this.#isRunning = this.#isWritten;
      this.#isWritten = register === TPM_DATA_FIFO;
    } else if (register === TPM_STS && this.#isRunning) data[0] = this.statuses.shift() ?? data[0]!;
  }
}

const test = base.extend<{ running: RunningChip; bound: OwnDriver }>({
  running: async ({}, use) => {
    await use(new RunningChip());
  },
  bound: async ({ makeDriver, running }, use) => {
    const driver = makeDriver(
      {},
      {
        after: (frame, data) => {
          running.see(frame, data);
        },
      },
    );
    await driver.probe();
    await use(driver);
  },
});

test.use({
  forDrivers: both(
    BINDING,
    driversThat(({ code }) => code !== undefined, 'No source tells what it makes of a status.'),
  ),
});

/** [DRIVER 3.3] */
const CANCELED = -125;

test(
  'a command that the chip takes back ends at once with -125, and the next one is answered',
  { annotation: source('DRIVER 3.3') },
  async ({ board, bound: driver, running, step }) => {
    const ended = await step('1. send a command, and show commandReady alone while it runs', () => {
      running.statuses = [STS.stsValid | STS.commandReady, STS.commandReady];
      return errnoAfter(driver.transmit(GET_RANDOM_8));
    });
    await step('2. find the error, its line in the log, and that the driver looked no further', () => {
      expect(ended).toBe(CANCELED);
      expect(driver).toHaveLogged(LOGGED.canceled, 1);
      expect(running.statuses).toEqual([]);
    });
    await step('3. let the command end, and drop its response', async () => {
      running.statuses = [];
      await board.clock.sleep(seconds(1));
      await writeRegister(board, TPM_STS, STS.commandReady);
    });
    await step('4. send the command again, and find the response', async () => {
      expect(await driver.transmit(GET_RANDOM_8)).toHaveLength(20);
    });
  },
);

/** What no driver takes for the end of a command: stsValid beside commandReady, other bits beside it, and nothing. */
const GOING_ON: readonly (readonly [what: string, status: number])[] = [
  ['stsValid alone', STS.stsValid],
  ['stsValid and commandReady', STS.stsValid | STS.commandReady],
  ['commandReady and expect', STS.commandReady | STS.expect],
  ['expect alone', STS.expect],
  ['dataAvail without stsValid', STS.dataAvail],
  ['dataAvail and commandReady without stsValid', STS.dataAvail | STS.commandReady],
  ['no bit', 0],
];

for (const [what, status] of GOING_ON)
  test(
    `a command goes on while the status has ${what}`,
    { annotation: source('DRIVER 3.3') },
    async ({ bound: driver, running, step }) => {
      const response = await step('1. send a command, and show this status twice while it runs', () => {
        running.statuses = [status, status];
        return driver.transmit(GET_RANDOM_8);
      });
      await step('2. find the response, and that the driver looked both times', () => {
        expect(response).toHaveLength(20);
        expect(running.statuses).toEqual([]);
        expect(driver).not.toHaveLogged(LOGGED.canceled);
      });
    },
  );
