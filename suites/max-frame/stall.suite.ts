import type { Datasheet, DriverChoice, Duration, HostDriver, OwnDriver } from '../../fixtures/index.ts';
import {
  belowCommands,
  between,
  both,
  driversThat,
  ENDING_STALL,
  errnoOf,
  expect,
  first,
  LOGGED,
  ms,
  outwaits,
  plus,
  source,
  stallTime,
  test,
  times,
  TPM_DID_VID,
  TPM_RID,
  us,
  ZERO,
} from '../../fixtures/index.ts';

const IDENTITY = 0x00281ae0;

/** A wait byte of the simulated chip takes 13 us: 1,000 take 13 ms. */
const WAIT_BYTE = us(13);

/** Drivers that wait for at least this many wait bytes, with a tenth to spare. */
const waitingFor = (waitBytes: number): DriverChoice =>
  both(
    driversThat(({ cannotBind }) => cannotBind === undefined, 'It does not bind.'),
    driversThat(
      ({ stallLimit, stallBytes = Infinity }) =>
        times(WAIT_BYTE, 1.1 * waitBytes) < stallLimit && 1.1 * waitBytes + 20 < stallBytes,
      `It gives a frame up before ${waitBytes} wait bytes.`,
    ),
  );

/** What a read of TPM_DID_VID comes to: `value`, another value, or an error number. */
const readIdentity = ({ phy }: OwnDriver): Promise<string> =>
  phy.read32(TPM_DID_VID).then(
    (value) => ({ [IDENTITY]: 'value', [ONES]: 'ones' })[value] ?? `0x${value.toString(16)}`,
    (error: unknown) => String(errnoOf(error)),
  );

/**
 * What one access of the driver comes to, in the same words. Nobody can have a kernel read a register: it is asked for random
 * bytes, and its log tells whether it gave a frame up.
 */
async function accessBy(driver: HostDriver): Promise<string> {
  const own = belowCommands(driver);
  if (own !== undefined) return readIdentity(own);
  await driver.random(8).catch(() => undefined);
  return driver.log.some(({ text }) => text === LOGGED.stallTimeout) ? '-16' : 'value';
}

/** What is read when the chip answers every byte with 01. */
const ONES = 0x01010101;

/**
 * A read that was stalled for 509 to 1019 wait bytes may lie in the chip's receive ring as one batch of more than 512
 * bytes, by its place there [CHIP 1.5]. Then the chip answers 01 for ever, and a driver takes that for data.
 */
const mayOverrun = (waitBytes: number): boolean => waitBytes > 480 && waitBytes < 1050;

/**
 * The result of a stall of one frame, and how often the log tells of a time-out; undefined at the limit of the driver
 * itself.
 */
function outcomeOf(driver: Datasheet, stall: Duration, sck: number): readonly [string, number] | undefined {
  const isOutwaited = outwaits(driver, stall, sck);
  if (isOutwaited === undefined) return undefined;
  if (isOutwaited) return ['value', 0];
  return driver.repeats > 0 ? ['value', 1] : ['-16', 1];
}

