import type { Board } from '../../board/index.ts';
import { ms } from '../../units/index.ts';
import { ChipSelectNotKept } from './errors.ts';
import type { SpiOptions } from './options.ts';
import { Spidev } from './spidev.ts';

/** Longer than Cr50 needs to boot, and to come out of a TPM reset. [CHIP 6] */
const BOOT = ms(100);
const AFTER_RESET = ms(10);

/** What of a board is needed for it; a rig controller may have supply and reset. */
type ProbedParts = Pick<Board, 'clock' | 'power' | 'reset' | 'spi'>;

/**
 * Looks what the SPI controller can, as far as the rig file leaves it open; the device keeps to that from then on. Powers
 * the chip for it, and leaves supply and reset as they were. Learns nothing from a chip that is silent.
 * @throws ChipSelectNotKept, SpiFailure
 */
export async function learnBus(
  board: ProbedParts,
  { device, keepsCs, wakePulse }: SpiOptions,
): Promise<void> {
  const { spi } = board;
  if (!(spi instanceof Spidev) || spi.hasOwnLine) return;
  if (keepsCs !== undefined && wakePulse !== undefined) return;
  const findings = await whilePowered(board, () => spi.probe(wakePulse === undefined));
  if (findings.answers && keepsCs === undefined && !findings.keepsCs) throw new ChipSelectNotKept(device);
}

async function whilePowered<T>({ clock, power, reset }: ProbedParts, action: () => Promise<T>): Promise<T> {
  const wasOn = power?.isOn ?? true;
  const wasReset = reset?.isAsserted ?? false;
  try {
    if (!wasOn) {
      await reset?.assert();
      await power?.on();
      await clock.sleep(BOOT);
    }
    await reset?.deassert();
    await clock.sleep(AFTER_RESET);
    return await action();
  } finally {
    if (wasReset) await reset?.assert();
    if (!wasOn) await power?.off();
  }
}
