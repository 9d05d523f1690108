import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from '@playwright/test';
import { SpiFailure } from '../../src/board/index.ts';
import { BusFailed, ChipNotAvailable, ProbeFailed } from '../../src/driver/index.ts';
import { describeThrown } from '../../src/report/thrown.ts';
import { TpmError } from '../../src/tpm/index.ts';

test('the innermost cause that states a culprit decides, whatever wraps it', () => {
  const bus = new BusFailed('write', 0x24, 1, new SpiFailure('a frame', 5));
  const outer = new ChipNotAvailable(-19, 'The command was not sent.', { cause: bus });
  expect(describeThrown(new Error('a step', { cause: outer }))).toEqual({
    says: 'SpiFailure: SPI transaction failed: a frame, error 5.',
    kind: 'stated',
    blames: 'rig',
  });
});

test('a cause that states nothing leaves the word to the error above it', () => {
  expect(describeThrown(new ProbeFailed(-517, 'later', { cause: new Error('EPROBE_DEFER') }))).toMatchObject({
    kind: 'stated',
    blames: 'driver',
  });
});

test('an error of the language below a stated one is the latter', () => {
  const refused = new TpmError('Hash', 0x1d5);
  expect(describeThrown(new TypeError('x', { cause: refused }))).toMatchObject({ blames: 'chip' });
  expect(describeThrown(new RangeError('x'))).toEqual({ says: 'RangeError: x', kind: 'language' });
});

test('whatever is thrown is described: no error, nothing, a ring of causes', () => {
  expect(describeThrown('a word')).toEqual({ says: 'a word', kind: 'other' });
  expect(describeThrown(undefined)).toEqual({ says: 'undefined', kind: 'other' });
  const ring = new Error('one\ntwo');
  ring.cause = new Error('inner', { cause: ring });
  expect(describeThrown(ring)).toEqual({ says: 'Error: one', kind: 'other' });
});

test('an error of the language that came up in a bundle blames the program of its source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-bundle-'));
  try {
    const file = join(folder, 'chunk.js');
    const source = fileURLToPath(new URL('../../src/sim/h1/fifo.ts', import.meta.url));
    // Line 2, column 3 of the bundle is line 7, column 1 of the source.
    const map = { version: 3, sources: [`../..${source}`], names: [], mappings: ';EAMA' };
    writeFileSync(`${file}.map`, JSON.stringify(map));
    for (const place of [file, pathToFileURL(file).href]) {
      const error = Object.assign(new TypeError('no byte'), {
        stack: `TypeError: no byte\n    at Fifo.read (${place}:2:3)`,
      });
      expect(describeThrown(error)).toMatchObject({ kind: 'language', blames: 'chip' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
