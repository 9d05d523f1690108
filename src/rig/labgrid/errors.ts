import { LabFailure } from '../../units/index.ts';

/** Something is wrong with the coordinator of the lab, or between it and this host. */
export class CoordinatorFailure extends LabFailure {
  readonly blames = 'lab service';
}

/** Nobody answers there, or what answers is no coordinator. */
export class CoordinatorUnusable extends CoordinatorFailure {
  constructor(address: string, reason: string, cause?: unknown) {
    super(
      `The labgrid coordinator at ${address} cannot be used: ${reason}. Start it, or name another one: --coordinator HOST:PORT, or the variable LG_COORDINATOR.`,
      { cause },
    );
  }
}

/** The connection has broken, and with it every lease that it carried. */
export class CoordinatorLost extends CoordinatorFailure {
  constructor(address: string, reason: string) {
    super(
      `The connection to the labgrid coordinator at ${address} is lost: ${reason}. It may give the rig to another run, so this one is ended. Start it again.`,
    );
  }
}

/** The coordinator refused a call. */
export class CoordinatorRefused extends CoordinatorFailure {
  constructor(
    address: string,
    call: string,
    /** As the coordinator says it. */
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`The labgrid coordinator at ${address} refused ${call}: ${reason}.`, { cause });
  }
}
