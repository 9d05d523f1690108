import type { Board } from '../board/index.ts';
import type { Lease, Rig } from '../rig/index.ts';
import { acquireLease } from '../rig/index.ts';
import type { Profile } from '../driver/index.ts';
import { OwnDriver } from '../driver/index.ts';
import { powerUp } from '../host/index.ts';
import { openUsableRig } from './usable-rig.ts';
import { thisProcess } from './with-rig.ts';

/** The rig and the driver with which a session serves a TPM. */
export interface TpmSessionOptions {
  readonly rig: Rig;
  readonly profile: Profile;
  readonly seed: number;
  /** Folder in which swtpm keeps its non-volatile state. */
  readonly state: string | undefined;
  readonly onLog: (line: string) => void;
}

/** A chip that is powered and probed, and takes one TPM command after the other. */
export class TpmSession {
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly board: Board,
    private readonly driver: OwnDriver,
    private readonly lease: Lease | undefined,
  ) {}

  /** @throws RigBusy, what opening the board throws, or what the probe throws. */
  static async open({ rig, profile, seed, state, onLog }: TpmSessionOptions): Promise<TpmSession> {
    const lease =
      rig.board.kind === 'sim'
        ? undefined
        : await acquireLease(rig, thisProcess(`h1-hil ${process.argv.slice(2).join(' ')}`));
    try {
      const { board } = await openUsableRig(rig, seed, state === undefined ? {} : { swtpmState: state });
      try {
        await powerUp(board);
        const driver = new OwnDriver({
          board,
          profile,
          onLog: ({ text }) => {
            onLog(text);
          },
        });
        await driver.probe();
        return new TpmSession(board, driver, lease);
      } catch (failure) {
        await board.close();
        throw failure;
      }
    } catch (failure) {
      await lease?.release();
      throw failure;
    }
  }

  /**
   * Sends a command and returns its response. Commands of several clients are sent in the order in which they came.
   */
  transmit(command: Uint8Array): Promise<Uint8Array> {
    const turn = this.#last.then(() => this.driver.transmit(command));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Shuts the TPM down, as a driver does when it is unbound. Then it closes the board. */
  async close(): Promise<void> {
    await this.#last;
    try {
      await this.driver.remove();
    } finally {
      try {
        await this.board.close();
      } finally {
        await this.lease?.release();
      }
    }
  }
}
