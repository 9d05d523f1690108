import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { zipSync } from 'fflate';
import type { CaptureOptions, SpiMode } from '../../../src/trace/index.ts';
import { bytesInMemory, NOTHING, openCapture } from '../../../src/trace/index.ts';
import { Random } from '../../../src/sim/index.ts';
import { skippedWithout } from '../../programs.ts';

// Sessions of all shapes that sigrok's tools wrote over the years, read beside sigrok-cli's own SPI decoder.

type Net = 'clk' | 'mosi' | 'miso' | 'cs';

interface Shape {
  readonly what: string;
  /** Version of the file: samples in one member, or in numbered pieces. */
  readonly version?: 1 | 2;
  readonly unitSize?: number;
  /** Channel and bit of each net that was recorded. */
  readonly nets: { readonly [net in Net]?: readonly [name: string, bit: number] };
  readonly samplerate?: string;
  readonly mode?: SpiMode;
  readonly isCsHigh?: boolean;
  readonly samplesPerPhase?: number;
  readonly hasAnalog?: boolean;
  /** Members stand in the archive the other way round. */
  readonly isReversed?: boolean;
  /** The recording was stopped inside a sample. */
  readonly isCut?: boolean;
}

const FOUR = { clk: ['CLK', 0], mosi: ['MOSI', 1], miso: ['MISO', 2], cs: ['CS#', 3] } as const;
const { clk, mosi, cs } = FOUR;

const SHAPES: readonly Shape[] = [
  { what: 'version 1, eight channels', version: 1, nets: FOUR, samplerate: '8 MHz' },
  { what: 'version 1 without a rate', version: 1, nets: FOUR },
  { what: 'version 2 in pieces', nets: FOUR, samplerate: '24 MHz' },
  { what: 'a rate as a bare number', nets: FOUR, samplerate: '12000000' },
  {
    what: 'sixteen channels with holes',
    unitSize: 2,
    samplerate: '500 kHz',
    nets: { clk: ['SCK', 9], mosi: ['SDI', 3], miso: ['SDO', 15], cs: ['SS', 8] },
  },
  {
    what: 'thirty-two channels, one sample a phase',
    unitSize: 4,
    samplesPerPhase: 1,
    samplerate: '100 MHz',
    nets: { clk: ['D31', 31], mosi: ['D0', 0], miso: ['D17', 17], cs: ['D9', 9] },
  },
  {
    what: 'sixty-four channels, members in reverse order',
    unitSize: 8,
    isReversed: true,
    samplerate: '1 GHz',
    nets: { clk: ['CLK', 63], mosi: ['DI', 40], miso: ['DO', 7], cs: ['CE#', 8] },
  },
  { what: 'no CS', nets: { clk, mosi, miso: ['MISO', 6] }, samplerate: '1 MHz' },
  {
    what: 'no CS that is active high',
    isCsHigh: true,
    nets: { clk, mosi, miso: ['MISO', 6] },
    samplerate: '1 MHz',
  },
  { what: 'names with a backslash', nets: { ...FOUR, cs: ['CS\\n', 3] }, samplerate: '1 MHz' },
  { what: 'no MISO', nets: { clk, mosi, cs }, samplerate: '1 MHz' },
  { what: 'mode 1', mode: 1, nets: FOUR, samplerate: '16MHz' },
  { what: 'mode 2', mode: 2, nets: FOUR, samplerate: '16 MHz' },
  { what: 'mode 3, CS active high', mode: 3, isCsHigh: true, nets: FOUR, samplerate: '2 MHz' },
  { what: 'analog channels beside', hasAnalog: true, nets: FOUR, samplerate: '1 MHz' },
  { what: 'an end inside a sample', unitSize: 2, isCut: true, nets: FOUR, samplerate: '1 MHz' },
];

/** Frames of any bytes, some with clocks that make no whole byte, and clocks of another device between. */
function* levels({ mode = 0, isCsHigh = false, samplesPerPhase = 3 }: Shape, random: Random) {
  const idle = mode >> 1;
  const now = { clk: idle, mosi: 0, miso: 0, cs: isCsHigh ? 0 : 1 };
  const bit = (): number => random.integer(0, 1);
  function* hold(count: number) {
    for (let i = 0; i < count; i++) yield { ...now };
  }
  function* clocks(count: number) {
    for (let i = 0; i < count; i++)
      for (const phase of [0, 1]) {
        const changes = (mode & 1) === phase;
        now.clk = (phase === 0) === ((mode & 1) === 0) ? idle : 1 - idle;
        if (changes || phase === 0) Object.assign(now, { mosi: bit(), miso: bit() });
        yield* hold(samplesPerPhase);
      }
    now.clk = idle;
    yield* hold(samplesPerPhase);
  }
  yield* hold(20);
  for (const count of [32, 8, 0, 13, 64, 40, 7, 96]) {
    now.cs = 1 - now.cs;
    yield* hold(samplesPerPhase);
    yield* clocks(count);
    now.cs = 1 - now.cs;
    yield* hold(9);
    if (count === 13) yield* clocks(5);
  }
}

