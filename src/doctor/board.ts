import type { Board } from '../board/index.ts';
import type { Answer } from '../host/index.ts';
import { accessChip, AFTER_RESET, BOOT, pulseReset, switchOn, WAKE } from '../host/index.ts';
import { HilError, showDuration } from '../units/index.ts';
import type { Check } from './check.ts';
import { notLooked, right, wrong } from './check.ts';

/** More time than Cr50 needs to wake, to digest a frame, or to come out of a TPM reset. [CHIP 6] */
const SETTLED = AFTER_RESET;
/** Wait bytes that a frame in one message leaves room for. */
const MAX_STALL = 64;
const COMPARE = 'Compare the four wires with docs/bench.md.';

/** TPM_DID_VID of locality 0, and what an H1 answers. [CHIP 4.1] */
const READ_IDENTITY = [0x83, 0xd4, 0x0f, 0x00];
const IDENTITY = 'e0 1a 28 00';
/** TPM_ACCESS of locality 0; requestUse and activeLocality. */
const READ_ACCESS = [0x80, 0xd4, 0x00, 0x00];
const WRITE_ACCESS = [0x00, 0xd4, 0x00, 0x00];
const REQUEST_USE = 0x02;
const ACTIVE_LOCALITY = 0x20;

/**
 * Examines an open board wire by wire. There is one check for each wire, with the remedy when it is wrong. The chip
 * is restarted, and runs afterwards.
 */
export async function examineBoard(board: Board): Promise<Check[]> {
  const checks: Check[] = [];
  const look = async (name: string, at: () => Promise<Check[]>): Promise<void> => {
    try {
      checks.push(...(await at()));
    } catch (failure) {
      if (!(failure instanceof HilError)) throw failure;
      checks.push(wrong(name, failure.message, 'Mend what the message names, then ask again.'));
    }
  };
  await look('identity', async () => {
    await startChip(board);
    return examineWires(board);
  });
  await look('INT_AP_L', async () => [await examineReady(board)]);
  await look('TPM_RST_L', async () => [await examineReset(board)]);
  await look('supply', async () => [await examinePower(board)]);
  return checks.map((check) => (areSwapped(checks) && check.name === 'TPM_RST_L' ? SWAPPED : check));
}

const NO_PULSE = 'no pulse after a frame';
const NO_RESET = 'a pulse does not reset the TPM';
const SWAPPED = wrong(
  'TPM_RST_L',
  `${NO_RESET}, and INT_AP_L does not move`,
  'INT_AP_L and TPM_RST_L are swapped, or both are open: change the two lines, or follow each from its driver to the chip.',
);

const areSwapped = (checks: readonly Check[]): boolean =>
  checks.some(({ seen }) => seen === NO_PULSE) && checks.some(({ seen }) => seen === NO_RESET);

/** Ends with a frame that nobody judges: the chip fills the header of the first one after a TPM reset with FF, which ends a poll too early. [CHIP 1.3] */
async function startChip(board: Board): Promise<void> {
  await board.reset?.assert();
  await switchOn(board);
  await identify(board);
}

/** Reads TPM_DID_VID. `isWoken` leaves the wake pulse out: somebody has just sent one. */
export const identify = (board: Board, how: { readonly isWoken?: true } = {}): Promise<Answer> =>
  accessChip(board, READ_IDENTITY, { kind: 'read', size: 4 }, how);

/** The identity read in messages of their own for header, wait bytes and data; then, when that is wrong, in one message. */
async function examineWires(board: Board): Promise<Check[]> {
  const { ready } = board;
  const watch = ready?.arm('asserted');
  try {
    const answer = await identify(board);
    if (answer.data !== undefined && hex(answer.data) === IDENTITY)
      return [
        right('identity', `TPM_DID_VID ${IDENTITY}`),
        right('CS hold', 'header, wait bytes and data are one frame'),
      ];
    const whole = await readInOneMessage(board);
    if (hex(whole).includes(`01 ${IDENTITY}`))
      return [
        right('identity', `TPM_DID_VID ${IDENTITY}, in one message`),
        wrong(
          'CS hold',
          'the answer is lost between two messages of one frame',
          'The host does not keep CS from one message to the next: use a GPIO for CS, or a rig controller with drivesSelect: true.',
        ),
      ];
    return [
      judge(answer, await identify(board), watch === undefined ? undefined : watch.take() !== undefined),
    ];
  } finally {
    watch?.close();
  }
}

async function readInOneMessage({ spi, clock }: Board): Promise<Uint8Array> {
  await spi.transaction(WAKE);
  await clock.sleep(SETTLED);
  const bytes = new Uint8Array(READ_IDENTITY.length + MAX_STALL + 4);
  bytes.set(READ_IDENTITY);
  const { received } = await spi.transaction([{ kind: 'exchange', bytes }]);
  const answer = received.slice(READ_IDENTITY.length);
  await clock.sleep(SETTLED);
  return answer;
}

/** What a wrong read of the identity showed, in the terms of the table of symptoms. */
interface Reading {
  /** The answer to the four header bytes, and to the same header a second time. */
  readonly header: string;
  readonly again: string;
  /** The four header bytes as sent. */
  readonly sent: string;
  /** The level of MISO when it never changed. */
  readonly level: 'high' | 'low' | undefined;
  /** The chip gave a ready pulse; undefined where no line shows it. */
  readonly pulsed: boolean | undefined;
  /** TPM_DID_VID as received; undefined when the wait state did not end. */
  readonly data: Uint8Array | undefined;
}

