import type { LinuxBoardOptions, SpiOptions } from '../../../../src/boards/linux/options.ts';

/** Pins of the guest's board: rigs/virtual-lab/module/h1lab.c. */
const chip = 'h1lab';

export const GUEST_SPI: SpiOptions = { device: '/dev/spidev0.0', sckHz: 1_000_000 };

const byOffset = {
  ready: { chip, offset: 0 },
  reset: { chip, offset: 1 },
  power: { chip, offset: 2, activeHigh: true },
};

/** The board `linux` as it can be set up in the guest. */
export const GUEST_RIGS = {
  'linux, system calls, character device': {
    spi: { ...GUEST_SPI, through: 'ioctl' },
    gpio: 'cdev',
    lines: byOffset,
  },
  'linux, spi-device, onoff': {
    spi: { ...GUEST_SPI, through: 'spi-device' },
    gpio: 'onoff',
    lines: byOffset,
  },
  'linux, system calls, CS_L on a GPIO line that is named': {
    spi: { ...GUEST_SPI, device: '/dev/spidev0.1', through: 'ioctl' },
    gpio: 'cdev',
    lines: { ...byOffset, cs: { name: 'CS_L' } },
  },
  'linux, spi-device, CS_L on a GPIO line that is named': {
    spi: { ...GUEST_SPI, device: '/dev/spidev0.1', through: 'spi-device' },
    gpio: 'cdev',
    lines: { ...byOffset, cs: { name: 'CS_L' } },
  },
} as const satisfies Record<string, LinuxBoardOptions>;
export type GuestRig = keyof typeof GUEST_RIGS;
