import type { Board, Clock } from '../../board/index.ts';
import { traced } from '../../boards/traced.ts';
import { KernelStack } from '../../kernel/index.ts';
import { linux61 } from '../../tis/index.ts';
import type { HostDriver } from '../../tpm/index.ts';
import { createStack } from '../../tpm/index.ts';
import { TraceRecorder } from '../../trace/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { between, ms } from '../../units/index.ts';
import type { Act } from './accesses.ts';
import { actsOf, WAKE_PULSE } from './accesses.ts';
import type { Journal } from './journal.ts';

/** What one driver did in one operation. */
export interface Played {
  readonly acts: readonly Act[];
  readonly time: Duration;
}

/** Between two operations: far less than the second after which a driver wakes the chip. */
const SETTLE = ms(300);

/** The kernel's turns come ever more seldom: as a rule a second try is enough. */
const MOST_TRIES = 5;

/** Plays a journal on a fresh board; the kernel's driver when the board has a kernel, our profile of it otherwise. */
export async function play(
  bare: Board,
  { operations, fault, hasInterrupt }: Journal,
): Promise<readonly Played[]> {
  const recorder = new TraceRecorder();
  const board = traced(bare, recorder);
  const { clock } = board;
  await board.power?.on();
  await clock.sleep(ms(100));
  await board.reset?.deassert();
  await clock.sleep(ms(20));
  await firstFrame(board);
  if (fault) await board.faults?.set(fault);
  const driver = await driverOn(board, hasInterrupt);
  try {
    const played: Played[] = [];
    for (const operation of operations) {
      const from = await idled(operation.idle, recorder, clock);
      await operation.run(driver, board);
      const time = between(from, clock.now());
      // The kernel's background thread comes to rest in about the same time.
      await (driver instanceof KernelStack ? driver.settle() : clock.sleep(SETTLE));
      played.push({ acts: actsOf(recorder), time });
    }
    return played;
  } finally {
    if (driver instanceof KernelStack) await driver.release();
    board.detach();
  }
}

/**
 * Begins the record of an operation with so long a time in which nothing is on the bus: a kernel may ask for random bytes in
 * the middle of it, and is then given another; anything else stays in the record. Resolves with its beginning.
 */
async function idled(idle: Duration | undefined, recorder: TraceRecorder, clock: Clock): Promise<Instant> {
  for (let tries = 1; ; tries++) {
    recorder.clear();
    const from = clock.now();
    if (idle === undefined) return from;
    await clock.sleep(idle);
    const isOwnTurn = recorder.length > 0 && actsOf(recorder).every(({ shape }) => shape === WAKE_PULSE);
    if (!isOwnTurn || tries === MOST_TRIES) return from;
  }
}

/** The chip's first frame after a reset is the host firmware's on every machine: it reads TPM_ACCESS. [CHIP 1.3] */
async function firstFrame({ spi, clock }: Board): Promise<void> {
  const bytes = new Uint8Array(68);
  bytes.set([0x80, 0xd4]);
  await spi.transaction([{ kind: 'exchange', bytes }]);
  await clock.sleep(ms(20));
}

async function driverOn(board: Board, hasInterrupt: boolean): Promise<HostDriver> {
  if (board.kernel === undefined) return createStack({ board, profile: linux61, hasInterrupt });
  await board.kernel.setInterrupt?.(hasInterrupt);
  return KernelStack.open(board.kernel, board.clock);
}
