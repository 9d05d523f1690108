import type { Board, SpiRecord, SpiStep } from '../../../src/board/index.ts';
import { powerUp } from '../../../src/host/index.ts';
import type { Duration } from '../../../src/units/index.ts';
import { later, ms } from '../../../src/units/index.ts';

// An H1 as a board's contract needs it: registers and one command, written out byte by byte.

/** Header: direction and size - 1, locality 0 of the TPM's range, register. [CHIP 1.2] [CHIP 4.1] */
export const READ_DID_VID = Uint8Array.of(0x83, 0xd4, 0x0f, 0x00);
export const READ_ACCESS = Uint8Array.of(0x80, 0xd4, 0x00, 0x00);
export const DID_VID = [0xe0, 0x1a, 0x28, 0x00];
export const REQUEST_USE = 0x02;
export const ACTIVE_LOCALITY = 0x20;

const ACCESS = 0x0000;
const STS = 0x0018;
const DATA_FIFO = 0x0024;
const COMMAND_READY = 0x40;
const TPM_GO = 0x20;
const STS_VALID_DATA_AVAIL = 0x90;

/** TPM2_Startup(CLEAR). */
const STARTUP = [0x80, 0x01, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x44, 0x00, 0x00];

export const HASH_OF_47_BYTES = Uint8Array.from({ length: 47 }, (_, index) => 0xa1 ^ (index * 5));

/** TPM2_Hash of 47 bytes with SHA-256 in the null hierarchy: 65 bytes. */
export const hashCommand = (): number[] => [
  ...[0x80, 0x01, 0x00, 0x00, 0x00, 0x41, 0x00, 0x00, 0x01, 0x7d, 0x00, 0x2f],
  ...HASH_OF_47_BYTES,
  ...[0x00, 0x0b, 0x40, 0x00, 0x00, 0x07],
];

/** Longer than a chip takes for a frame that gave no sign, also where the chip is a process on a loaded machine. */
const SETTLED = ms(500);

/** A frame, and then the chip's sign that it can take the next, or as long as a host without the ready line waits. [CHIP 3] */
export async function paced<T>(board: Board, frame: () => Promise<T> | T): Promise<T> {
  const watch = board.ready?.arm('asserted');
  try {
    return await frame();
  } finally {
    if (watch === undefined) await board.clock.sleep(SETTLED);
    else await watch.next(SETTLED);
    watch?.close();
  }
}

/** The steps of a read, without the pause after it. */
export const readSteps = (header: Uint8Array, size: number, limit: Duration = ms(750)): SpiStep[] => [
  { kind: 'exchange', bytes: header },
  { kind: 'poll', mask: 1, value: 1, limit, timeoutFirst: false },
  { kind: 'read', size },
];

/** The record is a copy, since the frame is not the last. */
export const readFrame = (
  board: Board,
  header: Uint8Array,
  size: number,
  limit?: Duration,
): Promise<SpiRecord> =>
  paced(board, async () => {
    const record = await board.spi.transaction(readSteps(header, size, limit));
    return { ...record, sent: record.sent.slice(), received: record.received.slice() };
  });

const header = (isRead: boolean, register: number, size: number): Uint8Array =>
  Uint8Array.of((isRead ? 0x80 : 0) | (size - 1), 0xd4, register >> 8, register & 0xff);

export async function readRegister(board: Board, register: number, size: number): Promise<Uint8Array> {
  const { received, pollAt, polled } = await readFrame(board, header(true, register, size), size);
  return received.slice(pollAt + polled, pollAt + polled + size);
}

export async function writeRegister(board: Board, register: number, bytes: readonly number[]): Promise<void> {
  await paced(board, () =>
    board.spi.transaction([
      { kind: 'exchange', bytes: header(false, register, bytes.length) },
      { kind: 'poll', mask: 1, value: 1, limit: ms(750), timeoutFirst: false },
      { kind: 'write', bytes: Uint8Array.from(bytes) },
    ]),
  );
}

export async function identify(board: Board): Promise<number[]> {
  return [...(await readRegister(board, 0x0f00, 4))];
}

/** Runs one command, its bytes cut into frames of the given sizes. @returns the response */
export async function command(
  board: Board,
  bytes: readonly number[],
  cuts: readonly number[] = [],
): Promise<number[]> {
  await writeRegister(board, ACCESS, [REQUEST_USE]);
  await writeRegister(board, STS, [COMMAND_READY]);
  const ends = [...cuts, bytes.length];
  for (const [index, end] of ends.entries())
    await writeRegister(board, DATA_FIFO, bytes.slice(ends[index - 1] ?? 0, end));
  await writeRegister(board, STS, [TPM_GO]);
  await available(board);
  const head = [...(await readRegister(board, DATA_FIFO, 10))];
  const size = head[5]!;
  const rest = size > 10 ? [...(await readRegister(board, DATA_FIFO, size - 10))] : [];
  await writeRegister(board, STS, [COMMAND_READY]);
  await writeRegister(board, ACCESS, [ACTIVE_LOCALITY]);
  return [...head, ...rest];
}

async function available(board: Board): Promise<void> {
  const end = later(board.clock.now(), ms(2000));
  while (board.clock.now() < end) {
    const [status = 0] = await readRegister(board, STS, 1);
    if ((status & STS_VALID_DATA_AVAIL) === STS_VALID_DATA_AVAIL) return;
  }
  throw new Error('The command has no answer after 2 s.');
}

/** Looks for the identity as often as coreboot does: the first frame after a reset is answered with FF. [CHIP 1.3] */
export async function identifyWithPatience(board: Board): Promise<number[]> {
  for (let tries = 1; ; tries++) {
    const seen = await identify(board);
    if (tries === 15 || seen.join() === DID_VID.join()) return seen;
    await board.clock.sleep(ms(10));
  }
}

/** Out of reset, and with the TPM started. */
export async function startChip(board: Board): Promise<void> {
  await powerUp(board);
  await identifyWithPatience(board);
  await command(board, STARTUP);
}
