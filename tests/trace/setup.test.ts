import { expect, test } from '@playwright/test';
import type { CaptureOptions, Finding, SpiMode } from '../../src/trace/index.ts';
import { bytesInMemory, examineSetup, FrameCensus, openCapture } from '../../src/trace/index.ts';
import { Random } from '../../src/sim/index.ts';
import type { MadeFrame } from './synthetic.ts';
import { CHANNELS, makeSamples, readFrame, writeFrame } from './synthetic.ts';

// Mistakes in how a bus was recorded, each beside the healthy capture that is closest to it.

const RATE = 8_000_000;
const CLK = 1;
const MOSI = 2;
const MISO = 4;
const CS = 8;
const READY = 16;
const RESET = 32;

/** Polls and data of a host that talks to an H1. */
const FRAMES: readonly MadeFrame[] = Array.from({ length: 6 }, (_, i) => [
  readFrame(0x0000, [0xa0]),
  writeFrame(0x0018, [0x40]),
  readFrame(0x0018, [0xc0, 0x3f, 0x00, 0x04]),
  writeFrame(0x0024, [0x80, 0x01, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x7b, i]),
  readFrame(0x0024, [0x80, 0x01, 0x00, 0x00, 0x00, 0x0a, 0x17, i]),
]).flat();
const GOOD = makeSamples(FRAMES);

/** The same of a host that waits 2 ms behind each frame. */
const PAUSING = makeSamples(FRAMES, { gap: 16_000 });

interface Reading extends CaptureOptions {
  readonly rateHz?: number;
  readonly names?: readonly string[];
}

function findingsOf(
  samples: Uint8Array,
  { rateHz = RATE, names = CHANNELS, ...options }: Reading = {},
): Finding[] {
  const raw = { sampleRateHz: rateHz, channels: names };
  const capture = openCapture(bytesInMemory(samples), { ...options, format: 'raw', raw });
  const census = new FrameCensus();
  capture.replay(census.sink);
  return examineSetup(census, capture.waves!, options);
}

/** The samples with another level of one line, made from all of them. */
const withLine = (bit: number, isHigh: (levels: number, index: number) => boolean, of = GOOD): Uint8Array =>
  of.map((levels, i) => (levels & ~bit) | (isHigh(levels, i) ? bit : 0));

const turnedByte = (byte: number): number =>
  Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1) << (7 - bit)).reduce((all, bit) => all | bit);
const turned = ({ mosi, miso }: MadeFrame): MadeFrame => ({
  mosi: mosi.map(turnedByte),
  miso: miso.map(turnedByte),
});

/** Reads and status of a flash chip. */
const FLASH: readonly MadeFrame[] = Array.from({ length: 20 }, (_, i) => ({
  mosi: [0x03, 0x00, i, 0x00, 0, 0, 0, 0],
  miso: [0xff, 0xff, 0xff, 0xff, i, 0x55, 0xaa, 0x12],
}));

/** One sample of every `period`. */
function sparse(period: number): Uint8Array {
  const count = Math.floor(GOOD.length / period);
  return Uint8Array.from({ length: count }, (_, i) => GOOD[Math.floor(i * period)]!);
}

const random = new Random(3);
const noise = Array.from({ length: GOOD.length }, () => random.integer(0, 1) === 1);

/** A level that turns at random, at one sample in `period`. */
function wandering(seed: number, period: number): () => boolean {
  const chance = new Random(seed);
  let level = false;
  return () => {
    if (chance.integer(1, period) === 1) level = !level;
    return level;
  };
}

/** More frames, by which a level that wanders slowly is seen to. */
const LONG = makeSamples([...FRAMES, ...FRAMES, ...FRAMES, ...FRAMES], { gap: 800, pulse: 64 });

const WITH_RESET = { names: [...CHANNELS, 'TPM_RST_L'] };

