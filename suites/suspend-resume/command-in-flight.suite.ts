import type { Board, FrameSeen, HostDriver, Instant, SuspendKind } from '../../fixtures/index.ts';
import {
  between,
  errnoOf,
  expect,
  GET_RANDOM_8,
  ms,
  RULE,
  seconds,
  source,
  STS,
  SUSPENDING,
  test,
  TPM_CC,
  TPM_STS,
} from '../../fixtures/index.ts';

/** How a command ended that was under way when the platform wanted to sleep. */
interface InFlight {
  readonly outcome: string;
  /** When the driver said that it was suspended, and when the command ended. */
  readonly suspendedAt: Instant;
  readonly endedAt: Instant;
}

/** Asks for random bytes of a slow chip, and suspends 200 ms later. */
async function suspendMeanwhile(board: Board, driver: HostDriver, kind: SuspendKind): Promise<InFlight> {
  const { clock } = board;
  let outcome = '';
  let endedAt = clock.now();
  let suspendedAt = clock.now();
  await clock.together([
    async () => {
      outcome = await driver.transmit(GET_RANDOM_8).then(
        ({ length }) => `${length} bytes`,
        (error: unknown) => `failed, ${errnoOf(error)}`,
      );
      endedAt = clock.now();
    },
    async () => {
      await clock.sleep(ms(200));
      await driver.suspend(kind);
      suspendedAt = clock.now();
    },
  ]);
  return { outcome, suspendedAt, endedAt };
}

test.describe('command in flight', () => {
  test.use({ needs: ['faults', 'virtual-time'], forDrivers: SUSPENDING });

  test.describe('told by a caller that stays awake', () => {
    test.use({ needs: ['faults', 'virtual-time', 'awake-caller'] });
    test(
      'a suspend via firmware waits for the command under way, or aborts it and its Shutdown never reaches the TPM',
      { annotation: source('DRIVER 1.12', 'BUGS K-21', 'CHIP 4.3') },
      async ({ board, faults, driver, wires, datasheet, provoking, step }) => {
        const meddles = datasheet.suspend!.waitsViaFirmware ? [] : [RULE.STATUS_ORDER, RULE.LOCALITY_CLAIMED];
        await step('1. make commands take 1 s', () =>
          faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
        );
        const from = wires.now();
        const { outcome, endedAt, suspendedAt } = await step(
          '2. ask for 8 random bytes, suspend 200 ms later',
          () => provoking(meddles, () => suspendMeanwhile(board, driver, 'via-firmware')),
        );
        await step(
          '3. look for the order of the two ends, for an abort, and for an answered Shutdown',
          () => {
            const { frames, commands } = wires.since(from);
            const isAbort = ({ register, direction, data, fall }: FrameSeen): boolean =>
              register === TPM_STS &&
              direction === 'write' &&
              data[0] === STS.commandReady &&
              between(from, fall) > ms(190) &&
              between(from, fall) < ms(900);
            expect({
              outcome,
              waits: endedAt < suspendedAt,
              isAborted: frames.some(isAbort),
              shutdowns: commands.filter(
                ({ code, response }) => code === TPM_CC.Shutdown && response.length === 10,
              ).length,
            }).toEqual(
              datasheet.suspend!.waitsViaFirmware
                ? { outcome: '20 bytes', waits: true, isAborted: false, shutdowns: 1 }
                : // The chip goes on with what it executes, and the answer is there in the end.
                  { outcome: '20 bytes', waits: false, isAborted: true, shutdowns: 0 },
            );
          },
        );
      },
    );

    test(
      'a suspend to idle waits for the command under way, or leaves it running on a bus that is said to sleep',
      { annotation: source('DRIVER 1.12', 'BUGS L-22') },
      async ({ board, faults, driver, wires, datasheet, step }) => {
        await step('1. make commands take 1 s', () =>
          faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
        );
        const from = wires.now();
        const { outcome, suspendedAt } = await step('2. ask for 8 random bytes, suspend 200 ms later', () =>
          suspendMeanwhile(board, driver, 'to-idle'),
        );
        await step('3. look for frames after the suspend', () => {
          const late = wires.since(from).frames.filter(({ fall }) => fall > suspendedAt);
          const isBusy = !datasheet.suspend!.waitsToIdle;
          expect({ outcome, isBusy: late.length > 0 }).toEqual({ outcome: '20 bytes', isBusy });
        });
      },
    );
  });

  test(
    'after a suspend in the middle of a command the driver works again, at the latest with the second command',
    { annotation: source('BUGS K-21', 'BUGS L-42', 'BUGS L-43') },
    async ({ board, faults, driver, datasheet, provoking, step }) => {
      // A resume gives back the locality under a command that goes on, and the kernel does not claim it again. [BUGS K-37]
      const meddles = datasheet.suspend!.waitsToIdle
        ? []
        : [RULE.LOCALITY_CLAIMED, RULE.STATUS_ORDER, RULE.RESPONSE_SIZE];
      await step('1. make the next command take 1 s', () =>
        faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
      );
      await provoking(meddles, async () => {
        await step('2. suspend to idle in the middle of it, resume 2 s later', () =>
          board.clock.together([
            async () => {
              await driver.transmit(GET_RANDOM_8).catch(() => undefined);
            },
            async () => {
              await board.clock.sleep(ms(200));
              await driver.suspend('to-idle');
              await board.clock.sleep(seconds(2));
              await driver.resume();
            },
          ]),
        );
        await step('3. ask for 8 random bytes twice', async () => {
          await driver.random(8).catch(() => undefined);
          expect(await driver.random(8)).toHaveLength(8);
          // Until it is unbound.
          if (board.kernel !== undefined) await driver.remove();
        });
      });
    },
  );
});
