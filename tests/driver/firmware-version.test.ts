import { expect, test } from '@playwright/test';
import { perform, cr50SpiV1, linux61, readFirmwareVersion, recommended } from '../../src/driver/index.ts';
import type { Profile } from '../../src/driver/index.ts';
import { ms } from '../../src/units/index.ts';
import { FakeBoard } from './fake-board.ts';
import { FakeChip } from './fake-chip.ts';
import { makePhy } from './make-phy.ts';

async function versionOf(profile: Profile, text: string) {
  const board = new FakeBoard();
  new FakeChip(board).version = text;
  const { own } = makePhy(board, profile);
  return { text: await perform(readFirmwareVersion(own, 0, profile.version)), texts: board.texts.slice(1) };
}

const text = (length: number): string => 'B2-C:0 RO_B:0.0.11/4d655eab '.repeat(4).slice(0, length);

for (const length of [0, 1, 3, 4, 8, 63, 64])
  for (const profile of [cr50SpiV1, linux61, recommended])
    test(`${profile.name} reads a version of ${length} characters whole`, async () => {
      expect((await versionOf(profile, text(length))).text).toBe(text(length));
    });

for (const length of [65, 79, 100])
  test(`a version of ${length} characters is cut at 64 by the kernel profiles and whole with recommended`, async () => {
    // [BUGS L-05]
    expect((await versionOf(cr50SpiV1, text(length))).text).toBe(text(64));
    expect((await versionOf(linux61, text(length))).text).toBe(text(64));
    expect((await versionOf(recommended, text(length))).text).toBe(text(length));
  });

test('a text without an end is read no further than the limit', async () => {
  expect((await versionOf(recommended, 'x'.repeat(1000))).text).toHaveLength(300);
});

test('the kernel rewinds with one zero byte and reads four at a time; a length that four divides takes one read more', async () => {
  expect((await versionOf(linux61, text(8))).texts).toEqual([
    'W 0f90 1 00',
    'R 0f90 4',
    'R 0f90 4',
    'R 0f90 4',
  ]);
});

for (const profile of [cr50SpiV1, linux61])
  test(`${profile.name} takes what its buffer held for text when the reads fail, and goes on`, async () => {
    // [BUGS L-04]
    const board = new FakeBoard();
    new FakeChip(board);
    board.fate = (_frame, frame) => (frame.startsWith('R 0f90') ? { stalls: true, pulse: false } : {});
    const { own } = makePhy(board, profile);
    const read = await perform(readFirmwareVersion(own, 0, profile.version));
    expect(read).toBe('\u00aa'.repeat(64));
    expect(board.texts.filter((frame) => frame === 'R 0f90 4')).toHaveLength(16);
    expect(board.clock.now()).toBeGreaterThan(ms(16 * 750));
  });

test('recommended fails when the version cannot be read', async () => {
  const board = new FakeBoard();
  new FakeChip(board);
  board.fate = (_frame, frame) => (frame.startsWith('R 0f90') ? { stalls: true } : {});
  const { own } = makePhy(board, recommended);
  await expect(perform(readFirmwareVersion(own, 0, recommended.version))).rejects.toMatchObject({
    errno: -16,
  });
});
