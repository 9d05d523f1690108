import { expect, readRegister, source, test, TPM_FW_VER, writeRegister } from '../../fixtures/index.ts';

/** Chip revision, board version, active RO image and active RW image. [CHIP 4.5] */
const SHAPE = /^B[12?][\w?-]*:\d+ RO_[AB]:\d+\.\d+\.\d+\/[0-9a-f]{8} RW_[AB]:\d+\.\d+\.\d+\//;

test.describe('firmware version', () => {
  test(
    'the driver logs the version once, as the chip spells it',
    { annotation: source('DRIVER 1.9', 'CHIP 4.5') },
    async ({ driver, step }) => {
      const version = await step('1. ask the bound driver for the version', () => driver.firmwareVersion());
      await step('2. find its shape, and the log line', () => {
        expect(version).toMatch(SHAPE);
        expect(driver).toHaveLogged(`Cr50 firmware version: ${version}`, 1);
      });
    },
  );

  test(
    'the version that the driver keeps is the beginning of the text, as long as the driver keeps one',
    { annotation: source('DRIVER 1.9', 'BUGS L-05') },
    async ({ board, driver, datasheet, step }) => {
      const whole = await step(
        '1. rewind TPM_FW_VER, read it in two frames of 64 bytes, and take the text up to its first zero',
        async () => {
          await writeRegister(board, TPM_FW_VER, 0);
          const parts = [
            await readRegister(board, TPM_FW_VER, 64),
            await readRegister(board, TPM_FW_VER, 64),
          ];
          return Buffer.concat(parts).toString('latin1').replace(/\0.*$/s, '');
        },
      );
      await step('2. compare with what the driver kept', async () => {
        expect(whole).toMatch(SHAPE);
        expect(await driver.firmwareVersion()).toBe(whole.slice(0, datasheet.version.kept));
      });
    },
  );

  test(
    'the version is read after one write that rewinds the text, in pieces as large as the driver reads',
    { annotation: source('DRIVER 1.9', 'CHIP 4.5') },
    async ({ unboundDriver: driver, wires, datasheet, step }) => {
      const sight = await step('1. bind the driver', () => wires.during(() => driver.probe()));
      await step('2. look at the frames of TPM_FW_VER', () => {
        const frames = sight.frames.filter(({ register }) => register === TPM_FW_VER);
        expect(frames[0]).toMatchObject({ direction: 'write', data: new Uint8Array(1) });
        const sizes = new Set(frames.slice(1).map(({ data }) => data.length));
        expect([...sizes]).toEqual([datasheet.version.piece]);
      });
    },
  );
});
