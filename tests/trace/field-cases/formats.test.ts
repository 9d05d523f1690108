import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import { openCapture } from '../../../src/trace/index.ts';
import { framesAndCommands, HEALTHY, inputOf, judged, openInput, verdicts } from './cases.ts';

// The same healthy capture as the programs of several makers write it.

for (const name of [
  '01-sal-new-layout/boot-logic2-meta16.sal',
  '01-sal-new-layout/boot-logic2-meta8.sal',
  '02-sr-probe-gaps/two-pods.sr',
  '04-csv-time-unit/time-ms.csv',
  '04-csv-time-unit/time-us.csv',
  '04-csv-time-unit/time-s.csv',
  '13-saleae-csv-2025/exponent.csv',
  '13-saleae-csv-2025/gaps-X.csv',
  '13-saleae-csv-2025/iso8601.csv',
  '14-other-makers-exports/capture.dsl',
  '14-other-makers-exports/digilent.csv',
  '14-other-makers-exports/dsview.csv',
  '14-other-makers-exports/semicolon.csv',
  '14-other-makers-exports/sigrok.csv',
])
  test(`${name} is recognised, and gives 29 frames and two commands`, () => {
    expect(framesAndCommands(openInput(name))).toBe(HEALTHY);
  });

for (const name of ['01-sal-new-layout/boot-logic2-meta16.sal', '02-sr-probe-gaps/two-pods.sr'])
  test(`${name} keeps every rule that it can be judged by`, () => {
    expect(verdicts(openInput(name)).broken).toEqual([]);
  });

test('holes between the channels of a session are no channels', () => {
  expect(openInput('02-sr-probe-gaps/two-pods.sr').channels).toEqual(['CLK', 'MISO', 'MOSI', 'CS#']);
});

test('a unit that a CSV states is read: three units, three times the same verdicts', () => {
  const [first, ...others] = ['s', 'ms', 'us'].map((unit) => {
    const { counts } = judged(openInput(`04-csv-time-unit/time-${unit}.csv`));
    return [...counts].map(([id, { occasions, violations }]) => `${id} ${violations} ${occasions}`);
  });
  expect(verdicts(openInput('04-csv-time-unit/time-us.csv')).broken).toEqual([]);
  for (const other of others) expect(other).toEqual(first);
});

test('a unit that nobody knows is refused, and can be stated', () => {
  const text = Buffer.from(inputOf('04-csv-time-unit/time-us.csv'))
    .toString()
    .replace('[us]', '[fortnights]');
  const open = (timeUnit?: string) =>
    openCapture(
      {
        name: 'x',
        size: text.length,
        chunks: (from = 0, to = text.length) => [Buffer.from(text).subarray(from, to)],
      },
      timeUnit === undefined ? {} : { timeUnit },
    );
  expect(() => open()).toThrow(/its times are in "fortnights"; s, ms, us, ns, ps can be read/);
  expect(framesAndCommands(open('us'))).toBe(HEALTHY);
});

for (const version of ['v0', 'v1'])
  test(`a folder of digital_N.bin, ${version}, is read as one capture, and so is any file of it`, () => {
    const folder = join(import.meta.dirname, '05-saleae-bin-as-raw', version);
    const names = ['cs', 'clk', 'mosi', 'miso'];
    expect(framesAndCommands(openCapture(folder, { names }))).toBe(HEALTHY);
    const file = join(folder, 'digital_1.bin');
    expect(framesAndCommands(openCapture(file, { raw: { sampleRateHz: 100e6, channels: names } }))).toBe(
      HEALTHY,
    );
    const channels = { cs: 'digital_0', clk: 1, mosi: '2', miso: 'digital_3' };
    expect(framesAndCommands(openCapture(folder, { channels }))).toBe(HEALTHY);
  });

test('nothing is judged of a line while its column is X', () => {
  const { counts, refusals } = judged(openInput('13-saleae-csv-2025/gaps-X.csv'));
  expect(counts.get('pulse-per-frame')?.unseen).toBe(0);
  expect(refusals.map(({ rule }) => rule.id)).toEqual(['gap-without-pulse']);
});
