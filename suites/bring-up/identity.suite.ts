import { expect, LOGGED, source, test, TPM_ACCESS, TPM_DID_VID } from '../../fixtures/index.ts';

test.describe('identity', () => {
  test(
    'the driver finds a TPM 2.0 with device id 0x28, revision 0',
    { annotation: source('DRIVER 2.7', 'CHIP 4.1') },
    async ({ unboundDriver: driver, step }) => {
      await step('1. bind the driver to a chip that the host firmware has started', () => driver.probe());
      await step('2. find the identity in its log, once', () => {
        expect(driver).toHaveLogged(LOGGED.identity, 1);
      });
    },
  );

  test(
    'the first register the driver reads is the one that its source reads first',
    { annotation: source('DRIVER 2.7', 'VIRTUAL-LAB') },
    async ({ unboundDriver: driver, wires, datasheet, step }) => {
      const first = { TPM_ACCESS, TPM_DID_VID }[datasheet.readsFirst];
      const sight = await step('1. bind the driver', () => wires.during(() => driver.probe()));
      await step('2. look at its first frame', () => {
        expect(sight.frames[0]).toMatchObject({ direction: 'read', register: first });
      });
    },
  );
});
