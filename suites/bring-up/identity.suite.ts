import { expect, expected, source, test, TPM_ACCESS, TPM_DID_VID } from '../../fixtures/index.ts';

test.describe('identity', () => {
  test(
    'the driver finds a TPM 2.0 with device id 0x28, revision 0',
    { annotation: source('DRIVER 2.7', 'CHIP 4.1') },
    async ({ anyDriver: driver, step }) => {
      await step('1. bind the driver to a chip that the host firmware has started', () => driver.probe());
      await step('2. find the identity in its log, once', () => {
        expect(driver).toHaveLogged('2.0 TPM (device-id 0x28, rev-id 0)', 1);
      });
    },
  );

  test(
    'the first register the driver reads is the one its kernel reads first',
    { annotation: source('DRIVER 2.7', 'VIRTUAL-LAB') },
    async ({ anyDriver: driver, wires, profile, step }) => {
      const first = expected(
        { 'cr50-spi-v1': TPM_ACCESS, 'linux-6.1': TPM_DID_VID, recommended: TPM_DID_VID },
        profile.name,
      );
      const sight = await step('1. bind the driver', () => wires.during(() => driver.probe()));
      await step('2. look at its first frame', () => {
        expect(sight.frames[0]).toMatchObject({ direction: 'read', register: first });
      });
    },
  );
});
