import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { CircuitBreaker, RigDown } from '../../src/rig/index.ts';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A breaker as each new worker makes it. */
const breaker = (): CircuitBreaker => new CircuitBreaker('bench-1', folder);

const fail = async (): Promise<never> => {
  throw new Error('no answer on /dev/ttyACM0');
};

test('the third failure in a row opens it: the fourth attempt is not made', async () => {
  for (let i = 0; i < 3; i++) await expect(breaker().guard(fail)).rejects.toThrow('no answer');
  let attempts = 0;
  const fourth = breaker().guard(async () => ++attempts);
  await expect(fourth).rejects.toThrow(RigDown);
  await expect(breaker().guard(fail)).rejects.toThrow(
    /^Rig bench-1 is down since .*: it failed 3 times in a row, last with "no answer on \/dev\/ttyACM0"\. Mend it and run again\.$/,
  );
  expect(attempts).toBe(0);
});

test('a success between failures sets the count back to zero', async () => {
  for (let i = 0; i < 5; i++) {
    await expect(breaker().guard(fail)).rejects.toThrow('no answer');
    await expect(breaker().guard(fail)).rejects.toThrow('no answer');
    expect(await breaker().guard(async () => 'good')).toBe('good');
  }
});
