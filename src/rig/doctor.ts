import type { Board, SpiStep } from '../board/index.ts';
import { WaitStateTimeout } from '../board/index.ts';
import { HilError, ms, showDuration, us } from '../units/index.ts';

/** One thing the doctor looked at. */
export interface Check {
  readonly name: string;
  readonly verdict: 'right' | 'wrong' | 'not looked at';
  /** What was seen, or why nobody looked. */
  readonly seen: string;
  /** What to do; present when it is wrong. */
  readonly remedy?: string;
}

export const right = (name: string, seen: string): Check => ({ name, verdict: 'right', seen });
export const wrong = (name: string, seen: string, remedy: string): Check => ({
  name,
  verdict: 'wrong',
  seen,
  remedy,
});
const notLooked = (name: string, seen: string): Check => ({ name, verdict: 'not looked at', seen });

/** Longer than Cr50 needs to boot, to come out of a TPM reset, and to wake. [CHIP 6] */
const BOOT = ms(100);
const RESET_WIDTH = ms(2);
const SETTLED = ms(10);
const WAKE: readonly SpiStep[] = [{ kind: 'delay', duration: us(5) }];
const STALL_LIMIT = ms(50);

/** TPM_DID_VID of locality 0, and what an H1 answers. [CHIP 4.1] */
const READ_IDENTITY = [0x83, 0xd4, 0x0f, 0x00];
const IDENTITY = 'e0 1a 28 00';
/** TPM_ACCESS of locality 0; requestUse and activeLocality. */
const READ_ACCESS = [0x80, 0xd4, 0x00, 0x00];
const WRITE_ACCESS = [0x00, 0xd4, 0x00, 0x00];
const REQUEST_USE = 0x02;
const ACTIVE_LOCALITY = 0x20;

/**
 * Looks at an open board, wire by wire: one check for each, with the remedy of what is wrong. Restarts the chip, and
 * leaves it running.
 */
export async function examineBoard(board: Board): Promise<Check[]> {
  const checks: Check[] = [right('clock', `resolution ${showDuration(board.clock.resolution)}`)];
  for (const [name, look] of [
    ['identity', lookAtIdentity],
    ['INT_AP_L', lookAtReady],
    ['TPM_RST_L', lookAtReset],
    ['supply', lookAtPower],
  ] as const) {
    try {
      if (name === 'identity') await startChip(board);
      checks.push(await look(board));
    } catch (failure) {
      if (!(failure instanceof HilError)) throw failure;
      checks.push(wrong(name, failure.message, 'Mend what the message names, then ask again.'));
    }
  }
  return checks;
}

/** Ends with a frame that nobody judges: the chip fills the header of the first one after a TPM reset with FF, which ends a poll too early. [CHIP 1.3] */
async function startChip(board: Board): Promise<void> {
  const { clock, power, reset } = board;
  await reset?.assert();
  await power?.on();
  await clock.sleep(BOOT);
  await reset?.deassert();
  await clock.sleep(SETTLED);
  await identify(board);
}

/** What came back while CS was asserted, header included; `data` without a wait state that never ended. */
interface Answer {
  readonly all: Uint8Array;
  readonly sent: Uint8Array;
  readonly data: Uint8Array | undefined;
}

async function access(board: Board, header: readonly number[], then: SpiStep): Promise<Answer> {
  const { spi, clock } = board;
  await spi.transaction(WAKE);
  await clock.sleep(SETTLED);
  try {
    const { sent, received, pollAt, polled } = await spi.transaction([
      { kind: 'exchange', bytes: Uint8Array.from(header) },
      { kind: 'poll', mask: 1, value: 1, limit: STALL_LIMIT, timeoutFirst: false },
      then,
    ]);
    return { all: received.slice(), sent: sent.slice(), data: received.slice(pollAt + polled) };
  } catch (failure) {
    if (!(failure instanceof WaitStateTimeout)) throw failure;
    const { sent, received } = failure.wire ?? { sent: new Uint8Array(), received: new Uint8Array() };
    return { all: received.slice(), sent: sent.slice(), data: undefined };
  } finally {
    await clock.sleep(SETTLED);
  }
}

const identify = (board: Board): Promise<Answer> => access(board, READ_IDENTITY, { kind: 'read', size: 4 });

