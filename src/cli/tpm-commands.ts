import { UsageError } from '../units/index.ts';

const HEADER_SIZE = 10;
const SIZE_AT = 2;
/** Maximum size of a command that a host driver takes: TPM_BUFSIZE of Linux. */
const MAX_SIZE = 4096;

/** Bytes that are no TPM command. */
export class NoTpmCommand extends UsageError {}

/**
 * Cuts a stream into TPM commands, by the size in each header.
 * @throws NoTpmCommand for a size that no command can have, and when the stream ends inside a command.
 */
export async function* commandsOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  let count = 0;
  for await (const chunk of input) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_SIZE) {
      const size = sizeOf(rest, count);
      if (rest.length < size) break;
      yield Uint8Array.from(rest.subarray(0, size));
      rest = rest.subarray(size);
      count++;
    }
  }
  if (rest.length > 0)
    throw new NoTpmCommand(
      `The input ends in the middle of command ${count + 1}, after ${rest.length} of its bytes. Send commands whole.`,
    );
}

function sizeOf(bytes: Buffer, count: number): number {
  const size = bytes.readUInt32BE(SIZE_AT);
  if (size >= HEADER_SIZE && size <= MAX_SIZE) return size;
  throw new NoTpmCommand(
    `Command ${count + 1} of the input says that it has ${size} bytes, and a TPM command has ${HEADER_SIZE} to ${MAX_SIZE}. Send raw commands, without a frame around them.`,
  );
}