/** What was done wrong, how it is read, what is said, and what mends it. */
const MISTAKES: readonly (readonly [
  what: string,
  samples: Uint8Array,
  says: RegExp,
  option: string | undefined,
  reading?: Reading,
])[] = [
  [
    'MISO stuck low',
    withLine(MISO, () => false),
    /MISO is low in every bit of 30 of 30 frames/,
    '--channel miso=NAME',
  ],
  [
    'MISO stuck high',
    withLine(MISO, () => true),
    /MISO is high in every bit of 30 of 30 frames/,
    '--channel miso=NAME',
  ],
  [
    'MISO floating',
    withLine(MISO, (_levels, i) => noise[i]!),
    /MISO is not still while the header is sent in \d+ of 30 frames.*floats/,
    '--channel miso=NAME',
  ],
  ...([300, 3000, 30_000] as const).map(
    (period) =>
      [
        `MISO floating, at one edge in ${period} samples`,
        withLine(MISO, wandering(period, period), LONG),
        /MISO (answers as no TPM does: of 120 frames|is not still while the header is sent|is high in every bit|is low in every bit)/,
        '--channel miso=NAME',
      ] as const,
  ),
  [
    'both probes on MOSI',
    withLine(MISO, (levels) => (levels & MOSI) !== 0),
    /MISO says what MOSI says in 30 of 30 frames/,
    '--channel miso=NAME',
  ],
  [
    'the least significant bit first',
    makeSamples(FRAMES.map(turned)),
    /30 of 30 frames address a TPM when their least significant bits/,
    '--bit-order lsb-first',
  ],
  [
    'the least significant bit first, and MOSI inverted',
    makeSamples(FRAMES.map(turned)).map((levels) => levels ^ MOSI),
    /30 of 30 frames address a TPM when their least significant bits are taken first and each bit of MOSI is inverted/,
    '--bit-order lsb-first --invert mosi',
  ],
  ['MOSI inverted', withLine(MOSI, (levels) => (levels & MOSI) === 0), /MOSI is inverted/, '--invert mosi'],
  [
    'MISO inverted',
    withLine(MISO, (levels) => (levels & MISO) === 0),
    /MISO is high while the header is sent.*30 of 30 frames.*inverted/,
    '--invert miso',
  ],
  [
    'INT_AP_L inverted',
    withLine(READY, (levels) => (levels & READY) === 0),
    /INT_AP_L rests low: it is low for \S+ us and high for 1\.25 us at a time.*inverted/,
    '--invert ready',
  ],
  [
    'INT_AP_L stuck low',
    withLine(READY, () => false),
    /INT_AP_L is low throughout.*stuck low/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L high throughout, and a host that does not pause',
    withLine(READY, () => true),
    /INT_AP_L is high throughout, and 29 of 30 frames begin less than 2 ms behind another/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L high throughout, and a host that pauses',
    PAUSING.map((levels) => levels | READY),
    /INT_AP_L is high throughout, and no ready pulse follows any of 30 frames.*open, or that the chip gives no pulse/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L that floats slowly',
    withLine(READY, wandering(7, 1500), LONG),
    /INT_AP_L is low at the begin of \d+ of 120 frames and high at that of the others.*floats/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L that floats more slowly than frames come',
    withLine(READY, wandering(1, 20_000), LONG),
    /INT_AP_L is low for 970.125 us at a time, and a single pulse belongs to 5 of 120 frames.*floats/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L on TPM_RST_L',
    withLine(READY | RESET, (_levels, i) => i > 20),
    /INT_AP_L moves where TPM_RST_L does, and hardly anywhere else beside 30 frames.*on TPM_RST_L/,
    '--channel ready=none',
    WITH_RESET,
  ],
  [
    'INT_AP_L on CS',
    withLine(READY, (levels) => (levels & CS) !== 0),
    /INT_AP_L moves where CS does in 30 of 30 frames/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L on MISO',
    withLine(READY, (levels) => (levels & MISO) !== 0),
    /INT_AP_L moves within 30 of 30 frames, where MISO does.*on MISO/,
    '--channel ready=none',
  ],
  [
    'INT_AP_L floating',
    withLine(READY, (_levels, i) => noise[i]!),
    /INT_AP_L moves more than 4 times within 30 of 30 frames.*floats/,
    '--channel ready=none',
  ],
  [
    'TPM_RST_L inverted',
    withLine(RESET, (_levels, i) => i < 20),
    /TPM_RST_L is low in 30 of 30 frames that a chip answers.*inverted/,
    '--invert reset',
    WITH_RESET,
  ],
  [
    'TPM_RST_L open',
    withLine(RESET, () => false),
    /TPM_RST_L is low in 30 of 30 frames.*never moves/,
    '--channel reset=none',
    WITH_RESET,
  ],
  [
    'TPM_RST_L floating',
    withLine(RESET, wandering(3, 8000)),
    /TPM_RST_L is low in \d+ of 30 frames that a chip answers. A chip in reset answers none\..*floats/,
    '--channel reset=none',
    WITH_RESET,
  ],
  [
    'TPM_RST_L on MISO',
    withLine(RESET, (levels) => (levels & MISO) !== 0),
    /TPM_RST_L moves \d+ times beside 30 frames\. It is likely that its probe is on another line/,
    '--channel reset=none',
    WITH_RESET,
  ],
  [
    'TPM_RST_L on CS',
    withLine(RESET, (levels) => (levels & CS) !== 0),
    /TPM_RST_L moves 6[01] times beside 30 frames\. It is likely that its probe is on another line/,
    '--channel reset=none',
    WITH_RESET,
  ],
  [
    'TPM_RST_L and INT_AP_L swapped',
    withLine(RESET, () => true),
    /TPM_RST_L moves 6[01] times between 30 frames, and INT_AP_L hardly moves.*swapped/,
    '--channel ready=4 reset=5',
    { names: [...CHANNELS.slice(0, 4), 'TPM_RST_L', 'INT_AP_L'] },
  ],
  ['CS inverted', withLine(CS, (levels) => (levels & CS) === 0), /CS is inverted/, '--invert cs'],
  [
    'the probe of CS on INT_AP_L, of a host that pauses',
    PAUSING.map((levels) => (levels & ~CS) | ((levels & READY) === 0 ? 0 : CS)),
    /CS was asserted \d+ times, and never while the clock ran\. It is likely that this is the CS of another chip/,
    '--channel cs=NAME',
  ],
  ...([60, 800, 8000] as const).map(
    (period) =>
      [
        `CS floating, at one edge in ${period} samples`,
        withLine(CS, wandering(period, period), LONG),
        /(CS moves while a byte is clocked|headers that address a TPM pass while CS is deasserted).*floats/,
        '--channel cs=NAME',
      ] as const,
  ),
  [
    'a line that a flash chip has with the TPM',
    makeSamples([...FRAMES, ...FLASH.slice(0, 5)]),
    /5 of 35 frames begin with a command of a flash chip, and no TPM answers them.*line that both chips share/,
    '--channel cs=NAME',
  ],
  ['CS tied low', withLine(CS, () => false), /CS is low throughout.*tied/, '--channel cs=NAME'],
  ['CS open', withLine(CS, () => true), /CS is high throughout.*open/, '--channel cs=NAME'],
  [
    "a flash chip's CS",
    makeSamples(FLASH),
    /commands of a flash chip.*CS of another chip/,
    '--channel cs=NAME',
  ],
  [
    'MOSI and MISO swapped',
    GOOD,
    /MOSI and MISO are swapped/,
    '--channel mosi=MISO miso=MOSI',
    { names: ['CLK', 'MISO', 'MOSI', 'CS_L', 'INT_AP_L'] },
  ],
  [
    'CS and CLK swapped',
    GOOD,
    /CS and CLK are swapped: read so, 30 of 30 frames/,
    '--channel cs=CLK clk=CS',
    { names: ['CS', 'MOSI', 'MISO', 'CLK', 'INT_AP_L'] },
  ],
  [
    'every probe on the wire beside it',
    GOOD,
    /the chip's CS is channel MISO, .* CLK is channel CS, .* MOSI is channel CLK.*30 of 30 frames/,
    '--channel cs=MISO clk=CS mosi=CLK miso=MOSI',
    { names: ['CS', 'CLK', 'MOSI', 'MISO', 'INT_AP_L'] },
  ],
  [
    'CS and CLK swapped, and CS inverted',
    withLine(CS, (levels) => (levels & CS) === 0),
    /CS and CLK are swapped, and CS is inverted: read so, 30 of 30 frames/,
    '--channel cs=CLK clk=CS --invert cs',
    { names: ['CS', 'MOSI', 'MISO', 'CLK', 'INT_AP_L'] },
  ],
  [
    'the clock inverted',
    withLine(CLK, (levels) => (levels & CLK) === 0),
    /the clock is inverted, or the SPI mode is wrong/,
    '--mode 2',
  ],
  ...[4.1, 4.5, 5].map(
    (period) =>
      [
        `${(8 / period).toFixed(2)} samples a clock`,
        sparse(period),
        /phases are a single sample, and \d+ of 30 frames are no whole bytes.*too few samples/,
        undefined,
        { rateHz: RATE / period },
      ] as const,
  ),
];

