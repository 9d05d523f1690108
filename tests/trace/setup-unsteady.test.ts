import { expect, test } from '@playwright/test';
import { bytesInMemory, examineSetup, FrameCensus, openCapture } from '../../src/trace/index.ts';
import { CHANNELS, COMMAND, makeSamples } from './synthetic.ts';

// Mistakes that come and go within a capture: spikes of one sample, and a probe that comes off.

const RATE = 100_000_000;
const [CLK, MOSI, CS, READY] = [1, 2, 8, 16];
const GOOD = makeSamples([...COMMAND, ...COMMAND, ...COMMAND], { gap: 400 });

function wordsOf(samples: Uint8Array): string {
  const raw = { sampleRateHz: RATE, channels: CHANNELS };
  const capture = openCapture(bytesInMemory(samples), { format: 'raw', raw });
  const census = new FrameCensus();
  capture.replay(census.sink);
  return examineSetup(census, capture.waves!, {})
    .map(({ text }) => text)
    .join(' ');
}

/** Turns `bit` in one sample, at each of `count` places where the bus is idle or is not. */
function withSpikes(bit: number, isIdle: boolean, count: number): Uint8Array {
  const places: number[] = [];
  GOOD.forEach((levels, i) => {
    const isSteady = [-2, -1, 1, 2].every((by) => GOOD[i + by] === levels);
    if (i > 200 && isSteady && (levels & CS) > 0 === isIdle && (levels & READY) > 0) places.push(i);
  });
  const samples = GOOD.slice();
  for (let k = 0; k < count; k++) samples[places[Math.floor((k * places.length) / count)]!]! ^= bit;
  return samples;
}

test('a healthy capture has none of it', () => {
  expect(wordsOf(GOOD)).toBe('');
});

test('spikes on INT_AP_L are named', () => {
  expect(wordsOf(withSpikes(READY, true, 6))).toMatch(/INT_AP_L has \d+ spikes/);
});

test('a CS that rings at many frames is named, and a single glitch is left to the rules', () => {
  expect(wordsOf(withSpikes(CS, true, 12))).toMatch(/CS has \d+ spikes/);
  expect(wordsOf(withSpikes(CS, true, 1))).toBe('');
});

test('spikes on CLK are named', () => {
  expect(wordsOf(withSpikes(CLK, false, 3))).not.toBe('');
});

test('a MOSI that comes off within the capture is named, with the moment', () => {
  const from = Math.floor(GOOD.length * 0.6);
  expect(wordsOf(GOOD.map((levels, i) => (i < from ? levels : levels & ~MOSI)))).toMatch(
    /frames one after another, from 0\.\d+ ms on, address no TPM/,
  );
});
