import type { Board, Platform, OwnDriver } from '../../fixtures/index.ts';
import { ms, powerUp } from '../../fixtures/index.ts';

/** Longer than the maximum delay before a reboot, 1000 ms, and the boot together. [CHIP 5.2, 6] */
const REBOOT = ms(1300);

interface Host {
  readonly board: Board;
  readonly driver: OwnDriver;
  readonly platform: Platform;
}

/** Waits until the chip has reset itself and booted, then starts the host again: firmware, driver. */
export async function restartAfterReboot({ board, driver, platform }: Host): Promise<void> {
  driver.abandon();
  await board.clock.sleep(REBOOT);
  await platform.firmware.start('clear');
  await driver.probe();
}

/** Takes the power away and starts board and host again. */
export async function restartFromPowerOff({ board, driver, platform }: Host): Promise<void> {
  driver.abandon();
  await powerUp(board);
  await platform.firmware.start('clear');
  await driver.probe();
}
