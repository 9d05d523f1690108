import type { AccessGate } from '../gate/access-gate.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import type { HostTime } from '../time/host-time.ts';
import type { PowerRules } from '../profile.ts';
import type { TisCore } from '../tis/tis-core.ts';
import { DriverError } from '../errors.ts';
import type { ChipAccess } from './chip-access.ts';
import { TPM_RC } from '../../tpm/index.ts';
import { TOTAL_COMMANDS } from './properties.ts';
import { shutDown } from './shut-down.ts';
import type { SuspendKind } from '../host-driver.ts';
import { startManually } from './start-up.ts';

interface PowerParts {
  readonly rules: PowerRules;
  readonly chip: ChipAccess;
  readonly core: TisCore;
  readonly time: HostTime;
  readonly gate: Pick<AccessGate, 'resumed'>;
  readonly log: DeviceLog;
  /** The platform's firmware looks after the TPM in suspend to idle. [DRIVER 1.12] */
  readonly isFirmwareManaged: boolean;
}

/** Suspend and resume of a Cr50, on whatever bus it is. [DRIVER 1.12] */
export class Cr50Power {
  #hasSavedState = false;

  constructor(private readonly parts: PowerParts) {}

  async suspend(kind: SuspendKind): Promise<void> {
    const { rules, chip, time } = this.parts;
    const needsShutdown =
      kind === 'via-firmware' || (rules.heedsFirmwareManaged && !this.parts.isFirmwareManaged);
    this.#hasSavedState = needsShutdown;
    if (rules.suspendTakesTurn) await this.#suspendInTurn(needsShutdown);
    else if (needsShutdown) await this.#suspendAtOnce();
    chip.isSuspended = true;
    time.suspend();
  }

  async resume(): Promise<void> {
    const { rules, chip, time, gate } = this.parts;
    time.resume();
    if (!rules.resumeStartsAfresh) {
      gate.resumed(false);
      if (rules.resumeClaimsLocality) await this.#touchLocality();
      chip.isSuspended = false;
      return;
    }
    await chip.withTurnOnly(async () => {
      gate.resumed(true);
      chip.doubtLocality();
      if (rules.resumeVerifies) await this.#verify();
      chip.isSuspended = false;
    });
  }

  async #suspendInTurn(needsShutdown: boolean): Promise<void> {
    const { rules, chip } = this.parts;
    if (rules.marks === 'after-shutdown') {
      if (needsShutdown) await this.#ifAvailable(() => chip.withTurn(() => shutDown(chip, 'state')));
      else if (rules.idleTakesTurn) await this.#ifAvailable(() => chip.withTurn(() => Promise.resolve()));
      return;
    }
    await chip.withTurnOnly(async () => {
      chip.isSuspended = true;
      if (needsShutdown) await this.#ifAvailable(() => this.#shutDownAndRelease());
    });
  }

  async #shutDownAndRelease(): Promise<void> {
    const { chip } = this.parts;
    await chip.withLocality(() => shutDown(chip, 'state'));
    await chip.releaseKept();
  }

  /** Suspends without waiting for the turn, even while a command is under way. [BUGS K-21] */
  async #suspendAtOnce(): Promise<void> {
    const { chip } = this.parts;
    await chip.withLocality(async () => {
      await shutDown(chip, 'state');
      chip.isSuspended = true;
    });
  }

  /** A chip that is not available does not keep the system awake. */
  async #ifAvailable(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  /** Claims and releases the locality; a chip that refuses stays marked suspended. [BUGS L-37] */
  async #touchLocality(): Promise<void> {
    await this.parts.chip.withLocality(() => Promise.resolve());
  }

  /** Makes sure that the TPM is there and runs, and starts it up when its power was lost meanwhile. [BUGS L-26] */
  async #verify(): Promise<void> {
    const { chip, core, log } = this.parts;
    await core.identify();
    await chip.withLocality(async () => {
      const { code } = await chip.command(TOTAL_COMMANDS);
      if (code !== TPM_RC.INITIALIZE) return;
      if (this.#hasSavedState && (await startManually(chip, 'state', log)) === 0) return;
      await startManually(chip, 'clear', log);
    });
  }
}
