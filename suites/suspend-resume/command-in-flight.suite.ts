import type { Board, FrameSeen, SuspendKind, HostDriver } from '../../fixtures/index.ts';
import {
  errnoOf,
  between,
  expect,
  expected,
  ms,
  seconds,
  source,
  test,
  TPM_STS,
} from '../../fixtures/index.ts';

/** TPM2_GetRandom of 8 bytes. [TPM2 Part 3, 16.1] */
const GET_RANDOM = Uint8Array.of(0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x7b, 0, 8);

const FROZEN =
  'the rig lacks: awake-caller (a kernel freezes who asked, and who asked hears nothing until it is back)';

/** How a command ended that was under way when the platform wanted to sleep. */
interface InFlight {
  readonly outcome: string;
  /** When the driver said that it was suspended, and when the command ended, in ms after the beginning. */
  readonly suspendedAt: number;
  readonly endedAt: number;
}

/** Asks for random bytes of a slow chip, and suspends 200 ms later. */
async function suspendMeanwhile(board: Board, stack: HostDriver, kind: SuspendKind): Promise<InFlight> {
  const { clock } = board;
  const begun = clock.now();
  const since = (): number => (clock.now() - begun) / 1e6;
  let outcome = '';
  let endedAt = NaN;
  let suspendedAt = NaN;
  await clock.together([
    async () => {
      outcome = await stack.transmit(GET_RANDOM).then(
        ({ length }) => `${length} bytes`,
        (error: unknown) => `failed, ${errnoOf(error)}`,
      );
      endedAt = since();
    },
    async () => {
      await clock.sleep(ms(200));
      await stack.suspend(kind);
      suspendedAt = since();
    },
  ]);
  return { outcome, suspendedAt, endedAt };
}

test.describe('command in flight', () => {
  test.use({ needs: ['faults', 'virtual-time'] });

  test(
    'a suspend via firmware waits for the command under way; cr50-spi-v1 does not, and its Shutdown never reaches the TPM',
    { annotation: source('DRIVER 1.12', 'BUGS K-21', 'CHIP 4.3') },
    async ({ board, faults, anyStack: stack, wires, profile, step }) => {
      test.skip(board.kernel !== undefined, FROZEN);
      await step('1. make commands take 1 s', () =>
        faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
      );
      const from = wires.now();
      const { outcome, endedAt, suspendedAt } = await step(
        '2. ask for 8 random bytes, suspend 200 ms later',
        () => suspendMeanwhile(board, stack, 'via-firmware'),
      );
      await step('3. look for the order of the two ends, for an abort, and for an answered Shutdown', () => {
        const { frames, commands } = wires.since(from);
        const isAbort = ({ register, direction, data, fall }: FrameSeen): boolean =>
          register === TPM_STS &&
          direction === 'write' &&
          data[0] === 0x40 &&
          between(from, fall) > ms(190) &&
          between(from, fall) < ms(900);
        expect({
          outcome,
          waits: endedAt < suspendedAt,
          isAborted: frames.some(isAbort),
          shutdowns: commands.filter(({ code, response }) => code === 0x145 && response.length === 10).length,
        }).toEqual(
          expected(
            {
              // The chip goes on with what it executes, and the answer is there in the end.
              'cr50-spi-v1': { outcome: '20 bytes', waits: false, isAborted: true, shutdowns: 0 },
              'linux-6.1': { outcome: '20 bytes', waits: true, isAborted: false, shutdowns: 1 },
              recommended: { outcome: '20 bytes', waits: true, isAborted: false, shutdowns: 1 },
            },
            profile.name,
          ),
        );
      });
    },
  );

  test(
    'a suspend to idle leaves the command of a kernel driver running on a bus that is said to sleep',
    { annotation: source('DRIVER 1.12', 'BUGS L-22') },
    async ({ board, faults, anyStack: stack, wires, profile, step }) => {
      test.skip(board.kernel !== undefined, FROZEN);
      await step('1. make commands take 1 s', () =>
        faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
      );
      const from = wires.now();
      const { outcome, suspendedAt } = await step('2. ask for 8 random bytes, suspend 200 ms later', () =>
        suspendMeanwhile(board, stack, 'to-idle'),
      );
      await step('3. look for frames after the suspend', () => {
        const late = wires.since(from).frames.filter(({ fall }) => (fall - from) / 1e6 > suspendedAt);
        expect({ outcome, isBusy: late.length > 0 }).toEqual(
          expected(
            {
              'cr50-spi-v1': { outcome: '20 bytes', isBusy: true },
              'linux-6.1': { outcome: '20 bytes', isBusy: true },
              recommended: { outcome: '20 bytes', isBusy: false },
            },
            profile.name,
          ),
        );
      });
    },
  );

  test(
    'after a suspend in the middle of a command the driver works again, at the latest with the second command',
    { annotation: source('BUGS K-21', 'BUGS L-42', 'BUGS L-43') },
    async ({ board, faults, anyStack: stack, step }) => {
      await step('1. make the next command take 1 s', () =>
        faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
      );
      await step('2. suspend to idle in the middle of it, resume 2 s later', () =>
        board.clock.together([
          async () => {
            await stack.transmit(GET_RANDOM).catch(() => undefined);
          },
          async () => {
            await board.clock.sleep(ms(200));
            await stack.suspend('to-idle');
            await board.clock.sleep(seconds(2));
            await stack.resume();
          },
        ]),
      );
      await step('3. ask for 8 random bytes twice', async () => {
        await stack.random(8).catch(() => undefined);
        expect(await stack.random(8)).toHaveLength(8);
      });
    },
  );
});
