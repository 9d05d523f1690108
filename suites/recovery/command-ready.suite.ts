import type { Datasheet, Duration, Range, OwnDriver } from '../../fixtures/index.ts';
import {
  between,
  BINDING,
  both,
  driversThat,
  errnoOf,
  expect,
  GET_RANDOM_8,
  hex,
  minus,
  ms,
  pauseTime,
  plus,
  seconds,
  source,
  STS,
  test as base,
  times,
  TPM_STS,
  ZERO,
} from '../../fixtures/index.ts';

/** Time that sending, polling and waking add to a limit. */
const ADDED = ms(250);
/** A kernel counts ticks, and the first is under way already: a tick of 100 a second may be missing. [BUGS L-10] */
const MISSING = ms(10);

/** A chip that shows no commandReady while `isSilent`, and the driver that drives it. */
interface UnreadyChip {
  readonly driver: OwnDriver;
  isSilent: boolean;
}

const test = base.extend<{ unready: UnreadyChip }>({
  unready: async ({ makeDriver }, use) => {
    const chip = { isSilent: false };
    const driver = makeDriver(
      {},
      {
        after: ({ register, direction }, data) => {
          if (chip.isSilent && register === TPM_STS && direction === 'read') data[0]! &= ~STS.commandReady;
        },
      },
    );
    await use(Object.assign(chip, { driver }));
  },
});

test.use({
  needs: ['virtual-time', 'faults'],
  forDrivers: both(
    BINDING,
    driversThat(
      ({ commands }) => commands !== undefined,
      'No source tells how long it waits for commandReady.',
    ),
  ),
});

/** How long a driver waits for commandReady, over this number of sendings. */
function waitFor({ commands, tick }: Datasheet, sendings: number): Range {
  const limit = times(commands!.readyLimit, sendings);
  return { least: minus(limit, tick === ZERO ? ZERO : MISSING), most: plus(limit, ADDED) };
}

test(
  'a chip that never shows commandReady is given up with -62 when the wait for it, 2 or 4 s, has passed for each sending, at most 250 ms later',
  { annotation: source('DRIVER 2.2', 'BUGS K-31') },
  async ({ board, unready, datasheet, step }) => {
    await step('1. bind the driver, then let the chip show no commandReady', async () => {
      await unready.driver.probe();
      unready.isSilent = true;
    });
    const before = board.clock.now();
    await step('2. ask for 8 random bytes', async () => {
      expect(await unready.driver.transmit(GET_RANDOM_8).then(() => 0, errnoOf)).toBe(-62);
    });
    await step('3. measure how long it took', () => {
      expect(between(before, board.clock.now())).toBeWithin(waitFor(datasheet, datasheet.commands!.sendings));
    });
  },
);

/** How long the slow command takes: longer than any driver waits for it. */
const slowerThan = ({ commands }: Datasheet): Duration => plus(commands!.randomLimit, seconds(2));

test(
  'the command after one that was given up and finished late is answered within 100 ms beside the pauses of a host without the line, or fails with -62 when the wait for commandReady is over',
  { annotation: source('BUGS L-42', 'CHIP 4.3') },
  async ({ board, faults, ownDriver, wires, datasheet, step }) => {
    await step('1. give up a command that takes 2 s longer than the driver waits', async () => {
      const time = slowerThan(datasheet);
      await faults.set({ kind: 'chip-slow-command', time, commands: { count: 1 } });
      expect(await ownDriver.transmit(GET_RANDOM_8).then(() => 0, errnoOf)).toBe(-62);
      await board.clock.sleep(time);
    });
    const before = board.clock.now();
    let errno = 0;
    const { frames } = await step('2. ask again', () =>
      wires.during(async () => {
        errno = await ownDriver.transmit(GET_RANDOM_8).then(() => 0, errnoOf);
      }),
    );
    await step('3. compare outcome and time', () => {
      // The chip has to be told twice: the first commandReady only ends the command that finished late. [CHIP 4.3]
      const { readyWrites, sendings } = datasheet.commands!;
      const isAnswered = readyWrites > 1 || sendings > 1;
      expect(errno).toBe(isAnswered ? 0 : -62);
      const pauses = board.ready === undefined ? times(pauseTime(datasheet).most, frames.length) : ZERO;
      const soon: Range = { least: ZERO, most: plus(ms(100), pauses) };
      const range = readyWrites > 1 ? soon : waitFor(datasheet, 1);
      expect(between(before, board.clock.now())).toBeWithin(range);
    });
  },
);

test(
  'a command that outlasts its limit is given up on the wire too: commandReady is the last that TPM_STS gets',
  { annotation: source('DRIVER 2.4', 'CHIP 4.3') },
  async ({ board, faults, ownDriver, wires, datasheet, step }) => {
    const time = slowerThan(datasheet);
    await step('1. let the next command take 2 s longer than the driver waits', () =>
      faults.set({ kind: 'chip-slow-command', time, commands: { count: 1 } }),
    );
    const { frames } = await step('2. ask for 8 random bytes', () =>
      wires.during(async () => {
        expect(await ownDriver.transmit(GET_RANDOM_8).then(() => 0, errnoOf)).toBe(-62);
      }),
    );
    await step('3. find what was written into TPM_STS last', () => {
      const written = frames.filter(
        ({ register, direction }) => register === TPM_STS && direction === 'write',
      );
      expect(hex(written.at(-1)!.data)).toBe('40');
    });
    await board.clock.sleep(time);
  },
);
