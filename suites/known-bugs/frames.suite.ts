import {
  between,
  errnoAfter,
  hexBytes,
  RULE,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_STS,
  us,
} from '../../fixtures/index.ts';
import { FIRST_POSTED, MERGED, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import type { Switch } from './words.ts';
import { busFailure, changeReads } from './words.ts';

knownBug(
  {
    id: 'K-02',
    title: 'transfer buffer smaller than header and data',
    observable: 'a 64-byte read changes bytes around its buffer',
    has: NOBODY,
  },
  async ({ step, bindDriver }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const buffer = new Uint8Array(80).fill(0xc5);
    await step('2. Read 64 bytes of the FIFO into the middle of 80 bytes that are all c5', () =>
      driver.phy.read(TPM_DATA_FIFO, buffer, 8, 64),
    );
    return step('3. Look for another value in the 8 bytes before and behind', () =>
      [...buffer.subarray(0, 8), ...buffer.subarray(72)].some((byte) => byte !== 0xc5),
    );
  },
);

knownBug(
  {
    id: 'K-04',
    title: 'stale bytes on MOSI during flow control',
    observable: 'a poll byte other than 00',
    has: NOBODY,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const { frames } = await step('2. Read 32 random bytes', () => wires.during(() => driver.random(32)));
    return step('3. Look at MOSI during the wait bytes of each frame', () =>
      frames.some(({ sent, waitBytes }) => sent.subarray(4, 4 + waitBytes).some((byte) => byte !== 0)),
    );
  },
);

knownBug(
  {
    id: 'K-13',
    title: 'garbage burst count after a lost header',
    observable: 'a burstCount above 64 is believed',
    has: MERGED,
  },
  async ({ step, bindDriver }) => {
    const lost: Switch = { isOn: false };
    const driver = await step('1. Bind the driver', () =>
      bindDriver(
        {},
        changeReads(TPM_STS, lost, (data) => data.fill(0x01)),
      ),
    );
    lost.isOn = true;
    const { burst, word } = await step(
      '2. Let every byte of TPM_STS read as 01, as after a lost header; ask for burstCount and for the status',
      async () => ({
        burst: await driver.core.status.burstCount(),
        word: await driver.core.status.readWord(),
      }),
    );
    return step(
      '3. Compare burstCount with 64, and look whether a driver that reads both at once takes the word',
      () => {
        // A driver that reads status and burstCount as one word sees from bit 1 that this word is no status.
        return burst > 64 && (word !== 0 || driver.profile.tis.fifo === 'stepwise');
      },
    );
  },
);

knownBug(
  {
    id: 'L-27',
    title: 'zero length',
    observable: 'an access of 0 bytes reaches the bus',
    has: NOBODY,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const { frames } = await step('2. Read 0 bytes of TPM_ACCESS', () =>
      wires.during(() => errnoAfter(driver.phy.read(TPM_ACCESS, new Uint8Array(0)))),
    );
    return frames.length > 0;
  },
);

knownBug(
  {
    id: 'L-32',
    title: 'stale data on a failed data phase',
    observable: "the caller's buffer changes although the read failed",
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver }) => {
    const broken: Switch = { isOn: false };
    const driver = await step('1. Bind the driver', () =>
      bindDriver(
        {},
        {
          before: () => {
            if (broken.isOn) throw busFailure('data');
          },
        },
      ),
    );
    const buffer = hexBytes('11 22 33 44');
    broken.isOn = true;
    await step('2. Let the bus fail with EIO in the data phase; read TPM_DID_VID into 11 22 33 44', () =>
      errnoAfter(driver.phy.read(TPM_DID_VID, buffer)),
    );
    return step('3. Look at the first byte of the buffer', () => buffer[0] !== 0x11);
  },
);

knownBug(
  {
    id: 'L-34',
    title: 'frames of a split access are unpaced',
    observable: 'two FIFO writes less than 100 us apart',
    has: ({ longAccess }) => longAccess === 'split',
    breaks: [RULE.FRAME_AFTER_PULSE, RULE.GAP_WITHOUT_PULSE],
  },
  async ({ step, bindDriver, wires }) => {
    const garbage: Switch = { isOn: false };
    const driver = await step('1. Bind the driver', () =>
      bindDriver(
        {},
        changeReads(TPM_STS, garbage, (data) => {
          if (data.length === 4) data[1] = 130;
        }),
      ),
    );
    garbage.isOn = true;
    const { frames } = await step('2. Let burstCount read as 130; send a command of 200 bytes', () => {
      const command = new Uint8Array(200);
      command.set(hexBytes('80 01 00 00 00 c8 00 00 01 7b 00 08'));
      return wires.during(() => errnoAfter(driver.transmit(command)));
    });
    return step('3. Measure the gaps between FIFO writes that follow each other', () =>
      frames.some(({ register, direction, fall }, at) => {
        const last = frames[at - 1];
        const isBurst = direction === 'write' && register === TPM_DATA_FIFO;
        return isBurst && last?.register === TPM_DATA_FIFO && between(last.rise, fall) < us(100);
      }),
    );
  },
);
