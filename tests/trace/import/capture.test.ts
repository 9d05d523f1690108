import { expect, test } from '@playwright/test';
import { unzipSync, zipSync } from 'fflate';
import type {
  Capture,
  CaptureFormat,
  CaptureOptions,
  SpiMode,
  TraceEvent,
} from '../../../src/trace/index.ts';
import {
  bytesInMemory,
  CaptureError,
  openCapture,
  renderJsonLines,
  TraceDecoder,
  TraceRecorder,
} from '../../../src/trace/index.ts';
import type { MadeFrame } from '../synthetic.ts';
import {
  CHANNELS,
  makeSamples,
  readFrame,
  toCsv,
  toSaleae,
  toSigrok,
  toVcd,
  writeFrame,
} from '../synthetic.ts';

const RATE = 8_000_000;
const RAW = { sampleRateHz: RATE, channels: CHANNELS };

/** The file in pieces of odd sizes, so that everything is cut somewhere. */
const capture = (
  format: CaptureFormat,
  file: Uint8Array | string,
  options: CaptureOptions = {},
  size = 997,
): Capture =>
  openCapture(bytesInMemory(typeof file === 'string' ? Buffer.from(file) : file, size), {
    format,
    ...options,
  });

function accessesOf(source: Capture) {
  const accesses: { text: string; flaws: string[]; pulses: number; waitBytes: number }[] = [];
  const decoder = new TraceDecoder({
    access: (access) =>
      accesses.push({
        text: `${access.direction} ${access.address.toString(16)} ${Buffer.from(access.data).toString('hex')}`,
        flaws: access.flawNames,
        pulses: access.pulses,
        waitBytes: access.waitBytes,
      }),
  });
  source.replay(decoder);
  decoder.end();
  return accesses;
}

function eventsOf(source: Capture): TraceEvent[] {
  const recorder = new TraceRecorder();
  source.replay(recorder);
  return recorder.events();
}

const FRAMES: readonly MadeFrame[] = [
  readFrame(0x0000, [0xa0]),
  writeFrame(0x0018, [0x40]),
  readFrame(0x0f00, [0xe0, 0x1a, 0x28, 0x00], 5),
  writeFrame(0x0024, [0x80, 0x01, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x44, 0x00, 0x00], 3),
];
const TEXTS = [
  'read d40000 a0',
  'write d40018 40',
  'read d40f00 e01a2800',
  'write d40024 80010000000c000001440000',
];

const SAMPLES = makeSamples(FRAMES);
const FILES: readonly [CaptureFormat, Uint8Array | string, CaptureOptions][] = [
  ['raw', SAMPLES, { raw: RAW }],
  ['vcd', toVcd(SAMPLES, RATE), {}],
  ['csv', toCsv(SAMPLES, RATE), {}],
  ['sigrok', toSigrok(SAMPLES, RATE), {}],
  ['saleae', toSaleae(SAMPLES, RATE), {}],
];

for (const [format, file, options] of FILES)
  test(`a capture as ${format} gives its accesses, pulses and times`, () => {
    const source = capture(format, file, options);
    expect(accesses(source)).toEqual(TEXTS);
    const first = eventsOf(source)[0];
    // 40 idle samples of 125 ns, then CS; 7 bytes of 64 samples between two periods of 8.
    expect(first).toMatchObject({ kind: 'frame', fall: 5000, rise: 5000 + 125 * (16 + 7 * 64) });
    expect(source.channels).toEqual(CHANNELS);
  });

const accesses = (source: Capture): string[] => accessesOf(source).map(({ text }) => text);

test('all five formats give one and the same trace', () => {
  const [first, ...others] = FILES.map(([format, file, options]) =>
    renderJsonLines(capture(format, file, options)),
  );
  for (const other of others) expect(other).toBe(first);
});

for (const most of [1, 2, 7, 1000])
  test(`a Saleae capture with chunks of ${most} runs gives the same trace`, () => {
    const whole = renderJsonLines(capture('saleae', toSaleae(SAMPLES, RATE), {}));
    expect(renderJsonLines(capture('saleae', toSaleae(SAMPLES, RATE, CHANNELS, most), {}))).toBe(whole);
  });

