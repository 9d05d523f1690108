import type { Board, SpiStep } from '../board/index.ts';
import { WaitStateTimeout } from '../board/index.ts';
import { ms, us } from '../units/index.ts';
import { AFTER_RESET } from './times.ts';

/** CS without a clock, which wakes a chip that sleeps. [CHIP 2] */
export const WAKE: readonly SpiStep[] = [{ kind: 'delay', duration: us(5) }];
/** Pause in which Cr50 wakes, digests a frame, or comes out of a TPM reset. [CHIP 6] */
const SETTLED = AFTER_RESET;
const STALL_LIMIT = ms(50);

/** The bytes of one frame, header included. `data` is undefined when the stall did not end. */
export interface Answer {
  readonly all: Uint8Array;
  readonly sent: Uint8Array;
  readonly data: Uint8Array | undefined;
}

/**
 * Wakes the chip, then clocks one frame, with a poll for the end of the stall.
 * @param header four bytes as on the wire [CHIP 1.2]
 */
export async function accessChip(
  board: Board,
  header: readonly number[],
  then: SpiStep,
  { isWoken }: { readonly isWoken?: true } = {},
): Promise<Answer> {
  const { spi, clock } = board;
  if (isWoken !== true) {
    await spi.transaction(WAKE);
    await clock.sleep(SETTLED);
  }
  try {
    const { sent, received, pollAt, polled } = await spi.transaction([
      { kind: 'exchange', bytes: Uint8Array.from(header) },
      { kind: 'poll', mask: 1, value: 1, limit: STALL_LIMIT, timeoutFirst: false },
      then,
    ]);
    return { all: received.slice(), sent: sent.slice(), data: received.slice(pollAt + polled) };
  } catch (failure) {
    if (!(failure instanceof WaitStateTimeout)) throw failure;
    const { sent, received } = failure.wire ?? { sent: new Uint8Array(), received: new Uint8Array() };
    return { all: received.slice(), sent: sent.slice(), data: undefined };
  } finally {
    await clock.sleep(SETTLED);
  }
}
