import type { Duration, PerProfile, TypeScriptStack } from '../../fixtures/index.ts';
import {
  between,
  errnoOf,
  expect,
  expected,
  forAll,
  getRandom,
  HOST_DRIVER_NAMES,
  KERNEL,
  minus,
  ms,
  plus,
  seconds,
  source,
  tampered,
  test as base,
  TPM_STS,
  createStack,
} from '../../fixtures/index.ts';

const GET_RANDOM = getRandom(8).bytes;
const COMMAND_READY = 0x40;
/** What sending, polling and waking add to a limit. */
const ADDED = ms(250);
/** A kernel counts ticks, and the first is under way already: a tick of 100 a second may be missing. [BUGS L-10] */
const MISSING = ms(10);

/** Which chip shows no commandReady once `isSilent`, and the driver that is before it. */
interface UnreadyChip {
  readonly driver: TypeScriptStack;
  isSilent: boolean;
}

const test = base.extend<{ unready: UnreadyChip }>({
  unready: async ({ board, bench, profile }, use) => {
    bench.doings.hasDriver = true;
    const { clock, bus, ready } = board;
    const chip = { isSilent: false };
    const spi = tampered(board.spi, {
      after: ({ register, direction }, data) => {
        if (chip.isSilent && register === TPM_STS && direction === 'read') data[0]! &= ~COMMAND_READY;
      },
    });
    const driver = createStack({ board: { clock, bus, ready, spi }, profile });
    await use(Object.assign(chip, { driver }));
    driver.abandon();
  },
});

test.use({
  needs: ['virtual-time', 'faults'],
  allBut: forAll(HOST_DRIVER_NAMES, 'no source gives its time-out B'),
});

interface Range {
  readonly least: Duration;
  readonly most: Duration;
}

const TIMEOUT_B: Range = { least: minus(seconds(2), MISSING), most: plus(seconds(2), ADDED) };

/** Time-out B; `recommended` sends three times and waits 4 s. [DRIVER 2.2] [BUGS K-31] */
const GIVEN_UP_AFTER: PerProfile<Range> = {
  ...forAll(KERNEL, TIMEOUT_B),
  recommended: { least: seconds(12), most: plus(seconds(12), ADDED) },
};

test(
  'a chip that never shows commandReady is given up with -62 when time-out B has passed for each sending',
  { annotation: source('DRIVER 2.2', 'BUGS K-31') },
  async ({ board, unready, profile, step }) => {
    await step('1. bind the driver, then let the chip show no commandReady', async () => {
      await unready.driver.probe();
      unready.isSilent = true;
    });
    const before = board.clock.now();
    await step('2. ask for 8 random bytes', async () => {
      const errno = await unready.driver.transmit(GET_RANDOM).then(() => 0, errnoOf);
      expect(errno).toBe(-62);
    });
    await step('3. measure how long it took', () => {
      const { least, most } = expected(GIVEN_UP_AFTER, profile.name);
      expect(between(before, board.clock.now())).toBeWithin(least, most);
    });
  },
);

/** The chip has to be told twice: the first commandReady only ends the command that finished late. [CHIP 4.3] */
const AFTER_ABORT: PerProfile<Range & { readonly errno: number }> = {
  ...forAll(KERNEL, { errno: -62, ...TIMEOUT_B }),
  recommended: { errno: 0, least: ms(0), most: ms(100) },
};

test(
  'the command after one that was given up and finished late fails after time-out B, or is answered within 100 ms',
  { annotation: source('BUGS L-42', 'CHIP 4.3') },
  async ({ board, faults, stack, profile, step }) => {
    await step('1. give up a command that takes 6 s', async () => {
      await faults.set({ kind: 'chip-slow-command', time: seconds(6), commands: { count: 1 } });
      expect(await stack.transmit(GET_RANDOM).then(() => 0, errnoOf)).toBe(-62);
      await board.clock.sleep(seconds(6));
    });
    const before = board.clock.now();
    const errno = await step('2. ask again', () => stack.transmit(GET_RANDOM).then(() => 0, errnoOf));
    await step('3. compare outcome and time', () => {
      const wanted = expected(AFTER_ABORT, profile.name);
      expect(errno).toBe(wanted.errno);
      expect(between(before, board.clock.now())).toBeWithin(wanted.least, wanted.most);
    });
  },
);
