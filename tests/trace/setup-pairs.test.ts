import { expect, test } from '@playwright/test';
import type { Capture, CaptureOptions, Finding } from '../../src/trace/index.ts';
import {
  bytesInMemory,
  examineSetup,
  FrameCensus,
  judgeTrace,
  openCapture,
  RULES,
  withFix,
} from '../../src/trace/index.ts';
import { Random } from '../../src/sim/index.ts';
import { CHANNELS, COMMAND, makeSamples } from './synthetic.ts';

// Two mistakes in one recording: each pair is named or mended, and no rule of the H1 is put on what is left.

const RATE = 8_000_000;
const [CLK, MOSI, MISO, CS, READY] = [1, 2, 4, 8, 16];

const GOOD = makeSamples([...COMMAND, ...COMMAND], { gap: 200 });

type Mistake = (samples: Uint8Array) => Uint8Array;

const inverted =
  (bit: number): Mistake =>
  (samples) =>
    samples.map((levels) => levels ^ bit);

/** A probe that shows another level than that of its line. */
const instead =
  (bit: number, isHigh: (levels: number, index: number) => boolean): Mistake =>
  (samples) =>
    samples.map((levels, i) => (levels & ~bit) | (isHigh(levels, i) ? bit : 0));

const swapped =
  (a: number, b: number): Mistake =>
  (samples) =>
    samples.map((levels) => (levels & ~(a | b)) | ((levels & a) > 0 ? b : 0) | ((levels & b) > 0 ? a : 0));

const random = new Random(11);
const noise = Array.from({ length: GOOD.length }, () => random.integer(0, 1) === 1);

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'CS inverted': inverted(CS),
  'CLK inverted': inverted(CLK),
  'MOSI inverted': inverted(MOSI),
  'MISO inverted': inverted(MISO),
  'INT_AP_L inverted': inverted(READY),
  'MOSI and MISO swapped': swapped(MOSI, MISO),
  'CS and CLK swapped': swapped(CS, CLK),
  'CS and INT_AP_L swapped': swapped(CS, READY),
  'MISO and INT_AP_L swapped': swapped(MISO, READY),
  'CLK and INT_AP_L swapped': swapped(CLK, READY),
  'CS low': instead(CS, () => false),
  'CS high': instead(CS, () => true),
  'MISO low': instead(MISO, () => false),
  'MISO high': instead(MISO, () => true),
  'MISO floating': instead(MISO, (_, i) => noise[i]!),
  'MISO on MOSI': instead(MISO, (levels) => (levels & MOSI) > 0),
  'INT_AP_L low': instead(READY, () => false),
  'INT_AP_L high': instead(READY, () => true),
  'INT_AP_L floating': instead(READY, (_, i) => noise[i]!),
  'INT_AP_L on CS': instead(READY, (levels) => (levels & CS) > 0),
  'INT_AP_L on CLK': instead(READY, (levels) => (levels & CLK) > 0),
  'INT_AP_L on MISO': instead(READY, (levels) => (levels & MISO) > 0),
};

/** Maximum number of mistakes that are mended one after the other. */
const MAX_FIXES = 4;

/** The capture with everything mended that can be, and what is still held against it. */
function mended(samples: Uint8Array): { capture: Capture; findings: readonly Finding[]; named: number } {
  let options: CaptureOptions = {};
  for (let named = 0; ; named++) {
    const raw = { sampleRateHz: RATE, channels: CHANNELS };
    const capture = openCapture(bytesInMemory(samples), { ...options, format: 'raw', raw });
    const census = new FrameCensus();
    capture.replay(census.sink);
    const findings = examineSetup(census, capture.waves!, options);
    const fix = findings.find((finding) => finding.fix !== undefined)?.fix;
    if (fix === undefined || named === MAX_FIXES) return { capture, findings, named };
    options = withFix(options, fix);
  }
}

const brokenRules = (capture: Capture): string[] => [
  ...new Set(judgeTrace(capture, RULES).violations.map(({ rule }) => rule.id)),
];

test('the capture without a mistake keeps every rule', () => {
  const { capture, named } = mended(GOOD);
  expect(named).toBe(0);
  expect(brokenRules(capture)).toEqual([]);
});

for (const [first, makeFirst] of Object.entries(MISTAKES))
  test(`${first}, alone and with each other mistake, is named or mended, and breaks no rule`, () => {
    for (const [second, makeSecond] of Object.entries(MISTAKES)) {
      const samples = makeSecond(first === second ? GOOD : makeFirst(GOOD));
      if (Buffer.compare(samples, GOOD) === 0) continue;
      const { capture, findings, named } = mended(samples);
      const what = `${first}, then ${second}`;
      expect(named + findings.length, what).toBeGreaterThan(0);
      if (findings.length === 0) expect(brokenRules(capture), what).toEqual([]);
    }
  });
