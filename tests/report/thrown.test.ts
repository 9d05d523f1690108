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

/** An error that came up in the first of these files, each called by the next one. */
const cameUpIn = (error: Error, ...files: readonly string[]): Error =>
  Object.assign(error, {
    stack: [
      `${error.name}: ${error.message}`,
      ...files.map((file) => `    at f (${placeOf(file)}:3:1)`),
    ].join('\n'),
  });
const placeOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

test('an error that came up in a codec is that of the program that called it', () => {
  const wrong = (...files: readonly string[]): unknown =>
    describeThrown(cameUpIn(new RangeError('no size'), 'src/wire/header.ts', ...files));
  expect(wrong('src/driver/phy/spi-phy.ts', 'suites/content/pcr.suite.ts')).toMatchObject({
    blames: 'driver',
  });
  expect(wrong('suites/content/pcr.suite.ts', 'src/driver/phy/spi-phy.ts')).toEqual({
    says: 'RangeError: no size',
    kind: 'language',
  });
});

test('an error of Node.js that came up in the program of chip or driver is that of the program', () => {
  const wrong = (file: string): unknown =>
    describeThrown(cameUpIn(new Error('Digest method not supported'), file));
  expect(wrong('src/sim/tpm/hashes.ts')).toMatchObject({ kind: 'language', blames: 'chip' });
  expect(wrong('src/driver/chip/hash.ts')).toMatchObject({ kind: 'language', blames: 'driver' });
  expect(wrong('suites/content/pcr.suite.ts')).toEqual({
    says: 'Error: Digest method not supported',
    kind: 'other',
  });
});
