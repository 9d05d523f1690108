import { LabFailure } from '../../units/index.ts';

/** Something is wrong between this host, the rig controller and the board it has. */
export class ControllerFailure extends LabFailure {
  readonly blames = 'rig';
}

/** A serial port of the rig is not there, or may not be opened. */
export class PortUnusable extends ControllerFailure {
  constructor(port: string, reason: string, cause?: unknown) {
    super(
      `The rig's serial port ${port} cannot be opened: ${reason}. Plug it in, join the group of the device (dialout), or mend the rig file.`,
      { cause },
    );
  }
}

/** The package for serial ports was not built when the project was installed. */
export class SerialPackageMissing extends LabFailure {
  readonly blames = 'lab service';

  constructor(cause: unknown) {
    super('The rig needs the package serialport, which is not installed here. Run: npm install', { cause });
  }
}

/** The link broke: unplugged, powered off, or the device file vanished. */
export class ControllerGone extends ControllerFailure {
  constructor(port: string, cause?: unknown) {
    super(
      `The rig controller on ${port} is gone: its port was closed from the other side. Look at its cable and its supply.`,
      { cause },
    );
  }
}

/** No answer came in time. */
export class ControllerSilent extends ControllerFailure {
  constructor(port: string, line: string, limitMs: number) {
    super(
      `The rig controller on ${port} did not answer ${line} within ${limitMs} ms. Press its reset button; when it stays silent, flash its firmware (docs/rig-controller.md).`,
    );
  }
}

/** An answer came that no controller gives. */
export class ControllerGarbled extends ControllerFailure {
  constructor(port: string, line: string, answer: string) {
    super(
      `The rig controller on ${port} answered ${line} with ${JSON.stringify(answer)}, which cannot be read. Look at cable and ground, and at what else uses the port.`,
    );
  }
}

/** The controller refused a command. */
export class ControllerRefused extends ControllerFailure {
  constructor(
    line: string,
    /** As SYSTem:ERRor? tells it. */
    readonly reason: string,
  ) {
    super(`The rig controller refused ${line}: ${reason}.`);
  }
}

/** Another host, whose leases are decided about elsewhere, has the controller. */
export class ControllerHeld extends ControllerFailure {
  constructor(port: string, cause: unknown) {
    super(
      `The rig controller on ${port} is held by another host. Wait until its run has ended; a host that is gone loses it within seconds.`,
      { cause },
    );
  }
}

/** The controller has begun a newer lease since, or has ended this one after a silence: it does nothing more for it. */
export class LeaseOver extends LabFailure {
  readonly blames = 'lab service';

  constructor(
    port: string,
    readonly lease: number | undefined,
    line: string,
  ) {
    super(
      `${lease === undefined ? 'No lease could be begun' : `Lease ${lease} is over`} on the rig controller on ${port}: another run has begun one since, or this one was silent for too long. The controller refused ${line}, and did nothing. Look who uses the rig (h1-hil rig who), then start the run again.`,
    );
  }
}

/** What answers is not a rig controller that this host can use. */
export class ControllerUnfit extends ControllerFailure {
  constructor(port: string, seen: string, wanted: string) {
    super(
      `${port} is answered by ${seen}; ${wanted} is needed. Flash rigs/controller/controller.hex, or name another port in the rig file.`,
    );
  }
}

/** Power is on, and hardly any current flows. */
export class BoardDrawsNothing extends ControllerFailure {
  constructor(currentMa: number, leastMa: number) {
    super(
      `The board draws ${currentMa} mA with its supply on; the rig file says at least ${leastMa} mA. Look at its plug, its fuse and the load switch.`,
    );
  }
}
