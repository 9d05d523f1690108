import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { openCapture } from '../../src/trace/index.ts';
import { compareWithTwin, TwinTape } from '../../src/twin/index.ts';

/** Captures are no part of the project: they lie beside it, or beside a folder that holds it. */
function captureFile(): string | undefined {
  for (let at = resolve(import.meta.dirname, '../..'); at !== dirname(at); at = dirname(at)) {
    const file = resolve(at, 'shared/captures/bobba_boot.vcd');
    if (existsSync(file)) return file;
  }
  return undefined;
}

test('the twin agrees on all 382 answers and pulses of the boot of a real Chromebook [CHIP 0, TRACE]', () => {
  const file = captureFile();
  test.skip(file === undefined, 'The capture of a Chromebook boot is not beside this repository.');
  const capture = openCapture(file!);
  const tape = new TwinTape();
  capture.replay(tape);
  const report = compareWithTwin(tape, {
    chip: { firmware: '0.5.4' },
    isFresh: false,
    sees: { ready: true, reset: false, supply: false },
    resolution: capture.resolution,
  });
  expect(report.differences).toEqual([]);
  expect([report.frames, report.leftOut]).toEqual([382, 0]);
  expect(report.agreements['ready pulse']).toEqual({ compared: 382, agreed: 382 });
  // Answers of NV_Read, NV_Write and the like hang on what the chip was told before.
  expect(report.unknowable).toEqual({ 'memory from before': 9 });
  expect(report.agreements['TPM2_PCR_Extend']).toEqual({ compared: 2, agreed: 2 });
});