/** The file of a session. */
function sessionOf(shape: Shape): Uint8Array {
  const { version = 2, unitSize = 1, nets, samplerate, hasAnalog, isReversed, isCut } = shape;
  const taken = Object.entries(nets) as [Net, readonly [string, number]][];
  const samples = [...levels(shape, new Random(7))].map((level) => {
    const sample = Buffer.alloc(unitSize);
    for (const [net, [, bit]] of taken) sample[bit >> 3]! |= level[net] << (bit & 7);
    return sample;
  });
  const data = Buffer.concat(samples);
  const metadata = [
    ...['[global]', `sigrok version=0.${version + 2}.0`, '', '[device 1]', 'capturefile=logic-1'],
    `total probes=${8 * unitSize}`,
    ...(samplerate === undefined ? [] : [`samplerate=${samplerate}`]),
    ...(hasAnalog === true ? ['total analog=1'] : []),
    ...taken.map(([, [name, bit]]) => `probe${bit + 1}=${name.replaceAll('\\', '\\\\')}`),
    ...(hasAnalog === true ? [`analog${8 * unitSize + 1}=A0`] : []),
    `unitsize=${unitSize}`,
    '',
  ];
  const half = unitSize * (samples.length >> 1);
  const end = isCut === true ? data.length - 1 : data.length;
  const members: [string, Uint8Array][] = [
    ['version', Buffer.from(String(version))],
    ['metadata', Buffer.from(metadata.join('\n'))],
    ...(version === 1
      ? ([['logic-1', data.subarray(0, end)]] as [string, Uint8Array][])
      : ([
          ['logic-1-1', data.subarray(0, half)],
          ['logic-1-2', data.subarray(half, end)],
        ] as [string, Uint8Array][])),
    ...(hasAnalog === true
      ? ([[`analog-1-${8 * unitSize + 1}-1`, new Uint8Array(400)]] as [string, Uint8Array][])
      : []),
  ];
  return zipSync(Object.fromEntries(isReversed === true ? members.reverse() : members));
}

type Bytes = Readonly<Record<'mosi' | 'miso', string>>;

function ours(file: Uint8Array, { nets, mode = 0, isCsHigh = false }: Shape): Bytes {
  const names = Object.fromEntries(Object.entries(nets).map(([net, [name]]) => [net, name]));
  const options: CaptureOptions = {
    channels: { cs: 'none', ...names },
    mode,
    ...(isCsHigh && { invert: ['cs'] }),
  };
  const bytes = { mosi: '', miso: '' };
  openCapture(bytesInMemory(file, 997), options).replay({
    ...NOTHING,
    frame: ({ sent, received }) => {
      bytes.mosi += Buffer.from(sent).toString('hex');
      bytes.miso += Buffer.from(received).toString('hex');
    },
  });
  return bytes;
}

function sigroks(path: string, { nets, mode = 0, isCsHigh = false }: Shape): Bytes {
  const channels = Object.entries(nets).map(([net, [name]]) => `${net}=${name}`);
  const decoder = `spi:${channels.join(':')}:cpol=${mode >> 1}:cpha=${mode & 1}:cs_polarity=active-${isCsHigh ? 'high' : 'low'}`;
  const bytesOf = (wire: 'mosi' | 'miso'): string =>
    nets[wire] === undefined
      ? ''
      : execFileSync('sigrok-cli', ['-i', path, '-P', decoder, '-A', `spi=${wire}-data`], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        })
          .trim()
          .split('\n')
          .map((line) => line.replace(/^spi-1: /, '').toLowerCase())
          .join('');
  return { mosi: bytesOf('mosi'), miso: bytesOf('miso') };
}

let folder = '';
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-sigrok-'));
});
test.afterAll(() => {
  rmSync(folder, { recursive: true });
});

for (const [number, shape] of SHAPES.entries())
  test(`a session with ${shape.what} gives the bytes that sigrok-cli finds`, () => {
    const skipped = skippedWithout('sigrok-cli', 'sigrok-cli');
    test.skip(skipped !== undefined, skipped);
    const file = sessionOf(shape);
    const path = join(folder, `${number}.sr`);
    writeFileSync(path, file);
    const expected = sigroks(path, shape);
    expect(expected.mosi.length).toBeGreaterThan(50);
    const { mosi, miso } = ours(file, shape);
    expect({ mosi, miso: shape.nets.miso === undefined ? '' : miso }).toEqual(expected);
  });

/** Five samples of four channels, as members of these names. */
const sessionOfMembers = (names: readonly string[], rate = 'samplerate=1 MHz\n'): Uint8Array =>
  zipSync({
    metadata: Buffer.from(
      `[device 1]\ncapturefile=logic-1\n${rate}probe1=CLK\nprobe2=MOSI\nprobe3=MISO\nprobe4=CS\nunitsize=1\n`,
    ),
    ...Object.fromEntries(names.map((name) => [name, Buffer.alloc(5, 8)])),
  });

for (const [what, names] of [
  ['in the middle', ['logic-1-1', 'logic-1-3']],
  ['at the beginning', ['logic-1-2', 'logic-1-3']],
] as const)
  test(`a session of which a piece is missing ${what} is refused, and not read with the times of other samples`, () => {
    expect(() => openCapture(bytesInMemory(sessionOfMembers(names)))).toThrow(/logic-1-[12] is missing/);
  });

test('a session without a rate is read with the one that is stated', () => {
  const file = bytesInMemory(sessionOfMembers(['logic-1-1'], ''));
  expect(openCapture(file).resolution).toBe(Infinity);
  expect(openCapture(file, { sampleRateHz: 1e7 }).resolution).toBe(100);
});
