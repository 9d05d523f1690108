import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { ms } from '../../../src/units/index.ts';

const PREPARE = fileURLToPath(new URL('../../../rigs/virtual-lab/prepare.sh', import.meta.url));

/** Skips the test, with the lab's own words, on a machine that lacks something for the virtual lab; not in CI. */
export function needsLab(): void {
  try {
    execFileSync(PREPARE, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    const { CI = '' } = process.env;
    if (CI !== '' && CI !== 'false') throw new Error(`The virtual lab is not skipped in CI: ${said}`);
    test.skip(true, said.split('\n').at(-1) ?? said);
  }
}

/** Tests with a lab of their own, its chip on. */
export const labTest = test.extend<{ lab: VirtualLabBoard }>({
  lab: async ({}, use) => {
    needsLab();
    const lab = await VirtualLabBoard.open({ seed: 1 });
    await lab.power?.on();
    await lab.clock.sleep(ms(100));
    await lab.reset?.deassert();
    await lab.clock.sleep(ms(100));
    await use(lab);
    await lab.close();
  },
});
