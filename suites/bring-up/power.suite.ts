import type { Board, Duration } from '../../fixtures/index.ts';
import {
  answersIdentity,
  between,
  expect,
  first,
  measure,
  ms,
  plus,
  powerUp,
  rawFrame,
  readFrame,
  source,
  test,
  TPM_ALG,
  TPM_DID_VID,
  upTo,
} from '../../fixtures/index.ts';

/** After the release of TPM_RST_L the chip may be silent for this long. [CHIP 1.3] */
const SILENT = ms(150);

/** How long the chip needs to identify itself after a power cycle, counted from its release from reset; 1 s at most. */
async function timeToIdentity(board: Board): Promise<Duration> {
  const { clock, power, reset } = board;
  await reset!.assert();
  await power!.off();
  await clock.sleep(ms(100));
  await power!.on();
  await clock.sleep(ms(10));
  await reset!.deassert();
  const released = clock.now();
  while (between(released, clock.now()) < ms(1000)) {
    if (await answersIdentity(board)) break;
    await clock.sleep(ms(5));
  }
  return between(released, clock.now());
}

test.describe('power', () => {
  test.use({ needs: ['power', 'reset'], startedBy: 'nobody', about: 'chip' });

  test(
    'a chip without power answers nothing and gives no ready pulse',
    { annotation: source('CHIP 1.3', 'CHIP 3', 'CHIP 6') },
    async ({ board, wires, step }) => {
      await step('1. switch the supply off', () => board.power!.off());
      const sight = await step('2. ask for TPM_DID_VID', () =>
        wires.during(() => rawFrame(board, readFrame(TPM_DID_VID, 4))),
      );
      await step('3. find neither the identity nor a pulse', () => {
        const frame = first(sight.frames, 'frames');
        expect(frame.received).not.toContain(0xe0);
        expect(frame.pulses).toBe(0);
      });
    },
  );

  test(
    'the chip identifies itself within 150 ms of its release from reset, ten power cycles in a row',
    { annotation: source('CHIP 1.3', 'CHIP 4.1') },
    async ({ board, step }) => {
      const times: Duration[] = [];
      await step(
        '1. ten times: power off, power on, release TPM_RST_L, read TPM_DID_VID every 5 ms until it is right',
        async () => {
          for (let cycle = 0; cycle < 10; cycle++) times.push(await timeToIdentity(board));
        },
      );
      await step('2. find no time above 150 ms; the last read may have begun 5 ms late', () => {
        for (const time of times) expect(time).toBeAtMost(upTo(board, plus(SILENT, ms(5))));
      });
    },
  );

  test(
    'the driver binds again after the chip lost its power, with no measurement from before',
    { annotation: source('CHIP 6', 'DRIVER 1.10') },
    async ({ board, unboundDriver: driver, platform, step }) => {
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
