import type { Board, Capability, DriveLine } from '../../board/index.ts';
import { us } from '../../units/index.ts';
import { FifoBusLock } from '../bus-lock.ts';
import { HostDriveLine, HostPowerSwitch } from './drive-lines.ts';
import { EdgeInput } from './edge-input.ts';
import { ChipSelectNotKept } from './errors.ts';
import type { Gpio } from './gpio.ts';
import { HostClock } from './host-clock.ts';
import { openGpio } from './open-gpio.ts';
import { openSpidev } from './open-spidev.ts';
import type { LineOptions, LinuxBoardOptions } from './options.ts';
import type { Spidev } from './spidev.ts';

/** Maximum uncertainty of a stamp for the capability `edge-timing`. */
const FINE_STAMPS = us(10);

interface Parts {
  readonly clock: HostClock;
  readonly spi: Spidev;
  readonly ready: EdgeInput | undefined;
  readonly reset: HostDriveLine | undefined;
  readonly power: HostPowerSwitch | undefined;
  readonly cs: HostDriveLine | undefined;
}

/** A real H1 on a bus of this host. */
export class LinuxBoard implements Board {
  readonly facts = { isSimulated: false, hasController: false };
  readonly bus = new FifoBusLock();
  readonly capabilities: ReadonlySet<Capability>;
  #isClosed = false;

  constructor(private readonly parts: Parts) {
    const capabilities = new Set<Capability>();
    if (parts.ready) capabilities.add('ready-line');
    if (parts.ready && parts.ready.uncertainty <= FINE_STAMPS) capabilities.add('edge-timing');
    if (parts.reset) capabilities.add('reset');
    if (parts.power) capabilities.add('power');
    this.capabilities = capabilities;
  }

  get clock(): HostClock {
    return this.parts.clock;
  }

  get spi(): Spidev {
    return this.parts.spi;
  }

  get ready(): EdgeInput | undefined {
    return this.parts.ready;
  }

  get reset(): HostDriveLine | undefined {
    return this.parts.reset;
  }

  get power(): HostPowerSwitch | undefined {
    return this.parts.power;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { power, reset, ready, spi, cs } = this.parts;
    closeAll([spi, cs, power, reset, ready]);
  }
}

interface Closable {
  close(): void;
}

/** Closes every part, then throws the first failure. */
function closeAll(parts: readonly (Closable | undefined)[]): void {
  const failures: unknown[] = [];
  for (const part of parts) {
    try {
      part?.close();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** A line that is active low goes to the board itself, whose I/O may be 1.8 V: never driven high. Active high is the gate of a transistor. */
const openReset = (gpio: Gpio, line: LineOptions): HostDriveLine =>
  new HostDriveLine(
    'TPM_RST_L',
    gpio.openOutput('TPM_RST_L', line, line.activeHigh === true ? 'push-pull' : 'open-drain'),
  );

/**
 * Opens the board that a rig file describes; what was opened is closed again when a part is missing.
 * @param outerCs drives CS_L from outside the host, where the rig has that
 * @throws DeviceMissing, DeviceForbidden, DeviceRefused, PackageMissing, LineMissing, ChipSelectNotKept
 */
export async function openLinuxBoard(options: LinuxBoardOptions, outerCs?: DriveLine): Promise<LinuxBoard> {
  const { spi: bus, lines } = options;
  const clock = new HostClock(options.slack);
  const opened: Closable[] = [];
  const keep = <T extends Closable>(part: T): T => {
    opened.unshift(part);
    return part;
  };
  try {
    if (bus.keepsCs === false && lines.cs === undefined && outerCs === undefined)
      throw new ChipSelectNotKept(bus.device);
    const gpio = Object.values(lines).some(Boolean) ? await openGpio(options.gpio) : undefined;
    const cs =
      gpio && lines.cs && keep(new HostDriveLine('CS_L', gpio.openOutput('CS_L', lines.cs, 'push-pull')));
    const spi = keep(await openSpidev(bus, clock, cs ?? outerCs));
    const ready = gpio && lines.ready && keep(new EdgeInput('INT_AP_L', gpio, lines.ready, clock));
    const reset = gpio && lines.reset && keep(openReset(gpio, lines.reset));
    const power =
      gpio && lines.power && keep(new HostPowerSwitch(gpio.openOutput('supply', lines.power, 'push-pull')));
    return new LinuxBoard({ clock, spi, ready, reset, power, cs });
  } catch (failure) {
    closeAll(opened);
    throw failure;
  }
}
