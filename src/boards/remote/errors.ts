import { LabFailure } from '../../units/index.ts';

/** The device cannot be reached, or did not come back. */
export class DeviceGone extends LabFailure {
  readonly blames = 'rig';

  /** @param seen what was last seen of it, each a sentence */
  constructor(host: string, what: string, seen: readonly string[]) {
    super([`Device ${host} ${what}.`, ...seen].join(' '));
  }
}

/** The device was started again, or its agent is gone. What was under way there is unknown. */
export class SessionLost extends LabFailure {
  readonly blames = 'rig';

  constructor(host: string, why: string, underWay: readonly string[]) {
    const begun =
      underWay.length === 0
        ? 'Nothing was under way.'
        : `Under way was: ${underWay.join(', ')}. Whether it was done is unknown, and it is not done again.`;
    super(`Device ${host}: ${why}. ${begun} Run again.`);
  }
}

/** The device answers, and one request has not been done for too long. */
export class RequestStuck extends LabFailure {
  readonly blames = 'rig';

  constructor(host: string, what: string, limitMs: number) {
    super(
      `Device ${host} answers, and has not done "${what}" within ${limitMs / 1000} s. Look at its kernel log; if its TPM driver hangs, restart the device.`,
    );
  }
}

/** The agent cannot be made, copied or run for this device. */
export class AgentUnusable extends LabFailure {
  readonly blames = 'lab service';
}

/** What came from the device is not what its agent says. */
export class AgentUnruly extends LabFailure {
  readonly blames = 'lab service';

  constructor(host: string, sent: string) {
    super(
      `Device ${host} sent ${sent}, which its agent never does. Look at what the login shell of that user prints, and at who else writes to the connection.`,
    );
  }
}