test.describe('stall', () => {
  test.use({ needs: ['faults', 'virtual-time'] });

  for (const waitBytes of [0, 1, 2, 10, 100, 400, 1000, 10_000])
    test.describe(`of ${waitBytes} wait bytes`, () => {
      test.use({ forDrivers: waitingFor(waitBytes) });
      test(
        `${waitBytes} wait bytes more are waited out in one frame`,
        { annotation: source('DRIVER 1.6', 'CHIP 1.4', 'BUGS K-12') },
        async ({ driver, faults, wires, step }) => {
          await step('1. stall the next frame', () =>
            faults.set({ kind: 'chip-stall', waitBytes, frames: { count: 1 } }),
          );
          let seen = '';
          const sight = await step('2. read TPM_DID_VID, or ask a kernel for random bytes', () =>
            wires.during(async () => {
              seen = await accessBy(driver);
            }),
          );
          await step('3. find the value, and all wait bytes in the first frame, polled with 00', () => {
            expect(mayOverrun(waitBytes) ? ['value', 'ones'] : ['value']).toContain(seen);
            if (belowCommands(driver) !== undefined) expect(sight.frames).toHaveLength(1);
            const { sent, waitBytes: waited } = first(sight.frames, 'frames');
            expect(waited).toBeGreaterThanOrEqual(waitBytes);
            expect(sent.subarray(4)).toEqual(new Uint8Array(sent.length - 4));
          });
        },
      );
    });

  for (const time of [9, 90, 110, 740, 770])
    test(
      `a stall of ${time} ms is waited out or given up by the driver's limit; a driver that repeats a frame asks once more`,
      { annotation: source('DRIVER 1.6', 'BUGS L-30', 'BUGS L-33') },
      async ({ board, driver, faults, datasheet, step }) => {
        await step('1. stall the next frame', () =>
          faults.set({ kind: 'chip-stall-time', time: ms(time), frames: { count: 1 } }),
        );
        const seen = await step('2. read TPM_DID_VID, or ask a kernel for random bytes', () =>
          accessBy(driver),
        );
        await step('3. compare, and count the time-outs in the log', () => {
          const wanted = outcomeOf(datasheet, ms(time), board.spi.sck) ?? [seen, 'any'];
          const isOverrun = seen === 'ones' && mayOverrun(ms(time) / WAIT_BYTE);
          expect(isOverrun ? 'value' : seen).toBe(wanted[0]);
          if (wanted[1] !== 'any') expect(driver).toHaveLogged(LOGGED.stallTimeout, Number(wanted[1]));
        });
      },
    );

  for (const { share, outcome } of [
    { share: 0.9, outcome: 'waited out' },
    { share: 3.3, outcome: 'given up' },
  ])
    test.describe(() => {
      test.use({ forDrivers: ENDING_STALL });
      test(
        `a stall of ${share} times the driver's own limit is ${outcome}`,
        { annotation: source('DRIVER 1.6', 'CHIP 1.4') },
        async ({ board, driver, faults, datasheet, step }) => {
          const { sck } = board.spi;
          const time = times(stallTime(datasheet, sck).least, share);
          await step('1. stall the next frame', () =>
            faults.set({ kind: 'chip-stall-time', time, frames: { count: 1 } }),
          );
          const seen = await step('2. read TPM_DID_VID, or ask a kernel for random bytes', () =>
            accessBy(driver),
          );
          await step('3. find the value, or the failure -16', () => {
            const isOverrun = seen === 'ones' && mayOverrun(time / WAIT_BYTE);
            expect(isOverrun ? 'value' : seen).toBe(
              outcome === 'waited out' || datasheet.repeats > 0 ? 'value' : '-16',
            );
          });
        },
      );
    });

  test.describe('without end', () => {
    test.use({ forDrivers: ENDING_STALL });
    test(
      "a stall without end costs the driver's limit for each try and at most 100 ms, and ends with -16",
      { annotation: source('DRIVER 1.6') },
      async ({ board, ownDriver, faults, datasheet, step }) => {
        await step('1. stall every frame', () => faults.set({ kind: 'chip-stall' }));
        const before = board.clock.now();
        await step('2. read TPM_RID', () =>
          expect(ownDriver.phy.read8(TPM_RID)).rejects.toMatchObject({ errno: -16 }),
        );
        await step('3. measure the time', () => {
          const { repeats, pairsPulses, pulseLimit = ZERO } = datasheet;
          const limit = stallTime(datasheet, board.spi.sck);
          // A driver that counts pulses waits for one of the failed frame.
          const waits = pairsPulses ? ZERO : times(pulseLimit, repeats);
          expect(between(before, board.clock.now())).toBeWithin({
            least: times(limit.least, 1 + repeats),
            most: plus(plus(times(limit.most, 1 + repeats), waits), ms(100)),
          });
        });
      },
    );
  });

  test(
    'a ready bit in the header is not believed, except by a driver that was written for it',
    { annotation: source('BUGS K-54', 'CHIP 7') },
    async ({ ownDriver, faults, datasheet, step }) => {
      await step('1. let the chip say ready too early in the next frame', () =>
        faults.set({ kind: 'chip-early-ready', frames: { count: 1 } }),
      );
      await step('2. read TPM_DID_VID', async () => {
        const isRight = (await ownDriver.phy.read32(TPM_DID_VID)) === IDENTITY;
        expect(isRight).toBe(!datasheet.believesHeader);
      });
    },
  );
});

test.describe('stall on a host without the ready pulse', () => {
  // On such a driver the wait for a pulse that cannot come lasts until the wake pulse ends the frame.
  test.use({ needs: ['faults', 'virtual-time'], hasInterrupt: false, forDrivers: ENDING_STALL });

  test(
    'CS is released after a stall without end, or the next frame goes on with the stalled one',
    { annotation: source('BUGS K-01', 'BUGS L-02', 'BUGS L-03') },
    async ({ ownDriver, faults, wires, datasheet, step }) => {
      await step('1. stall one frame and its repetitions', async () => {
        await faults.set({ kind: 'chip-stall', frames: { count: 1 + datasheet.repeats } });
        await ownDriver.phy.read8(TPM_RID).catch(() => undefined);
        await faults.clear();
      });
      const seen = await step('2. read TPM_DID_VID', () => readIdentity(ownDriver));
      await step('3. look how the stalled frame ended, and whether the next one was understood', () => {
        const ending = wires.since().frames.find((frame) => frame.ending !== 'complete')?.ending;
        const isHeld = datasheet.holdsCsAfterStall;
        expect({ isHeld: ending === 'held', isRight: seen === 'value' }).toEqual({
          isHeld,
          isRight: !isHeld,
        });
      });
    },
  );
});
