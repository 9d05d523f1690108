import { openLinuxBoard } from '../../../src/boards/linux/index.ts';
import type { SpiStep } from '../../../src/board/index.ts';
import type { SpiAccess } from '../../../src/boards/linux/options.ts';
import { ms, us } from '../../../src/units/index.ts';

// Opens a real board, reached as the first argument says, and does with it what the others say; what came of it goes to
// stdout as JSON.
const READY: SpiStep = { kind: 'poll', mask: 1, value: 1, limit: ms(20), timeoutFirst: false };
const FRAMES: Record<string, readonly SpiStep[]> = {
  read: [
    { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
    READY,
    { kind: 'read', size: 4 },
  ],
  write: [
    { kind: 'exchange', bytes: Uint8Array.of(0x00, 0xd4, 0x00, 0x18) },
    READY,
    { kind: 'write', bytes: Uint8Array.of(0x40) },
  ],
  wake: [{ kind: 'delay', duration: us(1000) }],
};

const [through, ...names] = process.argv.slice(2);
const outcomes: unknown[] = [];
try {
  const board = await openLinuxBoard({
    spi: { device: '/dev/spidev7.0', sckHz: 1_000_000, through: through as SpiAccess },
    lines: {},
  });
  for (const name of names) {
    const outcome = board.spi.transaction(FRAMES[name]!).then(
      ({ received, pollAt, polled }) => [...received.subarray(pollAt + polled)],
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    outcomes.push(await outcome);
  }
  outcomes.push(board.spi.counters);
  await board.close();
} catch (error) {
  outcomes.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
process.stdout.write(JSON.stringify(outcomes));
