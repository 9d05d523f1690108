import { constants } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import type { HostFiles } from '../../board/index.ts';
import { LabFailure } from '../../units/index.ts';

/** The kernel does not do with the SPI device what the rig needs. */
export class HandOverRefused extends LabFailure {
  readonly blames = 'rig';

  constructor(device: string, driver: string, what: string, errno: number) {
    super(
      `SPI device ${device} cannot be given to driver ${driver}: ${what} failed with ${getSystemErrorName(errno)}. See that the driver is loaded (modprobe ${driver}), that this user may write below /sys/bus/spi, and what the kernel log says.`,
    );
  }
}

/** One SPI device that user space (spidev) and the kernel's own driver use in turn. [DRIVER 3.9] */
export class HandOver {
  constructor(
    private readonly files: HostFiles,
    readonly device: string,
    /** The kernel's own driver for the chip. */
    readonly driver: string,
  ) {}

  /** The driver that has the device; undefined when none has. */
  async holder(): Promise<string | undefined> {
    for (const name of [this.driver, 'spidev']) {
      const bound = await this.files.list(`/sys/bus/spi/drivers/${name}`);
      if (typeof bound !== 'number' && bound.includes(this.device)) return name;
    }
    return undefined;
  }

  /** Binds spidev, and unbinds the driver that has the device now. @throws HandOverRefused */
  async toUserSpace(): Promise<void> {
    const holder = await this.holder();
    if (holder === 'spidev') return;
    if (holder !== undefined)
      await this.#write('spidev', `/sys/bus/spi/drivers/${holder}/unbind`, this.device);
    await this.#write('spidev', `/sys/bus/spi/devices/${this.device}/driver_override`, 'spidev\n');
    await this.#write('spidev', '/sys/bus/spi/drivers/spidev/bind', this.device);
  }

  /** Takes the device from spidev, so that the kernel's own driver can be bound; binds nothing. @throws HandOverRefused */
  async toKernel(): Promise<void> {
    if ((await this.holder()) === 'spidev')
      await this.#write(this.driver, '/sys/bus/spi/drivers/spidev/unbind', this.device);
    // An empty name takes the override back.
    await this.#write(this.driver, `/sys/bus/spi/devices/${this.device}/driver_override`, '\n');
  }

  /** Gives the device to the driver that had it once. @throws HandOverRefused */
  async restore(holder: string | undefined): Promise<void> {
    if (holder === 'spidev') return this.toUserSpace();
    const now = await this.holder();
    if (now !== undefined && now === holder) return;
    await this.toKernel();
    if (holder !== undefined) await this.#write(holder, `/sys/bus/spi/drivers/${holder}/bind`, this.device);
  }

  async #write(wanted: string, path: string, text: string): Promise<void> {
    const refused = (what: string, errno: number): HandOverRefused =>
      new HandOverRefused(this.device, wanted, `${what} of ${path}`, errno);
    const descriptor = await this.files.open(path, constants.O_WRONLY);
    if (descriptor < 0) throw refused('opening', descriptor);
    const written = await this.files.write(descriptor, Buffer.from(text));
    await this.files.close(descriptor);
    if (written < 0) throw refused('a write', written);
  }
}
