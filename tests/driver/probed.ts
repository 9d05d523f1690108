import type { Profile, StackOptions } from '../../src/driver/index.ts';
import { TypeScriptStack } from '../../src/driver/index.ts';
import { FakeBoard } from './fake-board.ts';
import { FakeChip } from './fake-chip.ts';

export const GET_RANDOM_32 = Uint8Array.from(Buffer.from('80010000000c0000017b0020', 'hex'));

type Options = Partial<Omit<StackOptions, 'board' | 'profile'>>;

/** A stack over a fake board and chip, not yet probed. */
export function bench(profile: Profile, options: Options = {}) {
  const board = new FakeBoard();
  const chip = new FakeChip(board);
  const stack = new TypeScriptStack({ board, profile, ...options });
  let first = 0;
  return {
    board,
    chip,
    stack,
    /** Frames and lines are those since the last call. */
    startOver: () => {
      first = board.frames.length;
    },
    texts: () => board.texts.slice(first),
    said: () => stack.log.map(({ device, text }) => `${device}: ${text}`),
  };
}

export async function probed(profile: Profile, options: Options = {}) {
  const made = bench(profile, options);
  await made.stack.probe();
  made.startOver();
  return made;
}
