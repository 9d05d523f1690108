import { ms } from '../units/index.ts';

/** Pause between power on and the release of TPM_RST_L. Cr50 needs less time until it reacts to its pins. [CHIP 6] */
export const BOOT = ms(100);

/** Width of a pulse of TPM_RST_L, which needs at least 1 ms. [CHIP 6] */
export const RESET_PULSE = ms(2);

/** Pause after a TPM reset, which takes 2.5 to 4.3 ms. [CHIP 6] */
export const AFTER_RESET = ms(10);

/** Pause after which the chip has digested a frame when nothing else keeps it busy. [BUGS K-07] */
export const DIGESTED = ms(10);

/**
 * Pause between the firmware's last frame and the driver's first one. The chip has digested the frame long before.
 * Ours.
 */
export const HAND_OVER = ms(100);

/** How long the supply stays off. The capacitors of a board's supply are empty before. Ours. */
export const POWER_OFF = ms(500);