/** What is wrong when `applies`: what was seen, and what to do. */
interface Symptom {
  readonly applies: (reading: Reading) => boolean;
  readonly seen: (reading: Reading) => string;
  readonly remedy: string;
}

const isChance = ({ header, again }: Reading): boolean => header !== again;
const showChance = ({ header, again }: Reading): string =>
  `MISO is chance: ${header}, then ${again} during the same header`;
const showIdentity = ({ data }: Reading): string =>
  `TPM_DID_VID ${hex(data ?? new Uint8Array())} instead of ${IDENTITY}`;

/** The first symptom that applies tells what is wrong; the last one always applies. */
const SYMPTOMS: readonly Symptom[] = [
  {
    applies: (reading) => isChance(reading) && reading.pulsed === true,
    seen: showChance,
    remedy:
      'MISO is open; the other wires reach the chip, which gives its ready pulse. Follow MISO from the chip to the host.',
  },
  {
    applies: isChance,
    seen: showChance,
    remedy: `Nobody drives MISO: it is open, CS_L does not reach the chip, or MOSI and MISO are swapped. ${COMPARE}`,
  },
  ...(['high', 'low'] as const).map((stuck) => ({
    applies: ({ level, pulsed }: Reading) => level === stuck && pulsed === true,
    seen: () => `MISO is ${stuck} all the time, and the chip gives its ready pulse`,
    remedy: `MISO is stuck ${stuck} or open; the other wires reach the chip. Follow MISO from the chip to the host.`,
  })),
  {
    applies: ({ level }) => level === 'high',
    seen: () => 'MISO is high all the time',
    remedy: `The chip is held in reset, since TPM_RST_L is stuck low or open; or MISO is stuck high or open, or MOSI and MISO are swapped. Measure TPM_RST_L, then the supply. ${COMPARE}`,
  },
  {
    applies: ({ level }) => level === 'low',
    seen: () => 'MISO is low all the time',
    remedy: `The chip has no supply, CS_L or SCK is open or stuck, MISO is stuck low or open, or MOSI and MISO are swapped. Measure the supply. ${COMPARE}`,
  },
  {
    applies: ({ header, sent }) => header === sent,
    seen: () => 'the header comes back as it was sent',
    remedy: 'MOSI and MISO are joined: take the loop away.',
  },
  {
    applies: ({ data }) => data === undefined,
    seen: ({ header }) => `a wait state that does not end, after ${header}`,
    remedy:
      'The chip does not understand its header: MOSI is open or stuck, or SCK has glitches. Look at both, and lower the clock.',
  },
  {
    applies: ({ data }) => new Set(data).size === 1,
    seen: showIdentity,
    remedy:
      'The chip answers for another register: MOSI is open or stuck. Follow MOSI from the host to the chip.',
  },
  {
    applies: () => true,
    seen: showIdentity,
    remedy:
      'Bits are lost or added: shorten the wires, join the grounds, lower the clock; or the chip is no H1.',
  },
];

/** Names what is wrong by two answers to the identity read, and by whether the chip gave a ready pulse. */
function judge({ all, sent, data }: Answer, again: Answer, pulsed: boolean | undefined): Check {
  const reading: Reading = {
    header: hex(all.slice(0, 4)),
    again: hex(again.all.slice(0, 4)),
    sent: hex(sent.slice(0, 4)),
    level: constantLevel(all),
    pulsed,
    data,
  };
  const { seen, remedy } = SYMPTOMS.find(({ applies }) => applies(reading))!;
  return wrong('identity', seen(reading), remedy);
}

function constantLevel(bytes: Uint8Array): Reading['level'] {
  if (bytes.every((byte) => byte === 0xff)) return 'high';
  return bytes.every((byte) => byte === 0) ? 'low' : undefined;
}

async function examineReady(board: Board): Promise<Check> {
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
    if (!(await isAlive(board))) return notLooked(name, 'the chip does not answer, so that no pulse is due');
    await reset?.assert();
    const follows = (await watch.next(SETTLED)) !== undefined;
    await reset?.deassert();
    await clock.sleep(SETTLED);
    return follows
      ? wrong(name, 'it follows TPM_RST_L', 'INT_AP_L and TPM_RST_L are swapped: change the two lines.')
      : wrong(
          name,
          NO_PULSE,
          'The line is open or stuck high, or the rig file names another line: follow it from the chip to the host.',
        );
  } finally {
    watch.close();
  }
}

/** A TPM reset takes the locality away. */
async function examineReset(board: Board): Promise<Check> {
  const name = 'TPM_RST_L';
  const { reset } = board;
  if (reset === undefined) return notLooked(name, 'the rig has no such line');
  if (!(await isAlive(board))) return notLooked(name, 'the chip does not answer, so a reset would not show');
  await accessChip(board, WRITE_ACCESS, { kind: 'write', bytes: Uint8Array.of(REQUEST_USE) });
  if (!(await isLocalityActive(board)))
    return notLooked(name, 'the chip does not grant its locality, so a reset would not show');
  await pulseReset(board);
  return (await isLocalityActive(board))
    ? wrong(name, NO_RESET, 'The line is open, stuck high or swapped: follow it from its driver to the chip.')
    : right(name, 'a pulse resets the TPM');
}

async function isLocalityActive(board: Board): Promise<boolean> {
  const { data } = await accessChip(board, READ_ACCESS, { kind: 'read', size: 1 });
  return data?.[0] !== undefined && data[0] !== 0xff && (data[0] & ACTIVE_LOCALITY) !== 0;
}

async function examinePower(board: Board): Promise<Check> {
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
