import type { Board } from '../../board/index.ts';
import { FAULT_KINDS, withParts } from '../../board/index.ts';
import type { VirtualClock } from '../../sim/index.ts';
import type { Duration } from '../../units/index.ts';
import type { ChipSource, SimBoardOptions, SimulatedChip } from '../sim/index.ts';
import { SimBoard } from '../sim/index.ts';
import { LineChannel } from './line-channel.ts';
import type { ProgramAbilities } from './program-chip.ts';
import { abilitiesOf, ProgramChip } from './program-chip.ts';

/** What a board is made of when its chip is a program. */
export interface ProgramOptions extends Pick<SimBoardOptions, 'seed' | 'sck' | 'host' | 'has' | 'faults'> {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Maximum of wall time for one answer; 20 s when absent. */
  readonly answerLimit?: Duration;
}

/** A board whose chip is a program. */
export interface OpenProgram {
  readonly board: Board;
  /** Starts the chip over: by the line `renew` where the program knows it, else in a new process. */
  readonly renew: (seed: number) => Promise<void>;
}

/** Faults between host and chip. The protocol has no lines for faults inside the chip. */
const OUTSIDE_OF_CHIP = new Set(FAULT_KINDS.filter((kind) => !kind.startsWith('chip-')));

/**
 * Opens the simulated board with a program as its chip, which speaks the protocol of docs/chip-protocol.md.
 * @throws ChipProgramFailed
 */
export async function openProgram({
  command,
  answerLimit,
  ...options
}: ProgramOptions): Promise<OpenProgram> {
  const program = await Program.start(command, answerLimit);
  try {
    const board = new SimBoard({ ...options, chip: program });
    return {
      // A chip that cannot tell what it saw has no view.
      board: program.hasView ? board : withParts(board, { chip: undefined }),
      renew: async (seed) => {
        await program.startOver();
        board.renew(seed);
      },
    };
  } catch (failure) {
    await program.close();
    throw failure;
  }
}

class Program implements ChipSource {
  readonly faults = OUTSIDE_OF_CHIP;
  #isUsed = false;

  private constructor(
    private readonly start: { readonly command: readonly string[]; readonly limit: Duration | undefined },
    private channel: LineChannel,
    private readonly abilities: ProgramAbilities,
  ) {}

  static async start(command: readonly string[], limit: Duration | undefined): Promise<Program> {
    const channel = await LineChannel.open(command, limit);
    try {
      return new Program({ command, limit }, channel, abilitiesOf(channel));
    } catch (failure) {
      await channel.close();
      throw failure;
    }
  }

  get hasView(): boolean {
    return this.abilities.hasView;
  }

  make(clock: VirtualClock, seed: number): SimulatedChip {
    if (this.abilities.renews) this.channel.exchange([`renew ${seed}`]);
    this.#isUsed = true;
    return new ProgramChip(clock, this.channel, this.abilities);
  }

  async startOver(): Promise<void> {
    if (this.abilities.renews || !this.#isUsed) return;
    await this.channel.close();
    this.channel = await LineChannel.open(this.start.command, this.start.limit);
  }

  close(): Promise<void> {
    return this.channel.close();
  }
}
