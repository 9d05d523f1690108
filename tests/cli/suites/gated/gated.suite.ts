import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { test as base } from '../../../../fixtures/index.ts';

/** Longer than any test of a kill needs, so that a gate that nobody opens is a failure and no hang. */
const LIMIT_MS = 100_000;

/** Waits for a file beside the report's folder. The test of the command makes the file. */
async function gate(runFolder: string, name: 'begin' | 'test' | 'end'): Promise<void> {
  process.stderr.write(`gate ${name}\n`);
  const end = performance.now() + LIMIT_MS;
  while (!existsSync(`${runFolder}.${name}`)) {
    if (performance.now() > end) throw new Error(`Nobody made ${runFolder}.${name}.`);
    await pause(10);
  }
}

const test = base.extend<object, { gates: undefined }>({
  gates: [
    async ({ runFolder }, use) => {
      await gate(runFolder, 'begin');
      await use(undefined);
      await gate(runFolder, 'end');
    },
    { auto: true, scope: 'worker', timeout: 2 * LIMIT_MS },
  ],
});

test('the first of two tests, with a gate in the middle', async ({ driver, step, runFolder }) => {
  await driver.random(4);
  await step('1. wait', async () => {
    await gate(runFolder, 'test');
  });
  await driver.random(4);
});

test('the second of two tests', async ({ driver }) => {
  await driver.random(4);
});
