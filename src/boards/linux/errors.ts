import { LabFailure } from '../../units/index.ts';

/** A device file that the rig names is not there. */
export class DeviceMissing extends LabFailure {
  readonly blames = 'rig';

  constructor(device: string) {
    super(
      `${device} does not exist on this host. Switch the bus on (a device tree overlay, modprobe spidev), or name another device in the rig file.`,
    );
  }
}

/** A device file may not be opened. */
export class DeviceForbidden extends LabFailure {
  readonly blames = 'rig';

  constructor(device: string) {
    super(
      `${device} may not be read and written by this user. Join the group that owns it (ls -l ${device}), or add a udev rule.`,
    );
  }
}

/** The kernel knows the device and does not open it as it is needed. */
export class DeviceRefused extends LabFailure {
  readonly blames = 'rig';

  constructor(device: string, sckHz: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `${device} cannot be opened in mode 0 at ${sckHz} Hz: ${reason}. Unbind the driver that has it, or see what the kernel log says of its controller.`,
      { cause },
    );
  }
}

/** An optional package was not built when the project was installed. */
export class PackageMissing extends LabFailure {
  readonly blames = 'lab service';

  constructor(name: string, cause: unknown) {
    super(
      `The rig needs the package ${name}, which is not installed here. Install a compiler (g++, make, python3), then run: npm install`,
      { cause },
    );
  }
}

/** The request for a GPIO line of the rig file failed. */
export class LineMissing extends LabFailure {
  readonly blames = 'rig';

  constructor(line: string, reason: string, cause?: unknown) {
    super(
      `Line ${line} cannot be had: ${reason}. Compare the rig file with what the host has: gpioinfo, or /sys/class/gpio/gpiochip*/label.`,
      {
        cause,
      },
    );
  }
}

/** The controller drops CS between messages, so that a frame with a wait state cannot be made with it. */
export class ChipSelectNotKept extends LabFailure {
  readonly blames = 'rig';

  constructor(device: string) {
    super(
      `The controller of ${device} does not keep CS from one message to the next. Wire CS_L to a GPIO line and name it in the rig file (lines.cs), or have the rig controller drive it.`,
    );
  }
}
