import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import type { CaptureBytes, CaptureFormat, CaptureOptions, TraceSource } from '../../src/trace/index.ts';
import {
  bytesInMemory,
  examineSetup,
  FrameCensus,
  measureTrace,
  NOTHING,
  openCapture,
  recognise,
  renderHtml,
  renderJsonLines,
  renderPcapng,
  renderText,
  renderTimeline,
  renderTraceEvents,
  renderVcd,
  RuleJudge,
  RULES,
  tee,
} from '../../src/trace/index.ts';
import { hertz, instant, UsageError } from '../../src/units/index.ts';
import {
  CHANNELS,
  makeSamples,
  readFrame,
  toCsv,
  toDialect,
  toDslogic,
  toNewSaleae,
  toSaleae,
  toSaleaeBinary,
  toSigrok,
  toVcd,
  writeFrame,
} from './synthetic.ts';
import { attempts, TEST_SEED } from '../thorough.ts';

const RSS_BEFORE = process.memoryUsage().rss;
const RATE = 8_000_000;
const SAMPLES = makeSamples([
  readFrame(0, [0xa0]),
  writeFrame(0x18, [0x40]),
  readFrame(0x18, [0x80, 63, 0, 4]),
]);
const RAW: CaptureOptions = { raw: { sampleRateHz: RATE, channels: CHANNELS } };
const raw = openCapture(bytesInMemory(SAMPLES), { format: 'raw', ...RAW });

/** The channels of a Saleae binary export beside each other, one of them damaged. */
function exported(version: 0 | 1, file: Uint8Array): CaptureBytes {
  const channels = CHANNELS.map((_, bit) => toSaleaeBinary(SAMPLES, RATE, bit, version));
  channels[0] = file;
  return {
    ...bytesInMemory(file, 700, 'digital_0.bin'),
    sibling: (name) => {
      const bytes = channels[Number(/\d+/.exec(name)?.[0])];
      return bytes && bytesInMemory(bytes, 700, name);
    },
  };
}

interface Specimen {
  readonly what: string;
  readonly format: CaptureFormat;
  readonly file: Uint8Array;
  readonly options?: CaptureOptions;
  /** The bytes as they are opened, where they are not alone. */
  readonly open?: (file: Uint8Array) => CaptureBytes;
}

const NAMES: CaptureOptions = { names: CHANNELS };
const seconds = (time: number): string => time.toFixed(9);
const isoTime = (time: number): string => `2024-03-08T13:11:05.${seconds(time).slice(2)}+01:00`;

