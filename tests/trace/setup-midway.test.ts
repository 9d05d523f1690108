import { expect, test } from '@playwright/test';
import {
  bytesInMemory,
  examineSetup,
  FrameCensus,
  judgeTrace,
  openCapture,
  RULES,
} from '../../src/trace/index.ts';
import { Random } from '../../src/sim/index.ts';
import { CHANNELS, COMMAND, makeSamples } from './synthetic.ts';

// Mistakes that begin within a capture: the rules blame neither host nor chip for what a probe did.

const LINES = { CLK: 1, MOSI: 2, MISO: 4, CS: 8, INT_AP_L: 16, TPM_RST_L: 32 } as const;
type Line = Exclude<keyof typeof LINES, 'TPM_RST_L'>;
const NAMES = ['CLK', 'MOSI', 'MISO', 'CS', 'INT_AP_L'] as const satisfies readonly Line[];
const RATES = [
  { samplesPerClock: 8, rate: 8_000_000 },
  { samplesPerClock: 16, rate: 16_000_000 },
];

type Mistake = (levels: number, at: number) => number;

const random = new Random(5);
const noise = Array.from({ length: 400_000 }, () => random.integer(0, 1) === 1);
const swapped =
  (a: number, b: number): Mistake =>
  (levels) =>
    (levels & ~(a | b)) | ((levels & a) > 0 ? b : 0) | ((levels & b) > 0 ? a : 0);

const MISTAKES: readonly (readonly [string, Mistake])[] = [
  ...NAMES.flatMap((name): (readonly [string, Mistake])[] => {
    const bit = LINES[name];
    return [
      [`${name} inverted`, (levels) => levels ^ bit],
      [`${name} low`, (levels) => levels & ~bit],
      [`${name} high`, (levels) => levels | bit],
      [`${name} floating`, (levels, at) => (levels & ~bit) | (noise[at]! ? bit : 0)],
    ];
  }),
  ...NAMES.flatMap((a, i) =>
    NAMES.slice(i + 1).map((b) => [`${a} and ${b} swapped`, swapped(LINES[a], LINES[b])] as const),
  ),
];

interface Looked {
  readonly text: string;
  readonly broken: readonly string[];
}

function look(samples: Uint8Array, sampleRateHz: number, channels: readonly string[] = CHANNELS): Looked {
  const capture = openCapture(bytesInMemory(samples), { format: 'raw', raw: { sampleRateHz, channels } });
  const census = new FrameCensus();
  capture.replay(census.sink);
  const text = examineSetup(census, capture.waves!, {})
    .map((finding) => finding.text)
    .join(' ');
  const { resolution, watched, missing } = capture;
  const { violations } = judgeTrace(capture, RULES, { resolution, watched, missing });
  return { text, broken: violations.map(({ rule }) => rule.id) };
}

for (const [what, mistake] of MISTAKES)
  test(`${what} from a quarter, half or three quarters of a capture on: named, or no rule is broken`, () => {
    for (const { samplesPerClock, rate } of RATES)
      for (const commands of [2, 4]) {
        const frames = Array.from({ length: commands }, () => COMMAND).flat();
        const good = makeSamples(frames, { samplesPerClock, gap: 25 * samplesPerClock });
        expect(look(good, rate)).toEqual({ text: '', broken: [] });
        for (const part of [0.25, 0.5, 0.75]) {
          const from = Math.floor(part * good.length);
          const { text, broken } = look(
            good.map((levels, at) => (at < from ? levels : mistake(levels, at))),
            rate,
          );
          if (text === '') expect(broken, `${part} of ${commands} commands`).toEqual([]);
        }
      }
  });

test('a piece of a healthy capture has none of it, wherever it is cut', () => {
  const cuts = new Random(3);
  for (const gap of [10, 40, 200, 2000]) {
    const good = makeSamples([...COMMAND, ...COMMAND], { gap });
    for (let cut = 0; cut < 40; cut++) {
      const begin = cuts.integer(0, good.length - 400);
      const end = Math.min(good.length, begin + cuts.integer(400, good.length));
      const capture = openCapture(bytesInMemory(good.slice(begin, end)), {
        format: 'raw',
        raw: { sampleRateHz: 8_000_000, channels: CHANNELS },
      });
      const census = new FrameCensus();
      capture.replay(census.sink);
      if (census.frames > 0)
        expect(examineSetup(census, capture.waves!, {}), `${gap}, ${begin} to ${end}`).toEqual([]);
    }
  }
});

test('a spike on TPM_RST_L is a mistake where the chip goes on, and none where it was reset [CHIP 1.3]', () => {
  const WITH_RESET = [...CHANNELS, 'TPM_RST_L'];
  const RST = LINES.TPM_RST_L;
  const spiked = (frames: Parameters<typeof makeSamples>[0]): Uint8Array => {
    const first = makeSamples(COMMAND, { samplesPerClock: 100, gap: 2500 });
    const samples = [...first, ...makeSamples(frames, { samplesPerClock: 100, gap: 2500 })].map(
      (levels) => levels | RST,
    );
    for (let at = 0; at < 5; at++) samples[first.length + 100 + at]! &= ~RST;
    return Uint8Array.from(samples);
  };
  const [next, ...others] = COMMAND;
  const begun = { ...next!, miso: next!.miso.map(() => 0xff) };
  expect(look(spiked(COMMAND), 100_000_000, WITH_RESET).text).toMatch(/TPM_RST_L has 1 spike/);
  expect(look(spiked([begun, ...others]), 100_000_000, WITH_RESET).text).toBe('');
});