test('a Saleae capture is refused for a byte that is damaged behind its last run', () => {
  const file = toSaleae(SAMPLES, RATE);
  const { 'digital-0.bin': channel } = unzipSync(file);
  const stored = zipSync({ ...unzipSync(file), 'digital-0.bin': [channel!, { level: 0 }] });
  const at = Buffer.from(stored).indexOf(channel!);
  stored[at + channel!.length - 1]! ^= 1;
  expect(() => renderJsonLines(capture('saleae', stored, {}))).toThrow(
    /the checksum of digital-0\.bin is not that of its bytes/,
  );
});

test('our own trace file is read as it was written, and its decoded lines are passed over', () => {
  const [format, file, options] = FILES[0]!;
  const source = capture(format, file, options);
  const written = renderJsonLines(source, { decoded: true });
  expect(eventsOf(capture('trace', written))).toEqual(eventsOf(source));
});

test('every stall from 0 to 255 wait bytes and both forms of the header are decoded', () => {
  for (const bit6 of [0, 0x40]) {
    const frames = Array.from({ length: 256 }, (_, stall) =>
      stall % 2 === 0
        ? readFrame(0x0018, [0x80, stall, 0, 4], stall, bit6)
        : writeFrame(0x0024, [stall], stall, bit6),
    );
    const found = accessesOf(capture('raw', makeSamples(frames), { raw: RAW }, 1 << 16));
    expect(found.map(({ waitBytes }) => waitBytes)).toEqual(frames.map((_, stall) => stall));
    expect(found.map(({ text }) => text)).toEqual(
      frames.map((_, stall) => {
        const hex = stall.toString(16).padStart(2, '0');
        return stall % 2 === 0 ? `read d40018 80${hex}0004` : `write d40024 ${hex}`;
      }),
    );
    expect(found.flatMap(({ flaws }) => flaws)).toEqual([]);
    expect(found.every(({ pulses }) => pulses === 1)).toBe(true);
  }
});

for (const mode of [0, 1, 2, 3] as SpiMode[])
  for (const samplesPerClock of [3, 4, 5, 16])
    test(`mode ${mode} at ${samplesPerClock} samples a clock is decoded without a flaw`, () => {
      const samples = makeSamples(FRAMES, { mode, samplesPerClock });
      const found = accessesOf(capture('raw', samples, { raw: RAW, mode }));
      expect(found.map(({ text }) => text)).toEqual(TEXTS);
      expect(found.flatMap(({ flaws }) => flaws)).toEqual([]);
    });

test('the first frame after a reset, all ones, is taken with its first wait byte as ready', () => {
  const frame = { mosi: [0xc3, 0xd4, 0x0f, 0, 0, 0, 0, 0, 0], miso: [...Array<number>(8).fill(0xff), 1] };
  expect(accessesOf(capture('raw', makeSamples([frame]), { raw: RAW }))).toEqual([
    { text: 'read d40f00 ffffff01', flaws: [], pulses: 1, waitBytes: 1 },
  ]);
});

test('a capture that begins and ends inside a frame reports both as cut', () => {
  const samples = makeSamples(FRAMES);
  const found = accessesOf(capture('raw', samples.subarray(100, samples.length - 200), { raw: RAW }));
  expect(found.map(({ flaws }) => flaws.includes('cut'))).toEqual([true, false, false, true]);
  expect(found[1]?.text).toBe(TEXTS[1]);
});

test('a frame whose clocks make no whole byte says so', () => {
  const found = accessesOf(capture('raw', makeSamples([{ ...FRAMES[0]!, spareClocks: 3 }]), { raw: RAW }));
  expect(found[0]?.flaws).toEqual(['spareClocks']);
});

test('a glitch on the clock is reported as such', () => {
  const samples = makeSamples([FRAMES[0]!], { samplesPerClock: 16 });
  const low = samples.findIndex((levels, i) => i > 300 && (levels & 9) === 0 && (samples[i + 4]! & 1) === 0);
  samples[low + 2]! |= 1;
  expect(accessesOf(capture('raw', samples, { raw: RAW }))[0]?.flaws).toContain('glitch');
});

