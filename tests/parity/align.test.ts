import { expect, test } from '@playwright/test';
import type { Act } from '../../src/parity/accesses.ts';
import { align } from '../../src/parity/align.ts';
import { BEGINNING } from '../../src/units/index.ts';

const acts = (...texts: readonly string[]): readonly Act[] =>
  texts.map((text) => {
    const [direction, register, bytes = ''] = text.split(' ');
    return { shape: `${direction!} ${register!}`, bytes, at: BEGINNING };
  });

test('equal traces have no difference', () => {
  expect(align(acts('R 000/1 80', 'W 000/1 02'), acts('R 000/1 80', 'W 000/1 02'))).toEqual([]);
});

test('a frame of theirs that ours lacks is missing, one that only ours has is extra', () => {
  expect(align(acts('R 000/1 80'), acts('R 000/1 80', 'W 000/1 02'))).toEqual([
    { class: 'missing', what: 'W 000/1 02' },
  ]);
  expect(align(acts('R 000/1 80', 'W 000/1 02'), acts('R 000/1 80'))).toEqual([
    { class: 'extra', what: 'W 000/1 02' },
  ]);
});

test('equal frames with other data differ in bytes', () => {
  expect(align(acts('R f00/4 ffffffff'), acts('R f00/4 e01a2800'))).toEqual([
    { class: 'other bytes', what: 'R f00/4: ours ffffffff, theirs e01a2800' },
  ]);
});

test('a frame that both have in another place is out of order, once', () => {
  expect(
    align(acts('W 018/1 40', 'R 000/1 80', 'R f04/1 00'), acts('R 000/1 80', 'R f04/1 00', 'W 018/1 40')),
  ).toEqual([{ class: 'out of order', what: 'W 018/1 40' }]);
});
