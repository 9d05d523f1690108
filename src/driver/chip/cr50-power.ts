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
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

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

  *suspend(kind: SuspendKind): Work<void> {
    const { rules, chip, time } = this.parts;
    const needsShutdown =
      kind === 'via-firmware' || (rules.heedsFirmwareManaged && !this.parts.isFirmwareManaged);
    this.#hasSavedState = needsShutdown;
    if (rules.suspendTakesTurn) yield* this.#suspendInTurn(needsShutdown);
    else if (needsShutdown) yield* this.#suspendAtOnce();
    chip.isSuspended = true;
    time.suspend();
  }

  *resume(): Work<void> {
    const { rules, chip, time, gate } = this.parts;
    time.resume();
    if (!rules.resumeStartsAfresh) {
      gate.resumed(false);
      if (rules.resumeClaimsLocality) yield* this.#touchLocality();
      chip.isSuspended = false;
      return;
    }
    yield* chip.withTurnOnly(() => this.#resumeAfresh());
  }

  *#resumeAfresh(): Work<void> {
    const { rules, chip, gate } = this.parts;
    gate.resumed(true);
    chip.doubtLocality();
    if (rules.resumeVerifies) yield* this.#verify();
    chip.isSuspended = false;
  }

  *#suspendInTurn(needsShutdown: boolean): Work<void> {
    const { rules, chip } = this.parts;
    if (rules.marks === 'after-shutdown') {
      if (needsShutdown) yield* this.#ifAvailable(() => chip.withTurn(() => shutDown(chip, 'state')));
      else if (rules.idleTakesTurn) yield* this.#ifAvailable(() => chip.withTurn(() => waited(undefined)));
      return;
    }
    yield* chip.withTurnOnly(() => this.#markThenShutDown(needsShutdown));
  }

  *#markThenShutDown(needsShutdown: boolean): Work<void> {
    this.parts.chip.isSuspended = true;
    if (needsShutdown) yield* this.#ifAvailable(() => this.#shutDownAndRelease());
  }

  *#shutDownAndRelease(): Work<void> {
    const { chip } = this.parts;
    yield* chip.withLocality(() => shutDown(chip, 'state'));
    yield* chip.releaseKept();
  }

  /** Suspends without waiting for the turn, even while a command is under way. [BUGS K-21] */
  *#suspendAtOnce(): Work<void> {
    yield* this.parts.chip.withLocality(() => this.#shutDownThenMark());
  }

  *#shutDownThenMark(): Work<void> {
    const { chip } = this.parts;
    yield* shutDown(chip, 'state');
    chip.isSuspended = true;
  }

  /** A chip that is not available does not keep the system awake. */
  *#ifAvailable(work: () => Work<void>): Work<void> {
    try {
      yield* work();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  /** Claims and releases the locality; a chip that refuses stays marked suspended. [BUGS L-37] */
  *#touchLocality(): Work<void> {
    yield* this.parts.chip.withLocality(nothing);
  }

  /** Makes sure that the TPM is there and runs, and starts it up when its power was lost meanwhile. [BUGS L-26] */
  *#verify(): Work<void> {
    const { chip, core } = this.parts;
    yield* core.identify();
    yield* chip.withLocality(() => this.#startAgain());
  }

  *#startAgain(): Work<void> {
    const { chip, log } = this.parts;
    const { code } = yield* chip.command(TOTAL_COMMANDS);
    if (code !== TPM_RC.INITIALIZE) return;
    if (this.#hasSavedState && (yield* startManually(chip, 'state', log)) === 0) return;
    yield* startManually(chip, 'clear', log);
  }
}

const nothing = (): Work<void> => waited(undefined);