test('a header that is cut off, and a frame without its data, are reported', () => {
  const short = { mosi: [0x80, 0xd4], miso: [0, 0] };
  const noData = { mosi: [0x83, 0xd4, 0, 0x18, 0, 0], miso: [0, 0, 0, 0, 0, 1] };
  const never = { mosi: [0x83, 0xd4, 0, 0x18, 0, 0], miso: [0, 0, 0, 0, 0, 0] };
  const long = { mosi: [0, 0xd4, 0, 0, 0, 2, 2], miso: [0, 0, 0, 0, 1, 1, 1] };
  const found = accessesOf(capture('raw', makeSamples([short, noData, never, long]), { raw: RAW }));
  expect(found.map(({ flaws }) => flaws)).toEqual([
    ['shortHeader'],
    ['tooShort'],
    ['neverReady'],
    ['tooLong'],
  ]);
  // The chip takes the last bytes of a frame that writes. [CHIP 1.5]
  expect(found[3]?.text).toBe('write d40000 02');
});

test('a read that is clocked on is whole when the chip falls silent behind its data, or was just reset', () => {
  const read = (miso: number[]) => ({ mosi: [0x80, 0xd4, 0, 0, 0, 0, 0, 0], miso });
  const afterReset = Array<number>(4).fill(0xff);
  const found = accessesOf(
    capture(
      'raw',
      makeSamples([
        read([0, 0, 0, 0, 1, 0xa0, 0, 0]),
        read([0, 0, 0, 0, 1, 0xa0, 0, 0x40]),
        read([...afterReset, 0xff, 0xff, 0x01, 0xa0]),
      ]),
      { raw: RAW },
    ),
  );
  expect(found.map(({ text, flaws }) => [text, flaws])).toEqual([
    ['read d40000 a0', []],
    ['read d40000 a0', ['strayBytes']],
    ['read d40000 ff', []],
  ]);
});

test('channels with strange names are found by option', () => {
  const options = {
    raw: { sampleRateHz: RATE, channels: ['D0', 'D1', 'D2', 'D3', 'D4'] },
    channels: { clk: 'D0', mosi: 1, miso: 'D2', cs: 3 },
  };
  expect(accesses(capture('raw', SAMPLES, options))).toEqual(TEXTS);
});

/** A CSV of the capture whose lines are written by `line`, from a time in us and the levels. */
function csvOf(
  head: string,
  line: (us: number, levels: readonly number[]) => readonly (string | number)[],
): string {
  const rows = toCsv(SAMPLES, RATE).trimEnd().split('\n').slice(1);
  const lines = rows.map((row) => {
    const [time, ...levels] = row.split(',').map(Number);
    return line(time! * 1e6, levels).join(',');
  });
  return `${[head, ...lines].join('\n')}\n`;
}

const names = 'CLK,MOSI,MISO,CS_L,INT_AP_L';
const OTHER_CSV: readonly (readonly [what: string, text: string])[] = [
  ['a Greek unit', csvOf(`Time [µs],${names}`, (us, levels) => [us.toFixed(3), ...levels])],
  ['names beyond ASCII', csvOf(`Zeit [s],${names},Brücke`, (us, levels) => [us / 1e6, ...levels, 0])],
  [
    'words for levels',
    csvOf(`Time [us],${names}`, (us, levels) => [
      us.toFixed(3),
      ...levels.map((level) => (level === 1 ? 'High' : 'Low')),
    ]),
  ],
  [
    'numbers of samples beside times',
    csvOf(`Sample,Time [us],${names}`, (us, levels) => [us * 8, us.toFixed(3), ...levels]),
  ],
  ['fifteen digits', csvOf(`Time [s],${names}`, (us, levels) => [(us / 1e6).toFixed(15), ...levels])],
  [
    'upper-case exponents',
    csvOf(`Time [us],${names}`, (us, levels) => [us.toExponential(9).toUpperCase(), ...levels]),
  ],
  ['the time last', csvOf(`${names},Time [us]`, (us, levels) => [...levels, us.toFixed(3)])],
];
for (const [what, text] of OTHER_CSV)
  test(`a CSV with ${what} is read`, () => {
    expect(accesses(capture('csv', text))).toEqual(TEXTS);
  });

