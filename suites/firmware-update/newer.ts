import type { UpdateOffer } from '../../fixtures/index.ts';
import { simulatedImageFile } from '../../fixtures/index.ts';

type Version = UpdateOffer['running']['rw'];

/** A version that the running one takes, and not before 0.5.30, from which on an H1 has all that is tested here. [CHIP 5.3, 7] */
export const newerThan = ({ epoch, major, minor }: Version): Version => ({
  epoch,
  major: Math.max(major, 5),
  minor: Math.max(minor + 1, 30),
});

/** What an update brings to a chip that offers this, as the chip would say it. */
export function newerText({ running }: UpdateOffer): string {
  const { epoch, major, minor } = newerThan(running.rw);
  return `${epoch}.${major}.${minor}`;
}

/** An image file for `updateFirmware`: an RW that is newer than what the chip says it runs. */
export const newerImageFile = ({ running }: UpdateOffer): Uint8Array =>
  simulatedImageFile({ rw: { version: newerThan(running.rw) } });
