import type { Board } from '../board/index.ts';
import { traced } from '../boards/traced.ts';
import { DIGESTED, powerUp } from '../host/index.ts';
import { KernelStack } from '../kernel/index.ts';
import { linux61, TypeScriptStack } from '../driver/index.ts';
import type { HostDriver } from '../driver/index.ts';
import { TraceRecorder } from '../trace/index.ts';
import type { Duration } from '../units/index.ts';
import { between, ms } from '../units/index.ts';
import type { Act } from './accesses.ts';
import { actsOf } from './accesses.ts';
import type { Journal } from './journal.ts';

/** What one driver did in one operation. */
export interface Played {
  readonly acts: readonly Act[];
  readonly time: Duration;
}

/** Between two operations: far less than the second after which a driver wakes the chip. */
const SETTLE = ms(300);

/** Plays a journal on a fresh board; the kernel's driver when the board has a kernel, our profile of it otherwise. */
export async function play(
  bare: Board,
  { operations, fault, hasInterrupt }: Journal,
): Promise<readonly Played[]> {
  const recorder = new TraceRecorder();
  const board = traced(bare, recorder);
  const { clock } = board;
  await powerUp(board);
  await firstFrame(board);
  if (fault) await board.faults?.set(fault);
  const driver = await driverOn(board, hasInterrupt);
  try {
    const played: Played[] = [];
    for (const operation of operations) {
      recorder.clear();
      const from = clock.now();
      await operation.run(driver, board);
      const time = between(from, clock.now());
      await clock.sleep(SETTLE);
      played.push({ acts: actsOf(recorder), time });
    }
    return played;
  } finally {
    if (driver instanceof KernelStack) await driver.release();
    board.detach();
  }
}

/** The chip's first frame after a reset is the host firmware's on every machine: it reads TPM_ACCESS. [CHIP 1.3] */
async function firstFrame({ spi, clock }: Board): Promise<void> {
  const bytes = new Uint8Array(68);
  bytes.set([0x80, 0xd4]);
  await spi.transaction([{ kind: 'exchange', bytes }]);
  await clock.sleep(DIGESTED);
}

async function driverOn(board: Board, hasInterrupt: boolean): Promise<HostDriver> {
  if (board.kernel === undefined) return new TypeScriptStack({ board, profile: linux61, hasInterrupt });
  await board.kernel.setInterrupt?.(hasInterrupt);
  // The kernel's reader runs when it likes, even in the middle of a resume: then it changes what the driver does after it.
  await board.kernel.fillPoolElsewhere?.();
  return KernelStack.open(board.kernel, board.clock);
}
