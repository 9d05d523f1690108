import type { UpdateOffer } from '../../fixtures/index.ts';
import { simulatedImageFile } from '../../fixtures/index.ts';

type Version = UpdateOffer['running']['rw'];

/**
 * A newer version that the running one accepts: 0.5.30 or later, since an H1 has everything that is tested here from
 * then on. [CHIP 5.3, 7]
 */
export const newerThan = ({ epoch, major, minor }: Version): Version => ({
  epoch,
  major: Math.max(major, 5),
  minor: Math.max(minor + 1, 30),
});

/** What the chip says it runs after an update, when it makes this offer. */
export function newerText({ running }: UpdateOffer): string {
  const { epoch, major, minor } = newerThan(running.rw);
  return `${epoch}.${major}.${minor}`;
}

/** An image file for `updateFirmware`: an RW that is newer than what the chip says it runs. */
export const newerImageFile = ({ running }: UpdateOffer): Uint8Array =>
  simulatedImageFile({ rw: { version: newerThan(running.rw) } });
