import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import type { SpiMode } from '../../../src/trace/index.ts';
import { NETS, renderJsonLines, SpiDecoder, TraceRecorder } from '../../../src/trace/index.ts';

/**
 * Byte a5 out and 3c in, one sample a character, as the clock formats of a published SPI controller show them:
 * with CPHA 0 the first edge of SCK samples, with CPHA 1 the second one; CPOL is SCK's level at rest; the mode is CPOL,
 * then CPHA. [SPI Block Guide V04.01, figures 4-2 and 4-3, table 4-1]
 */
const WAVES: Readonly<Record<SpiMode, { readonly cs: string; readonly sck: string; readonly data: string }>> =
  {
    0: { cs: '-__________________-', sck: '__-_-_-_-_-_-_-_-___', data: '.7766554433221100...' },
    1: { cs: '-__________________-', sck: '__-_-_-_-_-_-_-_-___', data: '...7766554433221100.' },
    2: { cs: '-__________________-', sck: '--_-_-_-_-_-_-_-_---', data: '.7766554433221100...' },
    3: { cs: '-__________________-', sck: '--_-_-_-_-_-_-_-_---', data: '...7766554433221100.' },
  };

const OUT = 0xa5;
const IN = 0x3c;

/** The waves as levels. */
function levelsOf(mode: SpiMode): number[] {
  const { cs, sck, data } = WAVES[mode];
  return Array.from(cs, (level, i) => {
    const bit = data[i] === '.' ? undefined : Number(data[i]);
    const of = (byte: number): boolean => bit !== undefined && ((byte >> bit) & 1) === 1;
    return (
      (level === '-' ? NETS.cs : 0) |
      (sck[i] === '-' ? NETS.clk : 0) |
      (of(OUT) ? NETS.mosi : 0) |
      (of(IN) ? NETS.miso : 0)
    );
  });
}

/** What a decoder makes of levels, sample by sample or as one run. */
function decoded(levels: readonly number[], mode: SpiMode, asRun: boolean, hasReset = false): string {
  const recorder = new TraceRecorder();
  const decoder = new SpiDecoder(recorder, { nsPerTick: 100, mode, hasReset });
  if (asRun) {
    const table = Uint8Array.from({ length: 256 }, (_, sample) => sample);
    decoder.samples(Uint8Array.from(levels), 0, table);
  } else
    levels.forEach((level, tick) => {
      decoder.change(level, tick);
    });
  decoder.end(levels.length);
  return renderJsonLines(recorder);
}

for (const mode of [0, 1, 2, 3] as const)
  test(`in mode ${mode} the byte is that of the published clock format`, () => {
    for (const asRun of [false, true])
      expect(decoded(levelsOf(mode), mode, asRun)).toContain('"sent":"a5","received":"3c"');
  });

for (const [mode, wrong] of [
  [0, 1],
  [1, 0],
  [2, 3],
  [3, 2],
] as const)
  test(`what was sent in mode ${mode} is not what mode ${wrong} reads`, () => {
    expect(decoded(levelsOf(mode), wrong, false)).not.toContain('"sent":"a5"');
  });

test('a run of samples and the same samples one by one give the same trace, whatever they are', () => {
  const samples = fc.array(
    fc.record({ levels: fc.integer({ min: 0, max: 63 }), count: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(samples, fc.constantFrom(0, 1, 2, 3), fc.boolean(), (runs, mode, hasReset) => {
      const levels = runs.flatMap(({ levels: one, count }) => Array<number>(count).fill(one));
      expect(decoded(levels, mode, true, hasReset)).toBe(decoded(levels, mode, false, hasReset));
    }),
    { numRuns: 500, seed: 1 },
  );
});

test('samples that lie off a word boundary give the same trace', () => {
  const levels = Array.from({ length: 12 }, () => levelsOf(0)).flat();
  const whole = decoded(levels, 0, true);
  for (const offset of [1, 2, 3]) {
    const bytes = new Uint8Array(levels.length + offset);
    bytes.set(levels, offset);
    const recorder = new TraceRecorder();
    const decoder = new SpiDecoder(recorder, { nsPerTick: 100 });
    const table = Uint8Array.from({ length: 256 }, (_, sample) => sample);
    for (let at = offset; at < bytes.length; at += 7)
      decoder.samples(bytes.subarray(at, at + 7), at - offset, table);
    decoder.end(levels.length);
    expect(renderJsonLines(recorder)).toBe(whole);
  }
});
