import {
  ACCESS,
  between,
  errnoAfter,
  hexBytes,
  ms,
  seconds,
  TPM_ACCESS,
  TPM_DID_VID,
  TPM_FW_VER,
} from '../../fixtures/index.ts';
import type { BugTools } from './tools.ts';
import { BOTH_KERNELS, EVERY, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import { busFailure, changeReads, NO_INTERRUPT } from './words.ts';

const ALWAYS = { isOn: true };

knownBug(
  {
    id: 'K-15',
    title: 'module not loaded for the announced alias',
    observable: 'the driver does not match spi:cr50',
    has: NOBODY,
  },
  async ({ step, profile }) => {
    const { modalias, compatible } = await step(
      '1. Take what the driver says it matches',
      () => profile.match,
    );
    return step(
      '2. Compare it with what the device announces: alias spi:cr50, compatible google,cr50',
      () => modalias !== 'spi:cr50' || compatible !== 'google,cr50',
    );
  },
);

/** Binds while the bus fails the frame `nth` with EIO, then binds again. Answers whether that driver reads 8 random bytes. */
async function bindsAgainAfter({ faults, clock, makeDriver }: BugTools, nth: number): Promise<boolean> {
  await faults.set({ kind: 'bus-error', errno: 5, frames: { from: nth, count: 1 } });
  const first = makeDriver(NO_INTERRUPT);
  await errnoAfter(first.probe());
  await faults.clear();
  first.abandon();
  await clock.sleep(ms(1100));
  const second = makeDriver(NO_INTERRUPT);
  const isBound = (await errnoAfter(second.probe())) === 0;
  const isWell = isBound && (await second.random(8)).length === 8;
  second.abandon();
  return isWell;
}

knownBug(
  {
    id: 'K-42',
    title: 'error paths of registration',
    observable: 'after a probe with a failed frame the next one fails too',
    has: NOBODY,
  },
  async (tools) => {
    const areWell = await tools.step(
      '1. Let the bus fail frame 0, 3, 6 and so on to 57 of a probe with EIO; bind again 1.1 s later and read 8 random bytes',
      async () => {
        const wells: boolean[] = [];
        for (let nth = 0; nth < 60; nth += 3) wells.push(await bindsAgainAfter(tools, nth));
        return wells;
      },
    );
    return tools.step('2. Look for a second probe that failed, or bytes that did not come', () =>
      areWell.includes(false),
    );
  },
);

knownBug(
  {
    id: 'K-45',
    title: 'a slow answer taken for field failure',
    observable: 'a command table that takes 800 ms fails the probe or loses its commands',
    has: BOTH_KERNELS,
  },
  async ({ step, makeDriver, faults }) => {
    await step('1. Let every command take 800 ms', () =>
      faults.set({ kind: 'chip-slow-command', time: ms(800) }),
    );
    const driver = makeDriver();
    const errno = await step('2. Bind the driver', () => errnoAfter(driver.probe()));
    return step(
      '3. Look for a probe that failed, or a driver that knows no command of the TPM',
      () => errno < 0 || driver.inventory.commands.length === 0,
    );
  },
);

knownBug(
  {
    id: 'K-46',
    title: 'foreign chips are accepted',
    observable: 'the driver binds to vendor 1050',
    has: BOTH_KERNELS,
  },
  async ({ step, makeDriver }) => {
    const identity = hexBytes('50 10 01 00');
    const driver = makeDriver(
      NO_INTERRUPT,
      changeReads(TPM_DID_VID, ALWAYS, (data) => {
        data.set(identity.subarray(0, data.length));
      }),
    );
    const errno = await step(
      '1. Let TPM_DID_VID read as 50 10 01 00; bind the driver, without interrupt',
      () => errnoAfter(driver.probe()),
    );
    return step('2. Look whether the probe succeeded', () => errno === 0);
  },
);

knownBug(
  {
    id: 'K-56',
    title: 'chip busy at host start',
    observable: 'the probe fails when another locality is active for 5 s',
    has: BOTH_KERNELS,
  },
  async ({ step, makeDriver, clock }) => {
    const begun = clock.now();
    const driver = makeDriver(
      NO_INTERRUPT,
      changeReads(TPM_ACCESS, ALWAYS, (data) => {
        if (between(begun, clock.now()) < seconds(5)) data[0]! &= ~ACCESS.activeLocality;
      }),
    );
    const errno = await step(
      '1. Let TPM_ACCESS read without activeLocality for 5 s, as if another locality were active; bind the driver, without interrupt',
      () => errnoAfter(driver.probe()),
    );
    return step('2. Look whether the probe failed', () => errno < 0);
  },
);

knownBug(
  {
    id: 'L-04',
    title: 'the version loop ignores errors',
    observable: 'the probe succeeds although no byte of the version could be read',
    has: BOTH_KERNELS,
  },
  async ({ step, makeDriver }) => {
    const driver = makeDriver(NO_INTERRUPT, {
      before: ({ register }) => {
        if (register === TPM_FW_VER) throw busFailure();
      },
    });
    const errno = await step(
      '1. Let the bus fail every read of TPM_FW_VER with EIO; bind the driver, without interrupt',
      () => errnoAfter(driver.probe()),
    );
    return step('2. Look whether the probe succeeded', () => errno === 0);
  },
);

knownBug(
  {
    id: 'L-05',
    title: 'version text cut at 64 bytes',
    observable: 'of a text of 79 characters 64 are kept',
    has: BOTH_KERNELS,
  },
  async ({ step, bindDriver }) => {
    let sent = 0;
    const driver = await step('1. Let TPM_FW_VER read as 79 times "a" and then zeros; bind the driver', () =>
      bindDriver(
        {},
        changeReads(TPM_FW_VER, ALWAYS, (data) => {
          for (let i = 0; i < data.length; i++) data[i] = sent++ < 79 ? 0x61 : 0;
        }),
      ),
    );
    const version = await step('2. Ask the driver for the version text', () => driver.firmwareVersion());
    return version.length === 64;
  },
);

knownBug(
  {
    id: 'L-06',
    title: 'version read without locality',
    observable: 'the version is garbage on a chip that tells it only to the active locality',
    has: BOTH_KERNELS,
  },
  async ({ step, bindDriver }) => {
    let isActive = false;
    const driver = await step(
      '1. Let TPM_FW_VER read as ff unless the driver has seen activeLocality since its last write to TPM_ACCESS; bind the driver',
      () =>
        bindDriver(
          {},
          {
            after: ({ register, direction }, data) => {
              if (register === TPM_ACCESS)
                isActive = direction === 'read' && (data[0]! & ACCESS.activeLocality) !== 0;
              if (register === TPM_FW_VER && direction === 'read' && !isActive) data.fill(0xff);
            },
          },
        ),
    );
    const version = await step('2. Ask the driver for the version text', () => driver.firmwareVersion());
    return step('3. Look for ff in the text', () => version.includes('\u00ff'));
  },
);

knownBug(
  {
    id: 'L-38',
    title: 'removal of a dead chip takes its time',
    observable: 'unbinding with MISO low takes longer than 700 ms',
    has: EVERY,
  },
  async ({ step, bindDriver, faults, clock }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Hold MISO low', () => faults.set({ kind: 'line-stuck', line: 'MISO', level: 'low' }));
    const before = clock.now();
    await step('3. Unbind the driver', () => errnoAfter(driver.remove()));
    return between(before, clock.now()) > ms(700);
  },
);
