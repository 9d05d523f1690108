import type { Profile, OwnDriverOptions } from '../../src/driver/index.ts';
import { OwnDriver } from '../../src/driver/index.ts';
import { FakeBoard } from './fake-board.ts';
import { FakeChip } from './fake-chip.ts';

export const GET_RANDOM_32 = Uint8Array.from(Buffer.from('80010000000c0000017b0020', 'hex'));

type Options = Partial<Omit<OwnDriverOptions, 'board' | 'profile'>>;

/** A driver over a fake board and chip, not yet probed. */
export function bench(profile: Profile, options: Options = {}) {
  const board = new FakeBoard();
  const chip = new FakeChip(board);
  const driver = new OwnDriver({ board, profile, ...options });
  let first = 0;
  return {
    board,
    chip,
    driver,
    /** Frames and lines are those since the last call. */
    startOver: () => {
      first = board.frames.length;
    },
    texts: () => board.texts.slice(first),
    said: () => driver.log.map(({ device, text }) => `${device}: ${text}`),
  };
}

export async function probed(profile: Profile, options: Options = {}) {
  const made = bench(profile, options);
  await made.driver.probe();
  made.startOver();
  return made;
}
