import {
  assertSelect,
  expect,
  GET_RANDOM_8,
  hex,
  measure,
  pulseReset,
  rawFrame,
  readFrame,
  readRegister,
  RULE,
  source,
  STARTUP_CLEAR,
  test,
  TPM_ACCESS,
  TPM_ALG,
  TPM_DID_VID,
  us,
} from '../../fixtures/index.ts';

test.describe('reset', () => {
  test.use({ needs: ['reset'], startedBy: 'nobody', about: 'chip' });

  test(
    'the first frame after a TPM reset is answered with ones up to the ready byte, the second with zeros',
    { annotation: source('CHIP 1.3') },
    async ({ board, step }) => {
      const read = readFrame(TPM_DID_VID, 4);
      const first = await step('1. read TPM_DID_VID once', () => rawFrame(board, read));
      const second = await step('2. read it again', () => rawFrame(board, read));
      await step('3. compare the idle bytes', () => {
        expect(hex(first)).toMatch(/^ff ff ff ff( ff)* 01 e0 1a 28 00( ff)*$/);
        expect(hex(second)).toMatch(/^00 00 00 00( 00)* 01 e0 1a 28 00( 00)*$/);
      });
    },
  );

  test(
    'an empty CS assertion does not use the first frame up',
    { annotation: source('CHIP 1.3') },
    async ({ board, step }) => {
      await step('1. assert CS for 10 us without a clock', () => assertSelect(board, us(10)));
      const first = await step('2. read TPM_ACCESS', () => rawFrame(board, readFrame(TPM_ACCESS, 1)));
      await step('3. find the idle bytes at ff', () => {
        expect(hex(first)).toMatch(/^ff ff ff ff/);
      });
    },
  );

  test.describe('on a host that clocks promptly', () => {
    // The wrong answer lasts only for a short time, so a host with a slow clock may miss it.
    test.use({ needs: ['reset', 'prompt-host'] });
    test(
      'a driver that identifies the chip with the first frame after a reset reads a wrong device id, unless it asks again',
      { annotation: source('CHIP 1.3', 'CHIP 6', 'DRIVER 2.7', 'VIRTUAL-LAB') },
      async ({ unboundDriver: driver, platform, board, wires, datasheet, step }) => {
        await step('1. start the TPM, then reset it so that the next frame is its first', async () => {
          await platform.firmware.start('clear');
          await pulseReset(board);
        });
        const sight = await step('2. bind the driver, which may fail', () =>
          wires.during(() => driver.probe().catch(() => undefined)),
        );
        await step('3. count the reads of TPM_DID_VID up to the first right one', () => {
          const reads = sight.frames.filter(
            ({ register, data }) => register === TPM_DID_VID && data.length === 4,
          );
          const isRight = reads.map(({ data }) => data.join() === [0xe0, 0x1a, 0x28, 0x00].join());
          expect(isRight).toEqual(
            // The first frame has the wrong answer. One driver spends it on TPM_ACCESS, another believes the answer,
            // a third repeats the read.
            datasheet.readsFirst === 'TPM_ACCESS'
              ? [true]
              : datasheet.identityReads > 1
                ? [false, true]
                : [false],
          );
        });
      },
    );
  });

  test(
    'a reset takes back the locality and the PCRs, and makes the TPM refuse commands until Startup',
    { annotation: source('CHIP 6', 'TPM2 Part 3, 9.3') },
    async ({ board, unboundOwnDriver: driver, platform, provoking, step }) => {
      await step('1. start the TPM, bind the driver, extend PCR 0', async () => {
        await platform.firmware.start('clear');
        await driver.probe();
        await measure(driver, 0, 0x5a);
        await driver.core.locality.request(0);
      });
      await step('2. reset', async () => {
        await pulseReset(board);
        // The chip answers the first frame after the reset with ones.
        await rawFrame(board, readFrame(TPM_ACCESS, 1));
      });
      await step('3. find the locality free', async () => {
        expect(hex(await readRegister(board, TPM_ACCESS))).toBe('80');
      });
      await step('4. find TPM_RC_INITIALIZE in the answer to GetRandom(8)', async () => {
        // The reset took the locality, and the driver was not told.
        const answer = await provoking([RULE.LOCALITY_CLAIMED], () => driver.transmit(GET_RANDOM_8));
        expect(hex(answer)).toBe('80 01 00 00 00 0a 00 00 01 00');
      });
      await step('5. start the TPM and find PCR 0 at zero', async () => {
        await provoking([RULE.LOCALITY_CLAIMED], async () => {
          await driver.transmit(STARTUP_CLEAR);
          expect(await driver.pcrRead(0, TPM_ALG.SHA256)).toEqual(new Uint8Array(32));
        });
      });
    },
  );

  test(
    'after Startup(CLEAR) PCRs 0 to 16 and 23 are zero, 17 to 22 all ones',
    { annotation: source('CHIP 6') },
    async ({ unboundDriver: driver, platform, step }) => {
      await step('1. start the TPM and bind the driver', async () => {
        await platform.firmware.start('clear');
        await driver.probe();
      });
      const ones: number[] = [];
      const zeros: number[] = [];
      await step('2. read all 24 PCRs of the SHA-256 bank', async () => {
        for (let pcr = 0; pcr < 24; pcr++) {
          const value = await driver.pcrRead(pcr, TPM_ALG.SHA256);
          if (value.every((byte) => byte === 0xff)) ones.push(pcr);
          if (value.every((byte) => byte === 0)) zeros.push(pcr);
        }
      });
      await step('3. sort them', () => {
        expect(ones).toEqual([17, 18, 19, 20, 21, 22]);
        expect(zeros).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 23]);
      });
    },
  );
});
