import type { Profile } from '../profile.ts';
import { linux612 } from './linux-6.12.ts';

/**
 * The driver as Debian's kernel 7.2 ships it. What a row leaves out it shares with 6.12. [VIRTUAL-LAB]
 */
export const linux72: Profile = {
  ...linux612,
  name: 'linux-7.2',
  summary: 'tpm_tis_spi with Cr50 support, as in Debian unstable (Linux 7.2.y)',
  tis: { ...linux612.tis, announcesVendor: true }, // [VIRTUAL-LAB]
};