const FILES: readonly Specimen[] = [
  { what: 'raw', format: 'raw', file: SAMPLES, options: RAW },
  { what: 'VCD', format: 'vcd', file: Buffer.from(toVcd(SAMPLES, RATE)) },
  { what: 'CSV', format: 'csv', file: Buffer.from(toCsv(SAMPLES, RATE)) },
  {
    what: 'CSV with semicolons',
    format: 'csv',
    file: Buffer.from(
      toDialect(SAMPLES, RATE, {
        head: '# made\r\n',
        separator: ';',
        time: (time) => seconds(time).replace('.', ','),
      }),
    ),
  },
  {
    what: 'CSV with exponents',
    format: 'csv',
    file: Buffer.from(
      toDialect(SAMPLES, RATE, { head: '', separator: '\t', time: (time) => time.toExponential(9) }),
    ),
  },
  {
    what: 'CSV with times of day',
    format: 'csv',
    file: Buffer.from(toDialect(SAMPLES, RATE, { head: '', separator: ',', time: isoTime })),
  },
  { what: 'sigrok', format: 'sigrok', file: toSigrok(SAMPLES, RATE) },
  { what: 'Saleae', format: 'saleae', file: toSaleae(SAMPLES, RATE) },
  { what: 'newer Saleae', format: 'saleae', file: toNewSaleae(SAMPLES, RATE) },
  { what: 'DSView', format: 'dslogic', file: toDslogic(SAMPLES, RATE) },
  ...([0, 1] as const).map((version): Specimen => ({
    what: `Saleae binary, version ${version},`,
    format: 'saleae-binary',
    file: toSaleaeBinary(SAMPLES, RATE, 0, version),
    options: NAMES,
    open: (file) => exported(version, file),
  })),
  { what: 'trace', format: 'trace', file: Buffer.from(renderJsonLines(raw)) },
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

const LONGEST_MS = 10_000;
const MOST_BYTES = 300 << 20;

/** Reads a file to its end and gives every answer, in bounded time and memory; true when it was refused in words. */
function isRefused(specimen: Specimen, file: Uint8Array): boolean {
  const began = performance.now();
  const isBad = isRefusedInWords(specimen, file);
  if (performance.now() - began > LONGEST_MS) throw new Error('It took more than 10 s.');
  if (process.memoryUsage().rss - RSS_BEFORE > MOST_BYTES) throw new Error('It took more than 300 MiB.');
  return isBad;
}

function isRefusedInWords({ format, options = {}, open }: Specimen, file: Uint8Array): boolean {
  const bytes = open?.(file) ?? bytesInMemory(file, 700);
  try {
    const capture = openCapture(bytes, { format, ...options });
    const judge = new RuleJudge(RULES, { resolution: capture.resolution, watched: capture.watched });
    const census = new FrameCensus();
    capture.replay(tee(judge, census.sink));
    judge.report();
    if (capture.waves) examineSetup(census, capture.waves, options);
    for (const render of RENDERINGS) render(capture);
    return false;
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(UsageError);
    return true;
  }
}

const RENDERINGS: readonly ((source: TraceSource) => unknown)[] = [
  renderText,
  renderJsonLines,
  renderPcapng,
  renderTraceEvents,
  renderHtml,
  measureTrace,
  (source) => renderVcd(source, { sck: hertz(1e6) }),
  (source) => renderTimeline(source, { from: instant(0), to: instant(Infinity) }),
];

for (const specimen of FILES) {
  test(`a damaged ${specimen.what} file is read or refused in words, and never anything else`, () => {
    test.setTimeout(600_000);
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), (hits) => {
        isRefused(specimen, damaged(specimen.file, hits));
      }),
      { numRuns: attempts(3000, 150), seed: TEST_SEED },
    );
  });

  test(`arbitrary bytes as a ${specimen.what} file are read or refused in words`, () => {
    test.setTimeout(600_000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        isRefused(specimen, bytes);
      }),
      { numRuns: attempts(1000, 50), seed: TEST_SEED },
    );
  });

  test(`an undamaged ${specimen.what} file is not refused, and holds the three frames`, () => {
    expect(isRefused(specimen, specimen.file)).toBe(false);
    const { format, file, options, open } = specimen;
    let frames = 0;
    openCapture(open?.(file) ?? bytesInMemory(file, 700), { format, ...options }).replay({
      ...NOTHING,
      frame: () => frames++,
    });
    expect(frames).toBe(3);
  });
}

test('what a damaged file is, is found by its contents or refused in words', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FILES),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      (specimen, hits) => {
        try {
          recognise(bytesInMemory(damaged(specimen.file, hits), 700));
        } catch (error) {
          expect(error, String(error)).toBeInstanceOf(UsageError);
        }
      },
    ),
    { numRuns: attempts(3000, 300), seed: TEST_SEED },
  );
});

/** Bytes that repeat without being held: as many as `size`, behind `head`. */
const endless = (text: string, size: number, head = ''): CaptureBytes => ({
  name: 'endless',
  size: head.length + size,
  *chunks(from = 0, to = Infinity) {
    const piece = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
    const whole = Buffer.concat([Buffer.from(head), piece]);
    for (let at = from; at < Math.min(to, size); at += whole.length)
      yield at < head.length ? whole.subarray(at, to) : piece.subarray(0, Math.min(piece.length, to - at));
  },
});

