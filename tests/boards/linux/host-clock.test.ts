import { expect, test } from '@playwright/test';
import { HostClock } from '../../../src/boards/linux/host-clock.ts';

const WORD = 2 ** 32;

test("the clock is the kernel's CLOCK_MONOTONIC, of which stamps are told in two words", () => {
  const clock = new HostClock();
  const before = clock.now();
  const stamp = process.hrtime.bigint();
  const after = clock.now();
  const at = clock.fromMonotonic(Number(stamp / BigInt(WORD)), Number(stamp % BigInt(WORD)));
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(after);
});
