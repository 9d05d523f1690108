import type { Band } from '../sim/index.ts';
import type { Duration, Hertz } from '../units/index.ts';
import { ms, ns, plus, seconds, us } from '../units/index.ts';

/**
 * How long the chip stalls a frame: from the end of the header to the beginning of the ready byte. In the captures at
 * 1 MHz a read has 50 to 186 us, a write 22 to 51 us, and one write 648 us. The bands are a little wider. [CHIP 1.4]
 */
const READY_TIME: Readonly<Record<'read' | 'write', Band>> = {
  read: { least: us(10), most: us(190) },
  write: { least: us(10), most: us(650) },
};

/** The stall of a frame while the firmware writes flash in the bank that it runs from. [CHIP 1.4] */
const WHILE_WRITING: Band = { least: us(10), most: ms(150) };

/** The band in which the stall of one frame has to lie. */
export const readyTime = (isRead: boolean, isWritingFlash: boolean): Band =>
  isWritingFlash ? WHILE_WRITING : READY_TIME[isRead ? 'read' : 'write'];

/** From the edge that deasserts TPM_RST_L until the chip answers frames. [CHIP 6] */
export const RESET_TIME: Band = { least: ms(2.5), most: ms(4.3) };

/**
 * From the CS edge that wakes the chip until it answers frames. The source gives the maximum; the minimum is ours.
 * [CHIP 2]
 */
export const WAKE_TIME: Band = { least: us(20), most: us(150) };

/** From CS rise to the ready pulse, for a frame of any kind. [CHIP 3] */
export const PULSE_DELAY: Band = { least: us(25), most: us(147) };

/**
 * After a TPM reset the chip holds its flash writes back for this long. A command that comes when it begins to write
 * may wait for `FLUSH_TIME`. [CHIP 5.4]
 */
export const HELD_AFTER_RESET = seconds(3);
export const FLUSH_TIME = ms(45);
/** A write of its own, which a command no longer holds back when it comes later than that. [CHIP 8] */
export const COMMIT_TIME = ms(36);
/** The twin knows the moment of a TPM reset this exactly, earlier or later. */
export const RESET_UNCERTAINTY = ms(5);

/**
 * Where the twin draws a latency as the chip does, it may still be off by this much: a trace does not say when each byte was
 * clocked, nor between which two bytes the chip has handled a header.
 */
export const drawnUncertainty = (sck: Hertz | undefined): Duration =>
  plus(us(20), ns(16e9 / (sck ?? SLOWEST)));
/** Clock rate of a bus of which none is known. */
const SLOWEST = 1e5;

/**
 * An edge of INT_AP_L that comes later than this belongs to no frame: the start of a pulse counted from CS rise, its
 * end from its start.
 */
export const NO_PULSE_AFTER = ms(5);

/** The chip's own timer may end a long pulse late by this much. [CHIP 3] */
export const LONG_PULSE_LATE = us(60);