const IN_THE_WILD: readonly (readonly string[])[] = [
  ['SCK', 'SDI', 'SDO', '/CS'],
  ['CLK', 'DI', 'DO', 'CS#'],
  ['SCLK', 'DIN', 'DOUT', 'nCS'],
  ['SPI_CLK', 'SI', 'SO', 'SS'],
  ['FLASH_CLK', 'FLASH_MOSI', 'FLASH_MISO', 'FLASH_CS'],
  ['clock_1', 'COPI_1', 'CIPO_1', 'CE0'],
  ['U3.SCK', 'U3.SI', 'U3.SO', 'U3.CSN'],
];
for (const names of IN_THE_WILD)
  test(`channels of the names ${names.join(', ')} are found`, () => {
    const raw = { sampleRateHz: RATE, channels: [...names, 'D7'] };
    expect(accesses(capture('raw', SAMPLES, { raw }))).toEqual(TEXTS);
  });

test('a word in the name of another net is not enough for INT_AP_L and TPM_RST_L', () => {
  const raw = { sampleRateHz: RATE, channels: ['CLK', 'MOSI', 'MISO', 'CS', 'CODEC_INT', 'LCD_RST'] };
  expect(capture('raw', SAMPLES, { raw }).watched).toEqual([]);
});

test('a capture without CLK is refused, whatever is said of it', () => {
  const raw = { sampleRateHz: RATE, channels: ['D0', 'MOSI', 'MISO', 'CS'] };
  expect(() => capture('raw', SAMPLES, { raw, channels: { clk: 'none' } })).toThrow(
    /no channel is CLK; .* --channel clk=NAME\.$/,
  );
});

test('a capture without a channel that is needed is refused, and its channels are named', () => {
  const raw = { sampleRateHz: RATE, channels: ['CLK', 'MOSI', 'MISO', 'D3'] };
  expect(() => accesses(capture('raw', SAMPLES, { raw }))).toThrow(
    /no channel is CS; the file has CLK, MOSI/,
  );
});

const REFUSED: readonly [string, CaptureFormat, Uint8Array | string, RegExp][] = [
  ['a VCD without a header', 'vcd', 'hello', /VCD, byte 5: the header does not end/],
  [
    'a VCD with a line that is none',
    'vcd',
    `${toVcd(SAMPLES, RATE)}hello\n`,
    /VCD, byte \d+: "h" is neither a time nor a value change/,
  ],
  ['a VCD whose time runs back', 'vcd', `${toVcd(SAMPLES, RATE)}#1\n`, /time runs back from \d+ to 1/],
  [
    'a CSV without names',
    'csv',
    '1,2,3\n',
    /CSV, byte 0: its lines have no times, and it states no sample rate/,
  ],
  [
    'a CSV with a level that is none',
    'csv',
    'Time [s],CLK,MOSI,MISO,CS\n0.0,1,2,0,0\n',
    /byte 32: 2 is not a level/,
  ],
  [
    'a CSV with a short line',
    'csv',
    'Time [s],CLK,MOSI,MISO,CS\n0.0,1,1,0\n',
    /its names have 5 columns, and its lines 4/,
  ],
  ['a sigrok session that is no archive', 'sigrok', 'PK nonsense', /sigrok session/],
  ['a sigrok session that is cut off', 'sigrok', toSigrok(SAMPLES, RATE).subarray(0, 400), /sigrok session/],
  ['a Saleae capture that is cut off', 'saleae', toSaleae(SAMPLES, RATE).subarray(0, 300), /Saleae capture/],
  [
    'a trace with a line that is no JSON',
    'trace',
    '{"kind":"trace"}\n{\n',
    /trace, byte 17: a line is no JSON/,
  ],
  ['a trace with an unknown kind', 'trace', '{"kind":"x"}', /"x" is no kind of event/],
];
for (const [what, format, file, message] of REFUSED)
  test(`${what} is refused with the place and the reason`, () => {
    let failure: unknown;
    try {
      accesses(capture(format, file));
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(CaptureError);
    expect((failure as Error).message).toMatch(message);
  });

test('a trace file of a version that is not known is refused', () => {
  const file = bytesInMemory(Buffer.from('{"kind":"trace","version":2,"dropped":0}\n'));
  expect(() => {
    openCapture(file).replay(new TraceRecorder());
  }).toThrow(/its version is 2, and 1 can be read/);
});
