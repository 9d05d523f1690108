import { expect, test } from '@playwright/test';
import { bytesInMemory, judgeTrace, openCapture, RULES } from '../../src/trace/index.ts';
import type { MadeFrame } from './synthetic.ts';
import { CHANNELS, COMMAND, makeSamples, readFrame } from './synthetic.ts';

// Nobody knows what was before a capture: no rule may take its begin for a reset, or for the begin of a frame.

const RESET = 32;
const SAMPLES = makeSamples([...COMMAND, ...COMMAND], { gap: 200 });
const WITH_RESET = [...CHANNELS, 'TPM_RST_L'];

function broken(samples: Uint8Array, channels: readonly string[]): string[] {
  const raw = { sampleRateHz: 8_000_000, channels };
  const capture = openCapture(bytesInMemory(samples), { format: 'raw', raw });
  const { resolution, watched, missing } = capture;
  const { violations } = judgeTrace(capture, RULES, { resolution, watched, missing });
  return [...new Set(violations.map(({ rule }) => rule.id))];
}

for (const [what, samples, channels] of [
  ['every line', SAMPLES.map((levels) => levels | RESET), WITH_RESET],
  ['no TPM_RST_L', SAMPLES, CHANNELS],
  ['neither INT_AP_L nor TPM_RST_L', SAMPLES, CHANNELS.slice(0, 4)],
] as const)
  test(`a capture of ${what} breaks no rule, wherever it begins and ends`, () => {
    for (let at = 1; at < samples.length; at += 97) {
      expect(broken(samples.subarray(at), channels), `from sample ${at}`).toEqual([]);
      expect(broken(samples.subarray(0, at), channels), `to sample ${at}`).toEqual([]);
    }
  });

test('a TPM_RST_L that is seen again and high shows no reset', () => {
  const before = SAMPLES.length >> 1;
  const bit = (levels: number, at: number): number => (levels >> at) & 1;
  const rows = [...SAMPLES].map((levels, i) =>
    [0, 1, 2, 3, 4]
      .map((at) => bit(levels, at))
      .concat([i < before ? NaN : 1])
      .join(','),
  );
  const text = `Time [us],${WITH_RESET.join(',')}\n${rows.map((row, i) => `${i / 8},${row.replace('NaN', 'X')}`).join('\n')}\n`;
  const capture = openCapture(bytesInMemory(Buffer.from(text)), {});
  const { watched, missing } = capture;
  expect(judgeTrace(capture, RULES, { watched, missing }).violations).toEqual([]);
});

/** The first frame that a chip answers after a reset: FF in its header. [CHIP 1.3] */
const FIRST: MadeFrame = {
  mosi: [0x80, 0xd4, 0x00, 0x00, 0x00, 0x00],
  miso: [0xff, 0xff, 0xff, 0xff, 0x01, 0x80],
};
const [CS, READY] = [8, 16];

const lastRise = (samples: Uint8Array): number =>
  samples.findLastIndex((levels, i) => (levels & CS) !== 0 && (samples[i - 1]! & CS) === 0);

test('a reset that nobody recorded takes the ready pulse and the locality with it', () => {
  const before = makeSamples(COMMAND.slice(0, 5), { gap: 200 });
  // The supply fails behind the last frame, before its pulse.
  const last = lastRise(before);
  const off = Uint8Array.from({ length: 40_000 }, () => CS | READY);
  const after = makeSamples([FIRST, readFrame(0x0000, [0x80]), ...COMMAND], { gap: 200 });
  const samples = Uint8Array.from([...before.subarray(0, last), ...off, ...after]);
  expect(broken(samples, CHANNELS)).toEqual([]);
});

test('a frame that ends in the moment of a reset was over before it', () => {
  const samples = makeSamples(COMMAND.slice(0, 5), { gap: 200 });
  const rise = lastRise(samples);
  const inReset = Uint8Array.from({ length: 40_000 }, () => CS | READY);
  const after = makeSamples([FIRST, readFrame(0x0000, [0x80]), ...COMMAND], { gap: 200 });
  const all = Uint8Array.from([
    ...samples.subarray(0, rise).map((levels) => levels | RESET),
    ...inReset,
    ...after.map((levels) => levels | RESET),
  ]);
  expect(broken(all, WITH_RESET)).toEqual([]);
});
