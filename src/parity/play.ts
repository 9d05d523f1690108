import type { Board } from '../board/index.ts';
import { traced } from '../boards/traced.ts';
import { DIGESTED, powerUp } from '../host/index.ts';
import type { HostDriver, Profile } from '../driver/index.ts';
import { DriverError } from '../driver/index.ts';
import { driverOn, Player } from '../procedure/index.ts';
import { TraceRecorder } from '../trace/index.ts';
import type { Duration } from '../units/index.ts';
import { between, ms } from '../units/index.ts';
import type { Act } from './accesses.ts';
import { actsOf, pacingOf } from './accesses.ts';
import type { Journal, Operation } from './journal.ts';

/** What one driver did in one operation. */
export interface Played {
  readonly acts: readonly Act[];
  readonly time: Duration;
  /** Every frame, the polls that `acts` leaves out among them. */
  readonly frames: number;
  /** The time between two frames that half of them exceed; undefined where there are fewer than two. */
  readonly gap: Duration | undefined;
  /** What the driver logged, as text. */
  readonly log: readonly string[];
}

/** Between two operations: far less than the second after which a driver wakes the chip. */
const SETTLE = ms(300);

/** Plays a journal on a fresh board; the kernel's driver when the board has a kernel, a driver by its profile otherwise. */
export async function play(
  bare: Board,
  profile: Profile,
  { operations, fault, hasInterrupt }: Journal,
): Promise<readonly Played[]> {
  const recorder = new TraceRecorder();
  const board = traced(bare, recorder);
  const { clock } = board;
  await powerUp(board);
  await firstFrame(board);
  if (fault) await board.faults?.set(fault);
  let driver: HostDriver | undefined;
  const makeDriver = async (): Promise<HostDriver> =>
    (driver = await openDriver(board, profile, hasInterrupt));
  const player = new Player({ board, sink: recorder, makeDriver });
  await player.start();
  try {
    const played: Played[] = [];
    for (const operation of operations) {
      recorder.clear();
      const logged = driver?.log.length ?? 0;
      const from = clock.now();
      await doAll(player, operation);
      const time = between(from, clock.now());
      await clock.sleep(SETTLE);
      const log = driver?.log.slice(logged).map(({ text }) => text) ?? [];
      played.push({ acts: actsOf(recorder), time, ...pacingOf(recorder), log });
    }
    return played;
  } finally {
    await player.end();
    board.detach();
  }
}

async function doAll(player: Player, { acts, mayFail }: Operation): Promise<void> {
  for (const [index, act] of acts.entries()) {
    const { error } = await player.do(act, index);
    if (error !== undefined && !(mayFail === true && error instanceof DriverError)) throw error;
  }
}

/** The chip's first frame after a reset is the host firmware's on every machine: it reads TPM_ACCESS. [CHIP 1.3] */
async function firstFrame({ spi, clock }: Board): Promise<void> {
  const bytes = new Uint8Array(68);
  bytes.set([0x80, 0xd4]);
  await spi.transaction([{ kind: 'exchange', bytes }]);
  await clock.sleep(DIGESTED);
}

async function openDriver(board: Board, profile: Profile, hasInterrupt: boolean): Promise<HostDriver> {
  // The kernel's reader runs at any moment, even during a resume, and then changes what the driver does afterwards.
  await board.kernel?.fillPoolElsewhere?.(true);
  return driverOn(board, { profile, hasInterrupt });
}
