import type { Board, Capability, HostFiles, KernelSeat } from '../../board/index.ts';
import { withParts } from '../../board/index.ts';
import type { LinuxBoardOptions } from '../linux/index.ts';
import { openLinuxBoard } from '../linux/index.ts';
import { HandOver } from './hand-over.ts';
import { LentBus } from './lent-bus.ts';
import { LocalFiles } from './local-files.ts';
import { logTimeOf } from './log-time.ts';

/** A Linux board whose kernel drives the chip. */
export interface KernelHostOptions extends LinuxBoardOptions {
  /** The kernel's driver for the chip. */
  readonly driver: string;
}

/** What the board is made of, for a test that has no such host. */
interface Surroundings {
  readonly files?: HostFiles;
  readonly openBoard?: (options: LinuxBoardOptions) => Promise<Board>;
}

/**
 * A real H1 on a bus of this host, driven by the kernel's own driver. INT_AP_L is the kernel's. Before the driver is bound
 * the chip is user space's, so that a test can be the host's firmware; a transaction takes it back. Closing gives the chip
 * to the driver that had it, then leaves the lines safe.
 * @throws HandOverRefused, or what opening the lines and spidev throws
 */
export async function openKernelHost(
  { driver, spi, lines }: KernelHostOptions,
  { files = new LocalFiles(), openBoard = openLinuxBoard }: Surroundings = {},
): Promise<Board> {
  const device = `spi${/(\d+\.\d+)$/.exec(spi.device)?.[1] ?? ''}`;
  const handOver = new HandOver(files, device, driver);
  const before = await handOver.holder();
  await handOver.toUserSpace();
  // The kernel has INT_AP_L: its interrupt cannot be shared.
  const board = await openBoard({ spi, lines: { ...lines, ready: undefined } });
  const first = { spi: board.spi, close: () => Promise.resolve() };
  const lent = new LentBus(handOver, () => openBoard({ spi, lines: {} }), first);
  const seat: KernelSeat = {
    files,
    device,
    driver,
    logTime: await logTimeOf(files, board.clock),
    claim: () => lent.giveBack(),
  };
  return withParts(board, {
    capabilities: new Set<Capability>([...board.capabilities, 'kernel']),
    spi: lent,
    kernel: seat,
    close: async () => {
      try {
        await lent.giveBack();
        await handOver.restore(before);
      } finally {
        await board.close();
      }
    },
  });
}
