import type { Clock } from '../../board/index.ts';
import { SpiFailure } from '../../board/index.ts';
import { ms } from '../../units/index.ts';
import type { SpiHandle, Transfer } from './spi-handle.ts';

/** After this time the chip has digested a frame. [CHIP 3] */
const SETTLED = ms(10);
/**
 * Number of attempts: a sleeping chip loses the first frame, and a chip that was reset answers it with FF. [CHIP 1.3]
 * [CHIP 2]
 */
const TRIES = 3;

/** TPM_DID_VID of locality 0, and what an H1 answers. [CHIP 4.1] */
const READ_IDENTITY = Buffer.of(0x83, 0xd4, 0x0f, 0x00);
const IDENTITY = Buffer.of(0xe0, 0x1a, 0x28, 0x00);

/** Size of a part of a header. Fewer bytes than a header under one CS assertion are ignored. [CHIP 1.5] */
const PART = 3;
/**
 * Number of parts: room for 32 wait bytes and the identity. The longest stall of a read in the captures has 13.
 * [CHIP 1.4]
 */
const PARTS = 12;

/** What the chip's answers tell about the bus. */
export type BusFindings =
  | { readonly answers: false }
  | {
      readonly answers: true;
      /** CS stays asserted between messages that ask for it. */
      readonly keepsCs: boolean;
      /** A message of no bytes moves CS; undefined when nobody looked. */
      readonly emptyMovesCs: boolean | undefined;
    };

/**
 * Finds out whether an SPI controller can keep CS from message to message, and whether a message of no bytes moves CS. The
 * chip shows it: a frame with a CS edge in its middle is not answered with the identity. It has
 * to be powered and out of reset, and sees about six frames.
 * @throws SpiFailure
 */
export async function probeBus(handle: SpiHandle, clock: Clock, triesEmpty: boolean): Promise<BusFindings> {
  const settled = async (messages: readonly Transfer[][]): Promise<boolean> => {
    const isIdentity = reads(handle, messages);
    await clock.sleep(SETTLED);
    return isIdentity;
  };
  let answers = false;
  for (let tries = 0; tries < TRIES && !answers; tries++) answers = await settled([[whole()]]);
  if (!answers) return { answers };
  const keepsCs = await settled(inParts());
  if (!keepsCs || !triesEmpty) return { answers, keepsCs, emptyMovesCs: undefined };
  // An unfinished header, which the empty message ends, or the next frame continues.
  await settled([[held(clocked(READ_IDENTITY.subarray(0, PART - 1)))], [EMPTY]]);
  const emptyMovesCs = await settled([[whole()]]);
  return { answers, keepsCs, emptyMovesCs };
}

const EMPTY: Transfer = { byteLength: 0, sendBuffer: Buffer.alloc(0) };

const clocked = (bytes: Buffer): Transfer => ({
  byteLength: bytes.length,
  sendBuffer: bytes,
  receiveBuffer: Buffer.alloc(bytes.length),
});

const held = (transfer: Transfer): Transfer => ({ ...transfer, chipSelectChange: true });

const whole = (): Transfer => clocked(Buffer.concat([READ_IDENTITY, Buffer.alloc(PARTS * PART)]));

const inParts = (): Transfer[][] => [
  [held(clocked(READ_IDENTITY))],
  ...Array.from({ length: PARTS }, (_, part) => {
    const bytes = clocked(Buffer.alloc(PART));
    return [part + 1 < PARTS ? held(bytes) : bytes];
  }),
];

/** True when what came back is a ready byte with the identity behind it. */
function reads(handle: SpiHandle, messages: readonly Transfer[][]): boolean {
  try {
    for (const message of messages) handle.transferSync(message);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).errno ?? 0;
    throw new SpiFailure('looking what the controller can', Math.abs(errno), { cause });
  }
  const received = Buffer.concat(
    messages.flat().map(({ receiveBuffer }) => receiveBuffer ?? EMPTY.sendBuffer!),
  );
  const ready = received.findIndex((byte, at) => at >= READ_IDENTITY.length && (byte & 1) === 1);
  return ready >= 0 && received.subarray(ready + 1, ready + 1 + IDENTITY.length).equals(IDENTITY);
}
