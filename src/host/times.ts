import { ms } from '../units/index.ts';

/** From power to the release of reset: longer than Cr50 needs to come to where it minds its pins. [CHIP 6] */
export const BOOT = ms(100);

/** TPM_RST_L has to be low for at least 1 ms. [CHIP 6] */
export const RESET_PULSE = ms(2);

/** A TPM reset takes the chip 2.5 to 4.3 ms. [CHIP 6] */
export const AFTER_RESET = ms(10);

/** Longer than the chip needs to digest a frame when nothing keeps it busy. [BUGS K-07] */
export const DIGESTED = ms(10);

/** From the firmware's last frame to the driver's first: the chip has long digested it. Ours. */
export const HAND_OVER = ms(100);

/** Longer than the capacitors of a board's supply hold. Ours. */
export const POWER_OFF = ms(500);
