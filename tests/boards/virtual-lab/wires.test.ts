import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test as base } from '@playwright/test';
import { compareWires } from '../../../src/report/wires.ts';
import { TraceLines } from '../../../src/trace/index.ts';
import type { Instant } from '../../../src/units/index.ts';
import { UsageError } from '../../../src/units/index.ts';

const at = (ns: number): Instant => ns as Instant;

/** What one test leaves: a frame of the host that reads DID_VID, its wake pulse before it, and an edge after it. */
function linesOf(title: string, rise: number): Buffer {
  const lines = new TraceLines();
  lines.power(true, at(0));
  lines.select(at(10), at(20));
  const [sent, received] = [Uint8Array.of(0x83, 0xd4, 0x0f, 0), Uint8Array.of(0xff, 0xff, 0xff, 1)];
  lines.frame({ sent, received, fall: at(1000), rise: at(rise), pollAt: 4, polled: 0 });
  lines.edge('INT_AP_L', true, at(rise + 500));
  return Buffer.concat([gzipSync(`${title}\n`), lines.gzip()]);
}

const test = base.extend<{ runOf: (...tests: readonly Buffer[]) => string }>({
  runOf: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-wires-'));
    let count = 0;
    await use((...tests) => {
      const run = join(folder, String(count++));
      mkdirSync(join(run, 'wires'), { recursive: true });
      tests.forEach((bytes, index) => {
        writeFileSync(join(run, 'wires', `00000${index}.gz`), bytes);
      });
      return run;
    });
    rmSync(folder, { recursive: true });
  },
});

test('two runs that are the same have no difference', async ({ runOf }) => {
  const run = (): string => runOf(linesOf('first', 2000), linesOf('second', 3000));
  expect(await compareWires(run(), run())).toEqual({ tests: 2, lines: 8, difference: undefined });
});

test('a frame that takes one microsecond longer is the line that is named', async ({ runOf }) => {
  const one = runOf(linesOf('first', 2000), linesOf('second', 2000));
  const other = runOf(linesOf('first', 2000), linesOf('second', 3000));
  expect((await compareWires(one, other)).difference).toEqual({
    test: 'second',
    line: 3,
    one: 'frame 1000 2000 83d40f00 ffffff01',
    other: 'frame 1000 3000 83d40f00 ffffff01',
  });
});

test('a run that ends early, and one with other tests, differ there', async ({ runOf }) => {
  const whole = runOf(linesOf('first', 2000), linesOf('second', 2000));
  expect((await compareWires(whole, runOf(linesOf('first', 2000)))).difference).toMatchObject({
    test: 'second',
    line: 0,
    other: undefined,
  });
  expect((await compareWires(whole, runOf(linesOf('other', 2000)))).difference).toMatchObject({
    line: 0,
    one: 'first',
    other: 'other',
  });
});

for (const [what, bytes] of [
  ['cut off', linesOf('first', 2000).subarray(0, 30)],
  ['no gzip', Buffer.from('first\n')],
] as const)
  test(`a file of lines that is ${what} is a sentence`, async ({ runOf }) => {
    const compared = compareWires(runOf(linesOf('first', 2000)), runOf(bytes));
    const failure: unknown = await compared.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect(String(failure)).toMatch(/000000\.gz cannot be read \(.*\)\. Make the run again/);
  });

test('nothing in a file of lines moves the cursor', async ({ runOf }) => {
  const other = Buffer.concat([gzipSync('first\n'), gzipSync('power 0 \x1b[31mon\n')]);
  const { difference } = await compareWires(runOf(linesOf('first', 2000)), runOf(other));
  expect(difference?.other).toBe('power 0 \\u001b[31mon');
});

test('a run that kept nothing is a sentence with what to do', async ({ runOf }) => {
  const failure: unknown = await compareWires(tmpdir(), runOf()).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(String(failure)).toContain('has no folder wires: only a run on a kernel in virtual time');
});