for (const [what, samples, says, option, reading] of MISTAKES)
  test(`${what} is named, with the evidence and what mends it`, () => {
    const [finding, ...others] = findingsOf(samples, reading);
    expect(finding?.text).toMatch(says);
    expect(finding?.option).toBe(option);
    expect(others).toEqual([]);
  });

for (const [what, samples, , , reading] of MISTAKES)
  test(`what mends ${what} does, where it can be mended`, () => {
    const [finding] = findingsOf(samples, reading);
    test.skip(finding?.fix === undefined, 'Nothing but another recording mends it.');
    expect(findingsOf(samples, { ...reading, ...finding!.fix })).toEqual([]);
  });

const modeSamples = (mode: SpiMode): Uint8Array => makeSamples(FRAMES, { mode });

/** Captures that are right, though they come close to a mistake. */
const HEALTHY: readonly (readonly [what: string, samples: Uint8Array, reading?: Reading])[] = [
  ['the capture itself', GOOD],
  ['2.05 samples a clock', sparse(3.9), { rateHz: RATE / 3.9 }],
  ['three samples a clock', makeSamples(FRAMES, { samplesPerClock: 3 }), { rateHz: 3e6 }],
  ['mode 1, read in it', modeSamples(1), { mode: 1 }],
  ['mode 2, read in it', modeSamples(2), { mode: 2 }],
  ['mode 3, read in it', modeSamples(3), { mode: 3 }],
  ['a single frame', makeSamples(FRAMES.slice(0, 1))],
  ['writes of zeros alone', makeSamples(Array.from({ length: 8 }, () => writeFrame(0x0018, [0, 0, 0, 0])))],
  ['reads of FF', makeSamples(Array.from({ length: 8 }, () => readFrame(0x0080, [0xff, 0xff, 0xff, 0xff])))],
  [
    'reads whose answer is what was sent',
    makeSamples(Array.from({ length: 8 }, () => readFrame(0x0080, [0, 0, 0, 0], 4))),
  ],
  [
    'ready pulses that are longer than the pauses between them',
    withLine(READY, (_levels, i) => i % 1000 < 400),
  ],
  ['a reset before the frames', withLine(RESET, (_levels, i) => i >= 20), WITH_RESET],
  ['an inverted CS that is declared', withLine(CS, (levels) => (levels & CS) === 0), { invert: ['cs'] }],
  ['bits the other way round, declared', makeSamples(FRAMES.map(turned)), { bitOrder: 'lsb-first' }],
];

for (const [what, samples, reading] of HEALTHY)
  test(`nothing is held against ${what}`, () => {
    expect(findingsOf(samples, reading)).toEqual([]);
  });
