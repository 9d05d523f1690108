import { expect, test } from '@playwright/test';
import type { Work } from '../../src/driver/index.ts';
import { awaiting, perform } from '../../src/driver/index.ts';
import { waited } from '../../src/driver/work.ts';

class Part {
  steps = '';

  *twice(value: number | Promise<number>): Work<number> {
    this.steps += 'a';
    const came = yield* waited(value);
    this.steps += 'b';
    return came * 2;
  }

  *safely(value: Promise<number>): Work<number> {
    try {
      return yield* this.twice(value);
    } catch {
      return -1;
    } finally {
      this.steps += 'c';
    }
  }
}

test('work that has nothing to wait for is over when the call returns', () => {
  const part = new Part();
  void perform(part.twice(3));
  expect(part.steps).toBe('ab');
});

test('work goes on with what it waited for, and resolves with its result', async () => {
  const part = new Part();
  const result = perform(part.twice(Promise.resolve(4)));
  expect(part.steps).toBe('a');
  expect(await result).toBe(8);
});

test('a failure comes up where the work waits, which may go on', async () => {
  const part = new Part();
  expect(await perform(part.safely(Promise.reject(new Error('no'))))).toBe(-1);
  expect(part.steps).toBe('ac');
});

test('a failure that nobody catches is that of the promise, before a wait and after', async () => {
  function* failing(value: undefined | Promise<undefined>): Work<void> {
    yield* waited(value);
    throw new Error('broken');
  }
  await expect(perform(failing(undefined))).rejects.toThrow('broken');
  await expect(perform(failing(Promise.resolve(undefined)))).rejects.toThrow('broken');
});

test('for callers that await, a part and its own parts give promises, and other things as they are', async () => {
  const outer = awaiting({ inner: new Part(), name: 'outer', bytes: Uint8Array.of(1) });
  expect(await outer.inner.twice(5)).toBe(10);
  expect(outer.inner.steps).toBe('ab');
  expect([outer.name, outer.bytes[0], outer.inner === outer.inner]).toEqual(['outer', 1, true]);
});
