import { awaiting, DriverLog, TisCore } from '../../src/driver/index.ts';
import type { LogLine, Profile, TickRate } from '../../src/driver/index.ts';
import { FakeBoard } from './fake-board.ts';
import { FakeChip } from './fake-chip.ts';
import { makePhy } from './make-phy.ts';

/** A TIS core over a fake chip, past its first accesses; `texts` are the frames since then. */
export async function makeCore(profile: Profile, hz?: TickRate) {
  const board = new FakeBoard();
  const chip = new FakeChip(board);
  const made = makePhy(board, profile, hz === undefined ? {} : { hz });
  const log = new DriverLog(board.clock, undefined);
  const core = new TisCore({
    phy: made.own,
    clock: board.clock,
    time: made.time,
    rules: profile.tis,
    log: log.device('tpm tpm0'),
    hooks: {},
    probe: profile.probe,
    busLog: log.device('spi0.0'),
  });
  for (let i = 0; i < 4; i++) await made.phy.read8(0x0000);
  const first = board.frames.length;
  const lines: readonly LogLine[] = log.lines;
  return {
    board,
    chip,
    core: awaiting(core),
    counters: made.counters,
    texts: () => board.texts.slice(first),
    said: () => lines.map(({ text }) => text),
  };
}
