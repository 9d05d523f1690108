import type { FrameSeen } from '../../fixtures/index.ts';
import {
  BINDING,
  expect,
  hex,
  later,
  ms,
  plus,
  rawFrame,
  readFrame,
  readRegister,
  lacksAbility,
  source,
  test,
  TPM_ACCESS,
  TPM_BOARD_CFG,
  us,
  writeRegister,
} from '../../fixtures/index.ts';

/** Both levels of a long pulse are held at least this long, unless CS is asserted before. [CHIP 3] */
const LONG = us(100);

/** Long pulses, stored and locked. [CHIP 4.6] */
const LONG_AND_LOCKED = '01 00 00 80';

/** Pulses that were too short, and that the next frame did not end. */
function shortPulses(frames: readonly FrameSeen[], resolution: number): FrameSeen[] {
  return frames.filter(({ rise, pulses, pulseDelay, pulseWidth }, at) => {
    const next = frames[at + 1];
    const end = later(rise, plus(pulseDelay, pulseWidth));
    const isEnded = next !== undefined && end >= next.fall - resolution;
    return pulses > 0 && pulseWidth < LONG - resolution && !isEnded;
  });
}

test.describe('long pulses', () => {
  // The setting lasts until the chip has lost its power.
  test.use({ needs: ['ready-line', 'power', 'reset'], startedBy: 'nobody', forDrivers: BINDING });

  test(
    'a chip that is told to hold INT_AP_L for 100 us does so, and the driver works as with short ones',
    { annotation: source('CHIP 3', 'CHIP 4.6') },
    async ({ board, rig, unboundDriver: driver, platform, wires, step }) => {
      await step('1. write 1 to TPM_BOARD_CFG, before anything is measured', async () => {
        await rawFrame(board, readFrame(TPM_ACCESS, 1));
        await writeRegister(board, TPM_BOARD_CFG, 1);
        const value = hex(await readRegister(board, TPM_BOARD_CFG, 4));
        if (value !== LONG_AND_LOCKED) lacksAbility('long-pulses', rig);
      });
      const sight = await step('2. start the TPM, bind the driver, ask for 32 random bytes twice', () =>
        wires.during(async () => {
          await platform.firmware.start('clear');
          await driver.probe();
          for (let i = 0; i < 2; i++) expect(await driver.random(32)).toHaveLength(32);
          // Gives the pulse of the last frame its time.
          await board.clock.sleep(ms(10));
        }),
      );
      await step('3. find a pulse for every frame, 100 us wide or ended by the next frame', () => {
        expect(sight.frames.filter(({ pulses }) => pulses === 0)).toEqual([]);
        expect(shortPulses(sight.frames, wires.resolution)).toEqual([]);
      });
    },
  );
});
