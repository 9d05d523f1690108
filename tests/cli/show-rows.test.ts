import { expect, test } from '@playwright/test';
import { showRows } from '../../src/cli/show-rows.ts';

test('columns are as wide as what is in them, and the last one goes on where the terminal ends', () => {
  const rows = [
    ['sim', 'sim', 'the simulated board with everything wired'],
    ['raspberry-pi', 'linux', 'short'],
  ];
  expect(showRows(['rig', 'board', 'what it is'], rows, 50).split('\n')).toEqual([
    'rig           board  what it is',
    'sim           sim    the simulated board with',
    '                     everything wired',
    'raspberry-pi  linux  short',
    '',
  ]);
});

test('no line is longer than the terminal, if it has room for the last column at all', () => {
  const rows = [['a', 'word '.repeat(80).trim()]];
  for (const width of [40, 80, 120])
    expect(
      Math.max(
        ...showRows(['x', 'y'], rows, width)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(width);
});

test('a word that is too long stands alone, and an empty table has its names', () => {
  expect(showRows(['x', 'y'], [['a', `b ${'c'.repeat(40)}`]], 30)).toBe(`x  y\na  b\n   ${'c'.repeat(40)}\n`);
  expect(showRows(['x', 'y'], [], 30)).toBe('x  y\n');
});
