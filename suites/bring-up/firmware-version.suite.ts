import { expect, expected, rawFrame, source, test, TPM_FW_VER } from '../../fixtures/index.ts';

/** Chip revision, board version, active RO image and active RW image. [CHIP 4.5] */
const SHAPE = /^B[12?][\w?-]*:\d+ RO_[AB]:\d+\.\d+\.\d+\/[0-9a-f]{8} RW_[AB]:\d+\.\d+\.\d+\//;

test.describe('firmware version', () => {
  test(
    'the driver logs the version once, as the chip spells it',
    { annotation: source('DRIVER 1.9', 'CHIP 4.5') },
    async ({ anyStack: stack, step }) => {
      const version = await step('1. ask the bound driver for the version', () => stack.firmwareVersion());
      await step('2. find its shape, and the log line', () => {
        expect(version).toMatch(SHAPE);
        expect(stack).toHaveLogged(`Cr50 firmware version: ${version}`, 1);
      });
    },
  );

  test(
    'the version read is at most 64 characters, and with recommended all of them',
    { annotation: source('DRIVER 1.9', 'BUGS L-05') },
    async ({ board, anyStack: stack, profile, step }) => {
      const whole = await step('1. read all 80 bytes of TPM_FW_VER in frames of 64', async () => {
        await rawFrame(board, `00 d4 0f 90${' 00'.repeat(20)}`);
        const parts = [
          await rawFrame(board, `bf d4 0f 90${' 00'.repeat(130)}`),
          await rawFrame(board, `bf d4 0f 90${' 00'.repeat(130)}`),
        ];
        const bytes = parts.flatMap((part) =>
          part
            .replace(/^.*? 01 /, '')
            .split(' ')
            .slice(0, 64),
        );
        return String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))).replace(/\0.*$/s, '');
      });
      await step('2. compare with what the driver kept', async () => {
        const limit = expected({ 'cr50-spi-v1': 64, 'linux-6.1': 64, recommended: 300 }, profile.name);
        expect(whole).toMatch(SHAPE);
        expect(await stack.firmwareVersion()).toBe(whole.slice(0, limit));
      });
    },
  );

  test(
    'the version is read after one write that rewinds the text, in pieces of 4 or 64 bytes',
    { annotation: source('DRIVER 1.9', 'CHIP 4.5') },
    async ({ anyDriver: driver, wires, profile, step }) => {
      const sight = await step('1. bind the driver', () => wires.during(() => driver.probe()));
      await step('2. look at the frames of TPM_FW_VER', () => {
        const frames = sight.frames.filter(({ register }) => register === TPM_FW_VER);
        expect(frames[0]).toMatchObject({ direction: 'write', data: new Uint8Array(1) });
        const sizes = new Set(frames.slice(1).map(({ data }) => data.length));
        expect([...sizes]).toEqual(
          expected({ 'cr50-spi-v1': [4], 'linux-6.1': [4], recommended: [64] }, profile.name),
        );
      });
    },
  );
});
