import {
  both,
  driversThat,
  expect,
  hex,
  measure,
  pulseReset,
  RULE,
  seconds,
  showDuration,
  source,
  SUSPENDING,
  test,
  TPM_ALG,
  TPM_CC,
  undisturbed,
} from '../../fixtures/index.ts';

/** TPM2_Shutdown(STATE) and TPM2_Startup(STATE). [TPM2 Part 3, 9.3 and 9.4] */
const SHUTDOWN_STATE = '80 01 00 00 00 0c 00 00 01 45 00 01';
const STARTUP_STATE = '80 01 00 00 00 0c 00 00 01 44 00 01';

/** Longer than every limit of driver and chip. On wall time the test would have to wait for it. */
const LONG_SLEEP = seconds(600);
const REAL_SLEEP = seconds(30);
/** As long as a test with a suspend to idle takes: a command of a kernel's own would go on in its sleep. [BUGS L-22] */
const SPAN = seconds(90);

test.describe('state', () => {
  test.use({ needs: ['reset', 'suspend'] });

  test(
    'via firmware the TPM is told Shutdown(STATE) before and Startup(STATE) after its reset',
    { annotation: source('DRIVER 1.12', 'CHIP 6') },
    async ({ driver, platform, wires, step }) => {
      const sight = await step('1. sleep for 10 s via firmware', () =>
        wires.during(() => platform.sleep(driver, 'via-firmware', seconds(10))),
      );
      await step('2. find the two commands, in that order, both answered with success', () => {
        const wanted = [SHUTDOWN_STATE, STARTUP_STATE];
        const told = sight.commands.filter(({ command }) => wanted.includes(hex(command)));
        expect(told.map(({ command }) => hex(command))).toEqual(wanted);
        expect(told.map(({ response }) => hex(response))).toEqual(
          Array(2).fill('80 01 00 00 00 0a 00 00 00 00'),
        );
      });
    },
  );

  test(
    'in suspend to idle the TPM is told nothing before the platform sleeps',
    { annotation: source('DRIVER 1.12') },
    async ({ driver, platform, wires, step }) => {
      const sight = await step('1. suspend to idle', async () => {
        await undisturbed(driver, SPAN);
        return wires.during(() => platform.suspend(driver, 'to-idle'));
      });
      await step('2. find no command', () => {
        expect(sight.commands).toEqual([]);
      });
    },
  );

  test(
    'PCRs 0 and 15 outlive a sleep via firmware, PCR 16 does not',
    { annotation: source('CHIP 6') },
    async ({ driver, platform, step }) => {
      const before = await step('1. extend PCRs 0, 15 and 16', async () => {
        for (const pcr of [0, 15, 16]) await measure(driver, pcr, 0xa0 + pcr);
        return [await driver.pcrRead(0, TPM_ALG.SHA256), await driver.pcrRead(15, TPM_ALG.SHA256)];
      });
      await step('2. sleep for 10 s via firmware', () => platform.sleep(driver, 'via-firmware', seconds(10)));
      await step('3. read them again', async () => {
        expect(await driver.pcrRead(0, TPM_ALG.SHA256)).toEqual(before[0]);
        expect(await driver.pcrRead(15, TPM_ALG.SHA256)).toEqual(before[1]);
        expect(await driver.pcrRead(16, TPM_ALG.SHA256)).toEqual(new Uint8Array(32));
      });
    },
  );

  test(
    'all PCRs outlive a suspend to idle, and nothing resets the TPM',
    { annotation: source('DRIVER 1.12', 'CHIP 2') },
    async ({ board, driver, platform, step }) => {
      const asleep = board.capabilities.has('virtual-time') ? LONG_SLEEP : REAL_SLEEP;
      const values = async (): Promise<string[]> => {
        const read: string[] = [];
        for (const pcr of [0, 15, 16, 23]) read.push(hex(await driver.pcrRead(pcr, TPM_ALG.SHA256)));
        return read;
      };
      const before = await step('1. extend PCRs 0, 15, 16 and 23', async () => {
        await undisturbed(driver, SPAN);
        for (const pcr of [0, 15, 16, 23]) await measure(driver, pcr, 0x10 + pcr);
        return values();
      });
      await step(`2. sleep for ${showDuration(asleep)}`, () => platform.sleep(driver, 'to-idle', asleep));
      await step('3. read them again', async () => {
        expect(await values()).toEqual(before);
      });
    },
  );

  test.describe('that was lost', () => {
    test.use({ forDrivers: SUSPENDING });
    test(
      'a TPM that loses its state in suspend to idle stays unusable, unless the driver starts it up',
      { annotation: source('BUGS K-25', 'BUGS L-25', 'BUGS L-26') },
      async ({ board, driver, platform, datasheet, provoking, step }) => {
        const { startsTpm } = datasheet.suspend!;
        await step('1. suspend to idle, and reset the chip', async () => {
          await undisturbed(driver, SPAN);
          await platform.suspend(driver, 'to-idle');
          await pulseReset(board);
        });
        // The reset took the locality, too: a driver that trusts its firmware does not know.
        const outcome = await provoking(startsTpm ? [] : [RULE.LOCALITY_CLAIMED], async () => {
          await step('2. resume', () => platform.resume(driver, 'to-idle').catch(() => undefined));
          return step('3. ask for 8 random bytes', () =>
            driver.random(8).then(
              ({ length }) => `${length} bytes`,
              () => 'refused',
            ),
          );
        });
        await step(
          '4. find 8 bytes from a driver that starts the TPM up, and a refusal from any other',
          () => {
            expect(outcome).toBe(startsTpm ? '8 bytes' : 'refused');
          },
        );
      },
    );
  });

  test.describe('that was saved', () => {
    test.use({
      forDrivers: both(
        SUSPENDING,
        driversThat(({ suspend }) => suspend?.startsTpm === true, 'It leaves the start to the firmware.'),
      ),
    });

    test(
      'a TPM that nobody started after a sleep via firmware is started from its state, and keeps its PCRs',
      { annotation: source('BUGS L-26', 'TPM2 Part 3, 9.3') },
      async ({ board, driver, wires, step }) => {
        const before = await step('1. extend PCR 0', async () => {
          await measure(driver, 0, 0xa0);
          return driver.pcrRead(0, TPM_ALG.SHA256);
        });
        const sight = await step('2. suspend via firmware, reset the chip, and resume', () =>
          wires.during(async () => {
            await driver.suspend('via-firmware');
            await pulseReset(board);
            await driver.resume();
          }),
        );
        await step('3. find Startup(STATE) alone, and PCR 0 as it was', async () => {
          const started = sight.commands.filter(({ code }) => code === TPM_CC.Startup);
          expect(started.map(({ command }) => hex(command))).toEqual([STARTUP_STATE]);
          expect(await driver.pcrRead(0, TPM_ALG.SHA256)).toEqual(before);
        });
      },
    );

    test(
      'a TPM whose saved state is used up is started afresh, after it refused to start from its state',
      { annotation: source('BUGS L-26', 'TPM2 Part 3, 9.3') },
      async ({ board, driver, platform, wires, step }) => {
        await step('1. suspend via firmware, reset the chip, and let the firmware start it', async () => {
          await driver.suspend('via-firmware');
          await pulseReset(board);
          await platform.firmware.start('state');
        });
        const sight = await step('2. reset the chip once more, and resume', () =>
          wires.during(async () => {
            await pulseReset(board);
            await driver.resume();
          }),
        );
        await step('3. find Startup(STATE), and then Startup(CLEAR)', () => {
          const started = sight.commands.filter(({ code }) => code === TPM_CC.Startup);
          expect(started.map(({ command }) => hex(command.subarray(10)))).toEqual(['00 01', '00 00']);
        });
      },
    );
  });

  test(
    'a second driver finds the chip started after the sleep, without a Startup of its own',
    { annotation: source('DRIVER 3.5', 'DRIVER 3.7') },
    async ({ driver, platform, wires, step }) => {
      await step('1. sleep for 5 s via firmware', () => platform.sleep(driver, 'via-firmware', seconds(5)));
      const sight = await step('2. unbind and bind the driver', () =>
        wires.during(async () => {
          await driver.remove();
          await driver.probe();
        }),
      );
      await step('3. find Shutdown(CLEAR) and no Startup', () => {
        const codes = sight.commands.map(({ code }) => code);
        expect(codes).toContain(TPM_CC.Shutdown);
        expect(codes).not.toContain(TPM_CC.Startup);
      });
    },
  );
});
