import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
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

/** Files made to exhaust memory or patience: what each is, its pieces, and what it must be told. */
const HOSTILE: readonly [string, CaptureFormat, () => Iterable<Uint8Array>, RegExp][] = [
  [
    'a VCD header without an end',
    'vcd',
    () => repeated('$comment x $end\n', 1e7),
    /VCD, byte 1048576: the header/,
  ],
  [
    'a VCD time without an end',
    'vcd',
    () => repeated('1', 1e7, toVcd(SAMPLES, RATE) + '#'),
    /VCD, byte \d+: .*time/,
  ],
  [
    'a CSV line without an end',
    'csv',
    () => repeated('x', 1e7),
    /CSV, byte 65536: the first line does not end/,
  ],
  ['a trace line without an end', 'trace', () => repeated('x', 1e7), /a line has more than 1048576 bytes/],
  [
    'metadata that inflate without an end',
    'sigrok',
    () => [bomb('metadata', 4)],
    /metadata has more than 1048576/,
  ],
  [
    'a Saleae channel that inflates without an end',
    'saleae',
    () => [bomb('digital-0.bin', 260)],
    /more than 256 MiB/,
  ],
];

function* repeated(text: string, size: number, head = ''): Generator<Uint8Array> {
  yield Buffer.from(head);
  const piece = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  for (let sent = 0; sent < size; sent += piece.length) yield piece;
}

/** Zeros that take a thousandth of their room. */
const bomb = (name: string, mib: number): Uint8Array =>
  zipSync({ [name]: [new Uint8Array(mib << 20), { level: 1 }] });

for (const [what, format, pieces, message] of HOSTILE)
  test(`${what} is refused in words, in little memory`, () => {
    const before = process.memoryUsage().rss;
    const source = new Capture(format, pieces);
    expect(() => {
      source.replay(new RuleJudge());
    }).toThrow(message);
    // The largest thing that is held on purpose is a Saleae capture's channels.
    expect(process.memoryUsage().rss - before).toBeLessThan(1024 << 20);
  });

test('samples that inflate a thousandfold are read in memory that stays flat', () => {
  const metadata =
    '[device 1]\ncapturefile=logic-1\nsamplerate=8 MHz\nprobe1=CLK\nprobe2=MOSI\nprobe3=MISO\nprobe4=CS\nunitsize=1\n';
  const archive = zipSync({
    metadata: Buffer.from(metadata),
    'logic-1-1': [new Uint8Array(64 << 20), { level: 1 }],
  });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const source = new Capture('sigrok', function* pieces() {
    for (let at = 0; at < archive.length; at += 65_536) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      yield archive.subarray(at, at + 65_536);
    }
  });
  const judge = new RuleJudge();
  source.replay(judge);
  expect(judge.report().violations).toEqual([]);
  expect(most).toBeLessThan(16 << 20);
});
