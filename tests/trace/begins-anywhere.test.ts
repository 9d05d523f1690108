import { expect, test } from '@playwright/test';
import { bytesInMemory, judgeTrace, openCapture, RULES } from '../../src/trace/index.ts';
import { CHANNELS, COMMAND, makeSamples } from './synthetic.ts';

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
