import {
  errnoAfter,
  GET_RANDOM_8,
  LOGGED,
  ms,
  pulseReset,
  RULE,
  seconds,
  TPM_RID,
  WaitStateTimeout,
  ZERO,
} from '../../fixtures/index.ts';
import { MERGED } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import type { Switch } from './words.ts';

knownBug(
  {
    id: 'L-26',
    title: 'resume trusts the firmware',
    observable: 'a TPM that was reset in suspend still refuses the third command after resume',
    has: ({ suspend }) => suspend?.startsTpm === false,
    breaks: [RULE.LOCALITY_CLAIMED],
    needs: ['reset'],
  },
  async ({ step, bindDriver, board }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Suspend to idle; reset the chip; resume', async () => {
      await driver.suspend('to-idle');
      await pulseReset(board);
      await errnoAfter(driver.resume());
    });
    const answers = await step('3. Read 8 random bytes three times', async () => {
      const all: (Uint8Array | undefined)[] = [];
      for (let i = 0; i < 3; i++) all.push(await driver.random(8).catch(() => undefined));
      return all;
    });
    return answers.every((answer) => answer === undefined);
  },
);

knownBug(
  {
    id: 'L-37',
    title: 'resume talks to the chip before clearing the mark',
    observable: 'one failed access at resume leaves the chip unavailable: a command ends with -32',
    has: MERGED,
  },
  async ({ step, bindDriver, clock }) => {
    const broken: Switch = { isOn: false };
    const failOneWrite = ({ direction }: { readonly direction: 'read' | 'write' }): void => {
      if (!broken.isOn || direction === 'read') return;
      broken.isOn = false;
      throw new WaitStateTimeout(10, ZERO, { fall: clock.now(), gaveUp: clock.now() });
    };
    const driver = await step('1. Bind the driver, without interrupt', () =>
      bindDriver({ hasInterrupt: false }, { before: failOneWrite }),
    );
    await step('2. Suspend to idle; resume, and let the first write time out', async () => {
      await driver.suspend('to-idle');
      broken.isOn = true;
      await errnoAfter(driver.resume());
      broken.isOn = false;
    });
    const errno = await step('3. Send GetRandom(8)', () => errnoAfter(driver.transmit(GET_RANDOM_8)));
    return errno === -32;
  },
);

knownBug(
  {
    id: 'L-41',
    title: 'what was awaited survives suspend',
    observable: 'a false time-out after resume',
    has: ({ holdsCsAfterStall }) => holdsCsAfterStall,
    needs: ['ready-line'],
  },
  async ({ step, bindDriver, faults, clock }) => {
    const driver = await step('1. Bind the driver and read 8 random bytes', async () => {
      const bound = await bindDriver();
      await bound.random(8);
      return bound;
    });
    await step('2. Read TPM_RID 10 ms later; leave out the ready pulse of that frame', async () => {
      await clock.sleep(ms(10));
      await faults.set({ kind: 'ready-missing', frames: { count: 1 } });
      await driver.phy.read8(TPM_RID);
    });
    await step('3. Suspend to idle for 60 s', async () => {
      await driver.suspend('to-idle');
      await clock.sleep(seconds(60));
    });
    const resumed = clock.now();
    await step('4. Resume and read TPM_RID', async () => {
      await driver.resume();
      await driver.phy.read8(TPM_RID);
    });
    return step('5. Look in its log for a ready pulse that did not come after resume', () =>
      driver.log.some(({ text, at }) => at >= resumed && text === LOGGED.pulseTimeout),
    );
  },
);
