import type { Board } from '../../board/index.ts';
import { ChipSelectNotKept } from './errors.ts';
import type { SpiOptions } from './options.ts';
import { Spidev } from './spidev.ts';

/** The parts of a board that are needed. Supply and reset may be those of a rig controller. */
type ProbedParts = Pick<Board, 'clock' | 'power' | 'reset' | 'spi'>;

/** Does something with a chip that runs, then puts supply and reset back as they were. */
type WhilePowered = <T>(board: Pick<Board, 'clock' | 'power' | 'reset'>, act: () => Promise<T>) => Promise<T>;

/**
 * Finds out what the SPI controller can do, where the rig file does not say it. The device then works accordingly. A
 * chip that does not answer teaches nothing.
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
