import { expect, measure, ms, powerUp, rawFrame, source, test, TPM_ALG } from '../../fixtures/index.ts';

/** With room for 60 wait bytes: the slowest answer seen took 186 us. */
const READ_DID_VID = `83 d4 0f 00${' 00'.repeat(64)}`;

test.describe('power', () => {
  test.use({ needs: ['power', 'reset'], startedBy: 'nobody' });

  test(
    'a chip without power answers nothing and gives no ready pulse',
    { annotation: source('CHIP 1.3', 'CHIP 3', 'CHIP 6') },
    async ({ board, wires, step }) => {
      await step('1. switch the supply off', () => board.power!.off());
      const sight = await step('2. ask for TPM_DID_VID', () =>
        wires.during(() => rawFrame(board, READ_DID_VID)),
      );
      await step('3. find neither the identity nor a pulse', () => {
        expect(sight.frames[0]!.received).not.toContain(0xe0);
        expect(sight.frames[0]!.pulses).toBe(0);
      });
    },
  );

  test(
    'the chip identifies itself within 150 ms of its release from reset, ten power cycles in a row',
    { annotation: source('CHIP 1.3', 'CHIP 4.1') },
    async ({ board, step }) => {
      const answers: string[] = [];
      await step('1. power cycle ten times; read TPM_DID_VID twice each time, 10 ms apart', async () => {
        for (let cycle = 0; cycle < 10; cycle++) {
          await powerUp(board);
          await rawFrame(board, READ_DID_VID);
          answers.push(await rawFrame(board, READ_DID_VID));
        }
      });
      await step('2. find e0 1a 28 00 after the ready byte in every second answer', () => {
        expect(answers.filter((answer) => / 01 e0 1a 28 00( 00)*$/.test(answer))).toHaveLength(10);
      });
    },
  );

  test(
    'the driver binds again after the chip lost its power, without a word from before',
    { annotation: source('CHIP 6', 'DRIVER 1.10') },
    async ({ board, anyDriver: driver, platform, step }) => {
      await step('1. start the TPM and bind the driver', async () => {
        await platform.firmware.start('clear');
        await driver.probe();
      });
      await step('2. extend PCR 16, then let go of the chip', async () => {
        await measure(driver, 16, 7);
        await driver.remove();
      });
      await step('3. switch the supply off for 1 s, then on', async () => {
        await board.power!.off();
        await board.clock.sleep(ms(1000));
        await powerUp(board);
        await platform.firmware.start('clear');
      });
      await step('4. bind again and find PCR 16 at zero', async () => {
        await driver.probe();
        expect(await driver.pcrRead(16, TPM_ALG.SHA256)).toEqual(new Uint8Array(32));
      });
    },
  );
});
