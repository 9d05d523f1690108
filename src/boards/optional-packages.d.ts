// The parts of the optional packages that are used here. A machine that could not build a package has no types of it, and
// the project's types are the same everywhere. A test compares them with the packages where they are installed.

declare module 'onoff' {
  export class Gpio {
    constructor(
      gpio: number,
      direction: 'in' | 'high' | 'low',
      edge?: 'none' | 'both',
      options?: { readonly activeLow?: boolean },
    );
    readSync(): 0 | 1;
    writeSync(value: 0 | 1): void;
    setDirection(direction: 'in' | 'low'): void;
    watch(callback: (error: Error | null | undefined, value: 0 | 1) => void): void;
    unwatch(): void;
    unexport(): void;
  }
}

declare module 'spi-device' {
  interface Message {
    byteLength: number;
    sendBuffer?: Buffer;
    receiveBuffer?: Buffer;
    microSecondDelay?: number | undefined;
    chipSelectChange?: boolean;
  }
  interface SpiDevice {
    transferSync(message: Message[]): SpiDevice;
    closeSync(): void;
  }
  const spi: {
    openSync: (
      bus: number,
      device: number,
      options: { readonly mode: 0; readonly maxSpeedHz: number; readonly noChipSelect: boolean },
    ) => SpiDevice;
  };
  export = spi;
}

declare module 'serialport' {
  import type { Duplex } from 'node:stream';

  export class SerialPort extends Duplex {
    constructor(options: { readonly path: string; readonly baudRate: number; readonly autoOpen: false });
    readonly isOpen: boolean;
    open(done: (cause: Error | null) => void): void;
    close(done: (cause: Error | null) => void): void;
  }
}

declare module 'koffi' {
  const koffi: {
    load(path: null): { func(definition: string): (...parameters: unknown[]) => unknown };
    errno(): number;
    address(buffer: Buffer): bigint;
  };
  export = koffi;
}
