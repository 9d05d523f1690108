import {
  ACCESS,
  BEGINNING,
  between,
  errnoAfter,
  GET_RANDOM_8,
  hexBytes,
  later,
  ms,
  seconds,
  STS,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_STS,
} from '../../fixtures/index.ts';
import { BOTH_KERNELS, FIRST_POSTED, isKernelThat } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import type { Switch } from './words.ts';
import { busFailure, changeOneRead, changeReads } from './words.ts';

/** TPM2_GetCapability of all commands: an answer of several bursts. [TPM2 Part 3, 30.2] */
const GET_COMMANDS = hexBytes('80 01 00 00 00 16 00 00 01 7a 00 00 00 02 00 00 01 1f 00 00 00 40');

/** The header of TPM2_VerifySignature and nothing else: refused, but timed as such. [TPM2 Part 3, 20.1] */
const VERIFY_SIGNATURE = hexBytes('80 01 00 00 00 0a 00 00 01 77');

knownBug(
  {
    id: 'K-30',
    title: 'VerifySignature limit too short',
    observable: 'VerifySignature of 3 s ends with -62',
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Let the next command take 3 s', () =>
      faults.set({ kind: 'chip-slow-command', time: seconds(3), commands: { count: 1 } }),
    );
    const errno = await step('3. Send the header of VerifySignature', () =>
      errnoAfter(driver.transmit(VERIFY_SIGNATURE)),
    );
    return errno === -62;
  },
);

knownBug(
  {
    id: 'K-31',
    title: 'timeout B too short',
    observable: 'a chip that needs 2.5 s for commandReady is given up with -62',
    has: isKernelThat(({ readyLimit }) => readyLimit <= seconds(2)),
  },
  async ({ step, bindDriver, clock }) => {
    let readyAt = BEGINNING;
    const hideReady = changeReads(TPM_STS, { isOn: true }, (data) => {
      if (clock.now() < readyAt) data[0]! &= ~STS.commandReady;
    });
    const driver = await step('1. Bind the driver', () => bindDriver({}, hideReady));
    readyAt = later(clock.now(), ms(2500));
    const errno = await step('2. Hide commandReady in TPM_STS for 2.5 s; send GetRandom(8)', () =>
      errnoAfter(driver.transmit(GET_RANDOM_8)),
    );
    return errno === -62;
  },
);

knownBug(
  {
    id: 'K-34',
    title: 'no recovery from transfer errors',
    observable: 'one flipped bit in the size field of a response fails the command',
    has: isKernelThat(({ sendings }) => sendings === 1),
  },
  async ({ step, bindDriver }) => {
    const flip: Switch = { isOn: false };
    const flipBit = changeOneRead(TPM_DATA_FIFO, flip, (data) => {
      data[3]! ^= 0x40;
    });
    const driver = await step('1. Bind the driver', () => bindDriver({}, flipBit));
    flip.isOn = true;
    const errno = await step(
      '2. Flip bit 6 of byte 3 in the next read of the FIFO; ask for all commands of the TPM',
      () => errnoAfter(driver.transmit(GET_COMMANDS)),
    );
    return errno < 0;
  },
);

knownBug(
  {
    id: 'K-35',
    title: 'error results mistaken for data',
    observable: 'a failed read of the FIFO, the first or the second of a response, fails the command',
    has: BOTH_KERNELS,
  },
  async ({ step, bindDriver }) => {
    let readsLeft = 0;
    const driver = await step('1. Bind the driver', () =>
      bindDriver(
        {},
        {
          before: ({ register, direction, size }) => {
            if (register !== TPM_DATA_FIFO || direction === 'write' || size === 1 || readsLeft === 0) return;
            if (--readsLeft === 0) throw busFailure();
          },
        },
      ),
    );
    readsLeft = 1;
    const first = await step(
      '2. Let the bus fail the first long read of the FIFO with EIO; send GetRandom(8)',
      () => errnoAfter(driver.transmit(GET_RANDOM_8)),
    );
    readsLeft = 2;
    const second = await step(
      '3. Let it fail the second long read of the FIFO; send GetRandom(8) again',
      () => errnoAfter(driver.transmit(GET_RANDOM_8)),
    );
    return first !== 0 || second !== 0;
  },
);

knownBug(
  {
    id: 'K-36',
    title: 'a locality that is released late is waited for',
    observable: 'a command takes 400 ms longer when the release is shown 400 ms late',
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver, clock }) => {
    let releasedAt = Infinity;
    const driver = await step(
      '1. Show activeLocality in TPM_ACCESS for 400 ms after each write to it; bind the driver',
      () =>
        bindDriver(
          {},
          {
            before: ({ register, direction }) => {
              if (register === TPM_ACCESS && direction === 'write') releasedAt = clock.now();
            },
            after: ({ register, direction }, data) => {
              const isHeld = clock.now() - releasedAt < ms(400);
              if (register === TPM_ACCESS && direction === 'read' && isHeld)
                data[0]! |= ACCESS.activeLocality;
            },
          },
        ),
    );
    const before = clock.now();
    await step('2. Read 8 random bytes', () => driver.random(8));
    return between(before, clock.now()) > ms(400);
  },
);

knownBug(
  {
    id: 'K-37',
    title: 'a status of FF is believed',
    observable: 'TPM_STS reads as FF and the driver takes it as it is',
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver }) => {
    const ones: Switch = { isOn: false };
    const driver = await step('1. Bind the driver', () =>
      bindDriver(
        {},
        changeOneRead(TPM_STS, ones, (data) => data.fill(0xff)),
      ),
    );
    ones.isOn = true;
    const status = await step(
      '2. Let the next read of TPM_STS be all ones; ask the driver for the status',
      () => driver.core.status.read(),
    );
    return status === 0xff;
  },
);

knownBug(
  {
    id: 'L-42',
    title: 'the command after an aborted one fails once',
    observable: 'the second command ends with -62, the third succeeds',
    has: ({ commands }) => commands?.readyWrites === 1,
  },
  async ({ step, bindDriver, faults, clock }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const send = (): Promise<number> => errnoAfter(driver.transmit(GET_RANDOM_8));
    const first = await step('2. Let the next command take 6 s; send GetRandom(8)', async () => {
      await faults.set({ kind: 'chip-slow-command', time: seconds(6), commands: { count: 1 } });
      return send();
    });
    await step('3. Wait for 6 s, so that the chip ends the command by itself', () => clock.sleep(seconds(6)));
    const second = await step('4. Send GetRandom(8)', send);
    const third = await step('5. Send GetRandom(8) once more', send);
    return first === -62 && second === -62 && third === 0;
  },
);
