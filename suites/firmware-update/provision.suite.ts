import {
  beginUpdate,
  both,
  costPerFrame,
  driversThat,
  execute,
  expect,
  getRandom,
  hex,
  LOOKING_AT_LINE,
  rebootAtReset,
  seconds,
  source,
  test,
  TPM_BOARD_CFG,
  updateFirmware,
  us,
  simulatedImageFile,
} from '../../fixtures/index.ts';
import { newerImageFile, newerText, newerThan } from './newer.ts';
import { restartAfterReboot, restartFromPowerOff } from './restart.ts';

/** The images of these tests are for the simulated chip alone: a real one is left as it is. */
test.use({ needs: ['chip-view'] });

test.describe('provisioning', () => {
  test(
    'an update brings the board to the given version, which then runs from the other section and serves',
    { annotation: source('CHIP 5.3', 'CHIP 4.5') },
    async ({ board, ownDriver, platform, step }) => {
      const { offer } = await step('1. bring a newer RW and turn it on', () =>
        updateFirmware(ownDriver, newerImageFile),
      );
      await step('2. wait for the reboot and bind the driver', () =>
        restartAfterReboot({ board, driver: ownDriver, platform }),
      );
      await step('3. find it in the section that was written', async () => {
        expect(await ownDriver.firmwareVersion()).toContain(
          ` RW_${offer.bases.rw === 0x04000 ? 'A' : 'B'}:${newerText(offer)}/`,
        );
        const next = await execute(ownDriver, beginUpdate());
        expect(next.running.rw).toEqual(newerThan(offer.running.rw));
        expect([next.bases.rw, offer.bases.rw].sort()).toEqual([0x04000, 0x44000]);
      });
      await step('4. get 16 random bytes', async () => {
        expect(await execute(ownDriver, getRandom(16))).toHaveLength(16);
      });
    },
  );

  test(
    'before the reboot the old version runs on',
    { annotation: source('CHIP 5.3') },
    async ({ ownDriver, step }) => {
      const { offer } = await step('1. bring a newer RW and turn it on without a reboot', () =>
        updateFirmware(ownDriver, newerImageFile, { rebootAfterMs: 0 }),
      );
      await step('2. find the old version', async () => {
        expect((await execute(ownDriver, beginUpdate())).running).toEqual(offer.running);
      });
    },
  );

  test(
    'the version that was brought behaves as itself: TPM_BOARD_CFG, which came with 0.5.5, is there',
    { annotation: source('CHIP 4.6', 'CHIP 7') },
    async ({ board, ownDriver, platform, step }) => {
      const written = async (): Promise<string> => {
        await ownDriver.phy.write32(TPM_BOARD_CFG, 2);
        const value = new Uint8Array(4);
        await ownDriver.phy.read(TPM_BOARD_CFG, value);
        return hex(value);
      };
      await step('1. find TPM_BOARD_CFG only where the running version has it', async () => {
        const { major, minor } = (await execute(ownDriver, beginUpdate())).running.rw;
        const hasRegister = major > 4 && minor >= 5;
        expect((await written()) === '02 00 00 80').toBe(hasRegister);
      });
      await step('2. bring a newer RW and reboot', async () => {
        await updateFirmware(ownDriver, newerImageFile);
        await restartAfterReboot({ board, driver: ownDriver, platform });
      });
      await step('3. write it and find it locked', async () => {
        expect(await written()).toBe('02 00 00 80');
      });
    },
  );

  test(
    'RO and RW are brought together, RW first, and both run after the reboot',
    { annotation: source('CHIP 5.3') },
    async ({ board, ownDriver, platform, step }) => {
      const order: string[] = [];
      const { offer } = await step('1. bring a newer RO and a newer RW', () =>
        updateFirmware(
          ownDriver,
          ({ running: { ro, rw } }) =>
            simulatedImageFile({
              ro: { version: { ...ro, minor: ro.minor + 1 } },
              rw: { version: newerThan(rw) },
            }),
          {
            sections: ['ro', 'rw'],
            onBlock: ({ kind }, offset) => {
              if (offset === 0) order.push(kind);
            },
          },
        ),
      );
      await step('2. wait for the reboot and bind the driver', () =>
        restartAfterReboot({ board, driver: ownDriver, platform }),
      );
      await step('3. find both, brought in the right order', async () => {
        expect(order).toEqual(['rw', 'ro']);
        const { ro, rw } = (await execute(ownDriver, beginUpdate())).running;
        expect({ ro, rw }).toEqual({
          ro: { ...offer.running.ro, minor: offer.running.ro.minor + 1 },
          rw: newerThan(offer.running.rw),
        });
        expect(await ownDriver.firmwareVersion()).toContain(`:${newerText(offer)}/`);
      });
    },
  );

  test(
    'two updates one after the other use the two sections in turn',
    { annotation: source('CHIP 5.3') },
    async ({ board, ownDriver, platform, step }) => {
      const versions: string[] = [];
      const newer: string[] = [];
      for (const nth of [1, 2]) {
        await step(`${nth}. bring a newer RW, reboot, wait 60 s`, async () => {
          const { offer } = await updateFirmware(ownDriver, newerImageFile);
          newer.push(newerText(offer));
          await restartAfterReboot({ board, driver: ownDriver, platform });
          versions.push(/ RW_([AB]:[\d.]+)/.exec(await ownDriver.firmwareVersion())?.[1] ?? '');
          await board.clock.sleep(seconds(60));
        });
      }
      await step('3. find each in a section of its own', () => {
        expect(versions.map((version) => version.slice(2))).toEqual(newer);
        expect(new Set(versions.map((version) => version[0])).size).toBe(2);
      });
    },
  );

  test.describe('with ready pulses', () => {
    test.use({
      needs: ['chip-view', 'ready-line'],
      forDrivers: both(
        LOOKING_AT_LINE,
        driversThat((driver) => costPerFrame(driver) < us(150), 'It spends more than that on waking.'),
      ),
    });
    test(
      'a whole RW section of 228 KiB is brought in less than 16 s',
      { annotation: source('CHIP 3', 'CHIP 5.3', 'CHIP 8') },
      async ({ board, ownDriver, platform, step }) => {
        let blocks = 0;
        const from = board.clock.now();
        const { offer } = await step('1. bring a newer RW of 0x39000 bytes', () =>
          updateFirmware(
            ownDriver,
            ({ running }) => simulatedImageFile({ rw: { version: newerThan(running.rw), size: 0x39000 } }),
            { rebootAfterMs: 1000, onBlock: () => blocks++ },
          ),
        );
        const took = board.clock.now() - from;
        await step('2. reboot and find it', async () => {
          await restartAfterReboot({ board, driver: ownDriver, platform });
          expect(await ownDriver.firmwareVersion()).toContain(`:${newerText(offer)}/`);
        });
        await step('3. look at the time', () => {
          expect(blocks).toBe(228);
          expect(took).toBeLessThan(seconds(16));
        });
      },
    );
  });

  test.describe('with the supply switched', () => {
    test.use({ needs: ['chip-view', 'power'] });
    test(
      'an update that was turned on without a reboot runs after the next power cycle',
      { annotation: source('CHIP 5.3') },
      async ({ board, ownDriver, platform, step }) => {
        const { offer } = await step('1. bring a newer RW and turn it on without a reboot', () =>
          updateFirmware(ownDriver, newerImageFile, { rebootAfterMs: 0 }),
        );
        await step('2. switch the supply off and on', () =>
          restartFromPowerOff({ board, driver: ownDriver, platform }),
        );
        await step('3. find it', async () => {
          expect(await ownDriver.firmwareVersion()).toContain(`:${newerText(offer)}/`);
        });
      },
    );
  });

  test.describe('with TPM_RST_L driven', () => {
    test.use({ needs: ['chip-view', 'reset'] });
    test(
      'after POST_RESET the next reset of the host reboots the chip into the update',
      { annotation: source('CHIP 5.2', 'CHIP 6') },
      async ({ board, ownDriver, platform, step }) => {
        const { offer } = await step(
          '1. bring a newer RW, turn it on without a reboot, ask for one at the next reset',
          async () => {
            const done = await updateFirmware(ownDriver, newerImageFile, { rebootAfterMs: 0 });
            expect(await execute(ownDriver, rebootAtReset())).toBe(0);
            return done;
          },
        );
        await step('2. pulse TPM_RST_L', async () => {
          await board.reset?.assert();
          await board.clock.sleep(seconds(0.01));
          await board.reset?.deassert();
          await restartAfterReboot({ board, driver: ownDriver, platform });
        });
        await step('3. find it', async () => {
          expect(await ownDriver.firmwareVersion()).toContain(`:${newerText(offer)}/`);
        });
      },
    );
  });
});
