import { ms } from '../../units/index.ts';
import { ERRNO } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { linux61 } from './linux-6.1.ts';

/**
 * The driver as Debian's kernel 6.12 ships it. What a row leaves out it shares with 6.1. The releases are those of the
 * ChangeLog in Debian's package; what was seen on the wire of 6.12.117 is in [VIRTUAL-LAB].
 */
export const linux612: Profile = {
  ...linux61,
  name: 'linux-6.12',
  summary: 'tpm_tis_spi with Cr50 support, as in Debian 13 (Linux 6.12.y)',
  frame: {
    ...linux61.frame,
    csStaysLowAfterError: false, // since 6.5 [BUGS K-01] [VIRTUAL-LAB]
  },
  tis: {
    ...linux61.tis,
    timeouts: { ...linux61.tis.timeouts, b: ms(4000) }, // since 6.12.30 [BUGS K-31]
    send: { attempts: 50, on: [ERRNO.EIO] }, // since 6.5.5, and no tpmGo after the last since 6.12.86 [BUGS K-33]
    receive: { attempts: 50, on: [ERRNO.EIO] }, // since 6.6 [BUGS K-34]
  },
  power: {
    ...linux61.power,
    idleTakesTurn: true, // [BUGS L-22] [VIRTUAL-LAB]
  },
  rng: { ...linux61.rng, atRegistration: 0 }, // nothing is read at registration [VIRTUAL-LAB]
};
