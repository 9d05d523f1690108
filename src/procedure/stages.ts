import type { TraceSink } from '../trace/index.ts';
import type { OpenRig, Rig } from '../rig/index.ts';
import { openRig, simBoardSchema } from '../rig/index.ts';
import type { Played } from './play.ts';
import { play } from './play.ts';
import type { Procedure } from './schema.ts';

/** Maximum number of boards that stay open at the same time. */
const KEPT = 8;

/**
 * Plays procedures, each on the simulated board that it names, or all on one rig. A board is opened once and starts
 * over for each play.
 */
export class Stages {
  readonly #open = new Map<string, OpenRig>();

  /** With `rig`, every procedure is played on that rig, whatever board it names. */
  constructor(private readonly rig?: Rig) {}

  /** Starts the board over from the seed of the procedure, and plays it. `hear` gets the trace as well. */
  async play(procedure: Procedure, hear?: TraceSink): Promise<Played> {
    const { board, renew } = await this.#stageOf(procedure);
    await renew(procedure.seed);
    const file = this.rig?.board ?? procedure.board;
    const firmware = file !== undefined && 'firmware' in file ? file.firmware : undefined;
    return play(procedure, board, { hear, firmware });
  }

  /** The open board that a procedure is played on. It has not started over yet. */
  async open(procedure: Procedure): Promise<OpenRig> {
    return this.#stageOf(procedure);
  }

  async close(): Promise<void> {
    for (const { board } of this.#open.values()) await board.close();
    this.#open.clear();
  }

  async #stageOf({ board = { kind: 'sim' }, seed }: Procedure): Promise<OpenRig> {
    const key = this.rig?.key ?? JSON.stringify(board);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    await this.#makeRoom();
    const open = await openRig(this.rig ?? writtenRig(board), seed);
    this.#open.set(key, open);
    return open;
  }

  async #makeRoom(): Promise<void> {
    const [oldest] = this.#open;
    if (this.#open.size < KEPT || oldest === undefined) return;
    this.#open.delete(oldest[0]);
    await oldest[1].board.close();
  }
}

const writtenRig = (board: NonNullable<Procedure['board']>): Rig => ({
  description: 'The board that a procedure writes',
  board: simBoardSchema.parse(board),
  name: 'procedure',
  file: '',
  key: '',
});