async function lookAtIdentity(board: Board): Promise<Check> {
  const name = 'identity';
  const { all, sent, data } = await identify(board);
  if (data !== undefined && hex(data) === IDENTITY) return right(name, `TPM_DID_VID ${IDENTITY}`);
  if (all.every((byte) => byte === 0xff))
    return wrong(
      name,
      'MISO is high all the time',
      'MISO is stuck high or open, CS_L does not reach the chip, or the chip has no supply: measure the supply, then CS_L at the chip.',
    );
  if (all.every((byte) => byte === 0x00))
    return wrong(
      name,
      'MISO is low all the time',
      'MISO is stuck low or open, SCK or MOSI does not reach the chip, or MOSI and MISO are swapped: compare the four wires with docs/rig-setup.md.',
    );
  if (hex(all.slice(0, 4)) === hex(sent.slice(0, 4)))
    return wrong(
      name,
      'the header comes back as it was sent',
      'MOSI and MISO are joined: take the loop away.',
    );
  if (data === undefined)
    return wrong(
      name,
      `a wait state that does not end, after ${hex(all.slice(0, 4))}`,
      'The chip does not understand its header: look at MOSI, at SCK and at the reset line, and lower the clock.',
    );
  return wrong(
    name,
    `TPM_DID_VID ${hex(data)} instead of ${IDENTITY}`,
    'Bits are lost or added: shorten the wires, join the grounds, lower the clock; or the chip is no H1.',
  );
}

async function lookAtReady(board: Board): Promise<Check> {
  const name = 'INT_AP_L';
  const { ready, reset, clock } = board;
  if (ready === undefined) return notLooked(name, 'the rig has no such line');
  await clock.sleep(SETTLED);
  if (ready.isAsserted) {
    return wrong(
      name,
      'low while the chip is idle',
      'The line is stuck low, or it is another net: look for a short, and for its pull-up.',
    );
  }
  const watch = ready.arm('asserted');
  try {
    await identify(board);
    if ((await watch.next(SETTLED)) !== undefined)
      return right(name, `a pulse after a frame, stamped to ${showDuration(ready.uncertainty)}`);
    await reset?.assert();
    const follows = (await watch.next(SETTLED)) !== undefined;
    await reset?.deassert();
    await clock.sleep(SETTLED);
    return follows
      ? wrong(name, 'it follows TPM_RST_L', 'INT_AP_L and TPM_RST_L are swapped: change the two lines.')
      : wrong(
          name,
          'no pulse after a frame',
          'The line is open or stuck high, or the rig file names another line: follow it from the chip to the host.',
        );
  } finally {
    watch.close();
  }
}

/** A TPM reset takes the locality away. */
async function lookAtReset(board: Board): Promise<Check> {
  const name = 'TPM_RST_L';
  const { reset, clock } = board;
  if (reset === undefined) return notLooked(name, 'the rig has no such line');
  await access(board, WRITE_ACCESS, { kind: 'write', bytes: Uint8Array.of(REQUEST_USE) });
  if (!(await isLocalityActive(board)))
    return notLooked(name, 'the chip does not grant its locality, so a reset would not show');
  await reset.assert();
  await clock.sleep(RESET_WIDTH);
  await reset.deassert();
  await clock.sleep(SETTLED);
  return (await isLocalityActive(board))
    ? wrong(
        name,
        'a pulse does not reset the TPM',
        'The line is open, stuck high or swapped: follow it from its driver to the chip.',
      )
    : right(name, 'a pulse resets the TPM');
}

async function isLocalityActive(board: Board): Promise<boolean> {
  const { data } = await access(board, READ_ACCESS, { kind: 'read', size: 1 });
  return data?.[0] !== undefined && data[0] !== 0xff && (data[0] & ACTIVE_LOCALITY) !== 0;
}

async function lookAtPower(board: Board): Promise<Check> {
  const name = 'supply';
  const { power } = board;
  if (power === undefined) return notLooked(name, 'the rig does not switch it');
  if (await isAlive(board)) {
    await power.off();
    await board.clock.sleep(BOOT);
    const staysAlive = await isAlive(board);
    await startChip(board);
    if (staysAlive)
      return wrong(
        name,
        'the chip answers while its supply is off',
        'The switch does not cut the supply, or the chip is fed through another line: look at its load switch and at the pull-ups.',
      );
    return (await isAlive(board))
      ? right(name, 'off and on')
      : wrong(name, 'the chip does not come back', 'Look at the load switch and at the current it allows.');
  }
  return notLooked(name, 'the chip does not answer, so that a switch would not show');
}

const isAlive = async (board: Board): Promise<boolean> => {
  const { data } = await identify(board);
  return data !== undefined && hex(data) === IDENTITY;
};

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
