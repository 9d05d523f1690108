import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';

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
