import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VirtualLabBoard } from '../../../../src/boards/virtual-lab/index.ts';
import type { Outcome, Windows } from '../../contract/keep.ts';
import type { GuestRig } from './guest-rigs.ts';
import { bootOnSpidev } from './boot.ts';
import { packGuestTree } from './guest-tree.ts';
import { GUEST_ROOT } from './pack.ts';

const MEMORY_MB = 1024;
const SESSION = 'tests/boards/linux/guest/session';
const HOLDER = 'tests/boards/linux/guest/holder';

/** What came of one clause in the guest, and what the simulated chip at the other end of the wires saw of it. */
export interface GuestOutcome extends Outcome {
  readonly seen: Windows;
}

/** A virtual machine with a stock Debian kernel and Node.js, on whose SPI and GPIO is the simulated chip of this process. */
export class TestGuest {
  readonly #sessions = new Map<string, Promise<ReadonlyMap<string, GuestOutcome>>>();
  readonly #seen: Map<string, Windows>;

  private constructor(
    private readonly lab: VirtualLabBoard,
    seen: Map<string, Windows>,
    private readonly folder: string,
  ) {
    this.#seen = seen;
  }

  /** @throws LabUnprepared, GuestFailed */
  static async boot(): Promise<TestGuest> {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-guest-'));
    try {
      const archive = packGuestTree([`${SESSION}.ts`, `${HOLDER}.ts`], folder);
      const seen = new Map<string, Windows>();
      let windows = { frames: 0, selects: 0 };
      const lab = await bootOnSpidev(archive, MEMORY_MB, (text) => {
        if (text === 'begin') windows = { frames: 0, selects: 0 };
        else seen.set(text.replace(/^end /, ''), { ...windows });
      });
      lab.observeWires({
        frame: () => {
          windows.frames++;
        },
        select: () => {
          windows.selects++;
        },
      });
      return new TestGuest(lab, seen, folder);
    } catch (failure) {
      rmSync(folder, { recursive: true, force: true });
      throw failure;
    }
  }

  /** One board in the guest held to all clauses, once. */
  outcomes(rig: GuestRig, which: 'contract' | 'facts'): Promise<ReadonlyMap<string, GuestOutcome>> {
    const key = `${rig} ${which}`;
    const session = this.#sessions.get(key) ?? this.#run(rig, which);
    this.#sessions.set(key, session);
    return session;
  }

  async close(): Promise<void> {
    try {
      await this.lab.close();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  async #run(rig: GuestRig, which: string): Promise<ReadonlyMap<string, GuestOutcome>> {
    this.#seen.clear();
    const { status, output } = await this.lab.kernel.files.run([
      'node',
      `${GUEST_ROOT}/${SESSION}.js`,
      rig,
      which,
    ]);
    const lines = output.split('\n').filter((line) => line.startsWith('{"name"'));
    if (status !== 0)
      throw new Error(`The session "${rig}, ${which}" ended with status ${status}:\n${output}`);
    const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
    return new Map(
      outcomes.map((outcome) => [
        outcome.name,
        { ...outcome, seen: this.#seen.get(outcome.name) ?? { frames: -1, selects: -1 } },
      ]),
    );
  }
}
