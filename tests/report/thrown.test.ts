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
