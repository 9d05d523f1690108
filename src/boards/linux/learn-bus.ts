import type { Board } from '../../board/index.ts';
import { ChipSelectNotKept } from './errors.ts';
import type { SpiOptions } from './options.ts';
import { Spidev } from './spidev.ts';

/** What of a board is needed for it; a rig controller may have supply and reset. */
type ProbedParts = Pick<Board, 'clock' | 'power' | 'reset' | 'spi'>;

/** Acts on a chip that runs, and leaves supply and reset as they were. */
type WhilePowered = <T>(board: Pick<Board, 'clock' | 'power' | 'reset'>, act: () => Promise<T>) => Promise<T>;

/**
 * Finds out what the SPI controller can do, where the rig file leaves it open; the device works by that from then on. From
 * a silent chip it learns nothing.
 * @throws ChipSelectNotKept, SpiFailure
 */
export async function learnBus(
  board: ProbedParts,
  { device, keepsCs, wakePulse }: SpiOptions,
  whilePowered: WhilePowered,
): Promise<void> {
  const { spi } = board;
  if (!(spi instanceof Spidev) || spi.hasOwnLine) return;
  if (keepsCs !== undefined && wakePulse !== undefined) return;
  const findings = await whilePowered(board, () => spi.probe(wakePulse === undefined));
  if (findings.answers && keepsCs === undefined && !findings.keepsCs) throw new ChipSelectNotKept(device);
}
