import { expect, test } from '@playwright/test';
import { giveBack, NotGivenBack } from '../../src/rig/index.ts';

test('each part is ended, in order', async () => {
  const ended: string[] = [];
  await giveBack('bench', [
    ['console', () => ended.push('console')],
    ['board', async () => ended.push('board')],
  ]);
  expect(ended).toEqual(['console', 'board']);
});

test('a part that never ends is named, and the others are ended all the same', async () => {
  const ended: string[] = [];
  const given = giveBack(
    'bench',
    [
      ['board', () => new Promise(() => undefined)],
      ['lease', () => ended.push('lease')],
    ],
    20,
  );
  await expect(given).rejects.toThrow(
    'Rig bench could not be given back: its board did not end within 0.02 s. Look at the board before the next run.',
  );
  await expect(given).rejects.toThrow(NotGivenBack);
  expect(ended).toEqual(['lease']);
});

test('the first of several failures is told, and none stops the rest', async () => {
  const ended: string[] = [];
  const given = giveBack('bench', [
    [
      'console',
      () => {
        throw new RangeError('first');
      },
    ],
    ['board', () => Promise.reject(new RangeError('second'))],
    ['lease', () => ended.push('lease')],
  ]);
  await expect(given).rejects.toThrow('first');
  expect(ended).toEqual(['lease']);
});
