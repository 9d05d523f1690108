import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import type { CaptureFormat, CaptureOptions } from '../../src/trace/index.ts';
import { Capture, CaptureError, renderJsonLines, RuleJudge } from '../../src/trace/index.ts';
import {
  CHANNELS,
  makeSamples,
  readFrame,
  toCsv,
  toSaleae,
  toSigrok,
  toVcd,
  writeFrame,
} from './synthetic.ts';

const RATE = 8_000_000;
const SAMPLES = makeSamples([
  readFrame(0, [0xa0]),
  writeFrame(0x18, [0x40]),
  readFrame(0x18, [0x80, 63, 0, 4]),
]);
const RAW: CaptureOptions = { raw: { sampleRateHz: RATE, channels: CHANNELS } };
const raw = new Capture('raw', () => [SAMPLES], RAW);

const FILES: readonly [CaptureFormat, Uint8Array, CaptureOptions][] = [
  ['raw', SAMPLES, RAW],
  ['vcd', Buffer.from(toVcd(SAMPLES, RATE)), {}],
  ['csv', Buffer.from(toCsv(SAMPLES, RATE)), {}],
  ['sigrok', toSigrok(SAMPLES, RATE), {}],
  ['saleae', toSaleae(SAMPLES, RATE), {}],
  ['trace', Buffer.from(renderJsonLines(raw)), {}],
];

/** One thing done to a file: a byte changed, a part cut out, or a part doubled. */
const damage = fc.record({
  kind: fc.constantFrom('change', 'cut', 'double'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 64 }),
  value: fc.integer({ min: 0, max: 255 }),
});

function damaged(
  file: Uint8Array,
  hits: readonly { kind: string; at: number; length: number; value: number }[],
) {
  let bytes = Buffer.from(file);
  for (const { kind, at, length, value } of hits) {
    const from = Math.floor(at * bytes.length);
    if (kind === 'change' && from < bytes.length) bytes[from] = value;
    const [before, part, after] = [
      bytes.subarray(0, from),
      bytes.subarray(from, from + length),
      bytes.subarray(from + length),
    ];
    if (kind === 'cut') bytes = Buffer.concat([before, after]);
    if (kind === 'double') bytes = Buffer.concat([before, part, part, after]);
  }
  return bytes;
}

/** Reads a file to its end; true when it was refused in words. */
function isRefused(format: CaptureFormat, file: Uint8Array, options: CaptureOptions): boolean {
  const source = new Capture(format, () => [file.subarray(0, 700), file.subarray(700)], options);
  const judge = new RuleJudge();
  try {
    source.replay(judge);
    judge.report();
    return false;
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(CaptureError);
    expect((error as Error).message).toMatch(/byte \d+: .+\.$/);
    return true;
  }
}

for (const [format, file, options] of FILES) {
  test(`a damaged ${format} file is read or refused in words, and never anything else`, () => {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), (hits) => {
        isRefused(format, damaged(file, hits), options);
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  test(`arbitrary bytes as a ${format} file are read or refused in words`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        isRefused(format, bytes, options);
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  test(`an undamaged ${format} file is not refused`, () => {
    expect(isRefused(format, file, options)).toBe(false);
  });
}
