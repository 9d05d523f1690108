import type { Band } from '../sim/index.ts';
import { ms, seconds, us } from '../units/index.ts';

/**
 * From the end of the header to the byte that says ready: reads 50 to 186 us, writes 22 to 51 us and one of 648 us at
 * 1 MHz, and from 2 wait bytes on. [CHIP 1.4]
 */
const READY_TIME: Readonly<Record<'read' | 'write', Band>> = {
  read: { least: us(10), most: us(190) },
  write: { least: us(10), most: us(650) },
};

/** While the firmware writes flash in the bank that it runs from. [CHIP 1.4] */
const WHILE_WRITING: Band = { least: us(10), most: ms(150) };

/** How long the chip may let a host wait in a frame. */
export const readyTime = (isRead: boolean, isWritingFlash: boolean): Band =>
  isWritingFlash ? WHILE_WRITING : READY_TIME[isRead ? 'read' : 'write'];

/** From the end of TPM_RST_L to the first frame that is answered. [CHIP 6] */
export const RESET_TIME: Band = { least: ms(2.5), most: ms(4.3) };

/** From a waking CS edge until the chip listens: at most 150 us; the least is ours. [CHIP 2] */
export const WAKE_TIME: Band = { least: us(20), most: us(150) };

/** From CS rise to the ready pulse, whatever the frame was. [CHIP 3] */
export const PULSE_DELAY: Band = { least: us(25), most: us(147) };

/** After a TPM reset the flash is written only so much later, and a command that comes then may wait for it. [CHIP 5.4] */
export const HELD_AFTER_RESET = seconds(3);
export const FLUSH_TIME = ms(45);
/** How well the twin knows when the chip was reset. */
export const RESET_UNCERTAINTY = ms(5);

/** A pulse that comes so much later than the band allows is no pulse of that frame. */
export const NO_PULSE_AFTER = ms(5);

/** The chip's own timer may end a long pulse so much late. [CHIP 3] */
export const LONG_PULSE_LATE = us(60);