/** Zeros that take a thousandth of their room. */
const bomb = (name: string, mib: number): CaptureBytes =>
  bytesInMemory(zipSync({ [name]: [new Uint8Array(mib << 20), { level: 1 }] }));

/** A session with these metadata, and no samples that matter. */
const session = (metadata: string): CaptureBytes =>
  bytesInMemory(
    zipSync({ version: Buffer.from('2'), metadata: Buffer.from(metadata), 'logic-1': Buffer.of(0) }),
  );

const salMeta = (meta: string): CaptureBytes => bytesInMemory(zipSync({ 'meta.json': Buffer.from(meta) }));

/** Files made to exhaust memory or patience: what each is, its bytes, and what it must be told. */
const HOSTILE: readonly [string, CaptureFormat, () => CaptureBytes, RegExp][] = [
  [
    'a VCD header without an end',
    'vcd',
    () => endless('$comment x $end\n', 1e7),
    /VCD, byte 1048576: the header/,
  ],
  [
    'a VCD time without an end',
    'vcd',
    () => endless('1', 1e7, toVcd(SAMPLES, RATE) + '#'),
    /VCD, byte \d+: .*time/,
  ],
  ['a CSV line without an end', 'csv', () => endless('x', 1e7), /CSV, byte 0: no line has a time and levels/],
  [
    'a CSV line of levels without an end',
    'csv',
    () => endless('1', 1e7, 'Time [s],CS,CLK,MOSI,MISO\n0,1,0,0,0\n'),
    /CSV, byte \d+: a line has more than 65536/,
  ],
  ['a trace line without an end', 'trace', () => endless('x', 4e7), /a line has more than \d+ bytes/],
  [
    'metadata that inflate without an end',
    'sigrok',
    () => bomb('metadata', 4),
    /metadata has more than 1048576/,
  ],
  [
    'a rate with a million blanks',
    'sigrok',
    () => session(`probe1=CLK\nsamplerate=a${' '.repeat(1e6)}b\n`),
    /its samplerate, "a .*", cannot be read/,
  ],
  ['meta.json of 50 MB', 'saleae', () => salMeta('['.repeat(50e6)), /meta\.json has more than 4194304 bytes/],
  ['meta.json of 4 MB of brackets', 'saleae', () => salMeta('['.repeat(4e6)), /meta\.json is no JSON/],
  [
    'a kind that makes no text',
    'trace',
    () => bytesInMemory(Buffer.from('{"kind":{"toString":null,"valueOf":null}}')),
    /an object is no kind of event/,
  ],
];

for (const [what, format, bytes, message] of HOSTILE)
  test(`${what} is refused in words, in little memory and time`, () => {
    const file = bytes();
    const [before, began] = [process.memoryUsage().rss, process.hrtime.bigint()];
    expect(() => {
      openCapture(file, { format }).replay(new RuleJudge());
    }).toThrow(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 << 20);
    expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(10);
  });

for (const [what, options] of [
  ['a rate of nearly nothing', { ...RAW, raw: { sampleRateHz: 1e-320, channels: CHANNELS } }],
  ['a rate of more than there is', { ...RAW, raw: { sampleRateHz: 1e300, channels: CHANNELS } }],
] as const)
  test(`${what} is refused in words, or every answer is given`, () => {
    isRefused({ what, format: 'raw', file: SAMPLES, options }, SAMPLES);
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
  const inMemory = bytesInMemory(archive, 65_536);
  const source = openCapture(
    {
      ...inMemory,
      *chunks(from, to) {
        for (const piece of inMemory.chunks(from, to)) {
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
          yield piece;
        }
      },
    },
    { format: 'sigrok' },
  );
  const judge = new RuleJudge();
  source.replay(judge);
  expect(judge.report().violations).toEqual([]);
  expect(most).toBeLessThan(16 << 20);
});
