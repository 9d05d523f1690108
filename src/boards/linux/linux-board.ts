import type { Board, Capability } from '../../board/index.ts';
import { FifoBusLock } from '../bus-lock.ts';
import { EdgeInput } from './edge-input.ts';
import { OnoffDriveLine, OnoffPowerSwitch, openLine } from './gpio.ts';
import { HostClock } from './host-clock.ts';
import { openSpidev } from './open-spidev.ts';
import type { LinuxBoardOptions } from './options.ts';
import type { Spidev } from './spidev.ts';

interface Parts {
  readonly clock: HostClock;
  readonly spi: Spidev;
  readonly ready: EdgeInput | undefined;
  readonly reset: OnoffDriveLine | undefined;
  readonly power: OnoffPowerSwitch | undefined;
}

/** A real H1 on a bus of this host. */
export class LinuxBoard implements Board {
  readonly kind = 'real';
  readonly bus = new FifoBusLock();
  readonly capabilities: ReadonlySet<Capability>;

  constructor(private readonly parts: Parts) {
    const capabilities = new Set<Capability>();
    if (parts.ready) capabilities.add('ready-line');
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

  get reset(): OnoffDriveLine | undefined {
    return this.parts.reset;
  }

  get power(): OnoffPowerSwitch | undefined {
    return this.parts.power;
  }

  async close(): Promise<void> {
    closeAll([this.parts.power, this.parts.reset, this.parts.ready, this.parts.spi]);
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

/**
 * Opens the board that a rig file describes; what was opened is closed again when a part is missing.
 * @throws DeviceMissing, DeviceForbidden, DeviceRefused, PackageMissing, LineMissing
 */
export async function openLinuxBoard({ spi: bus, lines }: LinuxBoardOptions): Promise<LinuxBoard> {
  const clock = new HostClock();
  const opened: Closable[] = [];
  const keep = <T extends Closable>(part: T): T => {
    opened.unshift(part);
    return part;
  };
  try {
    const spi = keep(await openSpidev(bus.device, bus.sckHz, clock));
    const ready =
      lines.ready && keep(new EdgeInput('INT_AP_L', await openLine('ready', lines.ready, 'watch'), clock));
    const reset =
      lines.reset && keep(new OnoffDriveLine('TPM_RST_L', await openLine('reset', lines.reset, 'drive')));
    const power = lines.power && keep(new OnoffPowerSwitch(await openLine('power', lines.power, 'drive')));
    return new LinuxBoard({ clock, spi, ready, reset, power });
  } catch (failure) {
    closeAll(opened);
    throw failure;
  }
}
