import type { Instant, HostDriver } from '../../fixtures/index.ts';
import {
  BEGINNING,
  errnoAfter,
  GET_RANDOM_8,
  ms,
  pulseReset,
  RULE,
  seconds,
  TPM_CC,
} from '../../fixtures/index.ts';
import type { BugTools } from './tools.ts';
import { EVERY, FIRST_POSTED, MERGED, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import { COMMAND_IN_FLIGHT } from './shown-twice.ts';

/** Sends GetRandom(8), suspends 200 ms after it, and answers when each of the two ended. */
async function suspendInCommand(
  { clock }: BugTools,
  driver: HostDriver,
  kind: 'via-firmware' | 'to-idle',
): Promise<{ command: Instant; suspend: Instant }> {
  const ended = { command: BEGINNING, suspend: BEGINNING };
  await clock.together([
    async () => {
      await errnoAfter(driver.transmit(GET_RANDOM_8));
      ended.command = clock.now();
    },
    async () => {
      await clock.sleep(ms(200));
      await driver.suspend(kind);
      ended.suspend = clock.now();
    },
  ]);
  return ended;
}

knownBug(
  {
    id: 'K-18',
    title: 'a flag used as a lock',
    observable: 'a command is refused with -11 while suspended',
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Suspend to idle', () => driver.suspend('to-idle'));
    const errno = await step('3. Send GetRandom(8)', () => errnoAfter(driver.transmit(GET_RANDOM_8)));
    return errno === -11;
  },
);

knownBug(
  {
    id: 'K-19',
    title: 'the random-number thread talks to a sleeping chip',
    observable: 'frames between suspend and resume when randomness is wanted',
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Suspend to idle', () => driver.suspend('to-idle'));
    const { frames } = await step("3. Let the kernel's thread fill its random pool once", () =>
      wires.during(() => errnoAfter(driver.fillRandom())),
    );
    return frames.length > 0;
  },
);

knownBug(
  {
    id: 'K-21',
    title: 'suspend does not wait for a command',
    observable: 'suspend ends before the command of 1 s in flight',
    has: ({ suspend }) => suspend?.waitsViaFirmware === false,
    breaks: [RULE.STATUS_ORDER, RULE.LOCALITY_CLAIMED],
  },
  async (tools) => {
    const { step, bindDriver, faults } = tools;
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Let the next command take 1 s', () =>
      faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
    );
    const ended = await step('3. Send GetRandom(8); suspend via firmware 200 ms later', () =>
      suspendInCommand(tools, driver, 'via-firmware'),
    );
    return ended.suspend < ended.command;
  },
);

knownBug(
  {
    id: 'K-22',
    title: 'a failed Shutdown keeps the system awake',
    observable: 'suspend fails when the TPM refuses Shutdown with 0x100',
    has: NOBODY,
    needs: ['reset'],
  },
  async ({ step, bindDriver, board, provoking }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Reset the chip, so that it answers 0x100 until it is started', () => pulseReset(board));
    // The reset took the locality, and the driver was not told.
    const errno = await step('3. Suspend via firmware', () =>
      provoking([RULE.LOCALITY_CLAIMED], () => errnoAfter(driver.suspend('via-firmware'))),
    );
    return step('4. Look for a suspend that failed, or that does not log TPM error 256', () => {
      const refusal = 'A TPM error (256) occurred stopping the TPM';
      return errno !== 0 || !driver.log.some(({ text }) => text === refusal);
    });
  },
);

knownBug(
  {
    id: 'K-23',
    title: 'the suspended mark is set too late',
    observable: 'a command on the wire after Shutdown',
    has: MERGED,
  },
  async ({ step, bindDriver, faults, clock, wires, datasheet, provoking }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Let the next command take 1 s', () =>
      faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
    );
    // A driver whose suspend does not wait for its turn sends its command in the middle of another caller's.
    const meddles =
      datasheet.suspend?.waitsViaFirmware === false ? [RULE.STATUS_ORDER, RULE.LOCALITY_CLAIMED] : [];
    const { commands } = await step('3. Suspend via firmware; read 8 random bytes 400 ms later', () =>
      wires.during(() =>
        provoking(meddles, () =>
          clock.together([
            () => driver.suspend('via-firmware'),
            async () => {
              await clock.sleep(ms(400));
              await errnoAfter(driver.random(8));
            },
          ]),
        ),
      ),
    );
    return step('4. Look for a command after Shutdown', () => {
      const shutdown = commands.findIndex(({ code }) => code === TPM_CC.Shutdown);
      return shutdown < 0 || commands.length > shutdown + 1;
    });
  },
);

knownBug(
  {
    id: 'K-24',
    title: 'the chip is started although suspended',
    observable: 'locality frames of a command that is refused',
    has: ({ suspend }) => suspend?.refusal.hasTraffic === true,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Suspend to idle', () => driver.suspend('to-idle'));
    const { frames } = await step('3. Send GetRandom(8)', () =>
      wires.during(() => errnoAfter(driver.transmit(GET_RANDOM_8))),
    );
    return frames.length > 0;
  },
);

knownBug(
  {
    id: 'K-25',
    title: 'always firmware managed',
    observable: 'no Shutdown although the platform declares its firmware does not look after the TPM',
    has: FIRST_POSTED,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver to a device whose firmware-power-managed is false', () =>
      bindDriver({ firmwarePowerManaged: false }),
    );
    const { commands } = await step('2. Suspend to idle', () =>
      wires.during(() => driver.suspend('to-idle')),
    );
    return step('3. Look for Shutdown among the commands', () =>
      commands.every(({ code }) => code !== TPM_CC.Shutdown),
    );
  },
);

knownBug(COMMAND_IN_FLIGHT, async (tools) => {
  const { step, bindDriver, faults, wires } = tools;
  const driver = await step('1. Bind the driver', () => bindDriver());
  await step('2. Let the next command take 1 s', () =>
    faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } }),
  );
  const { suspend } = await step('3. Send GetRandom(8); suspend to idle 200 ms later', () =>
    suspendInCommand(tools, driver, 'to-idle'),
  );
  return step('4. Look for frames after the end of suspend', () =>
    wires.since().frames.some(({ fall }) => fall > suspend),
  );
});

knownBug(
  {
    id: 'L-25',
    title: 'no Shutdown in suspend to idle',
    observable: 'nothing is told to the TPM',
    has: EVERY,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const { commands } = await step('2. Suspend to idle', () =>
      wires.during(() => driver.suspend('to-idle')),
    );
    return commands.length === 0;
  },
);
