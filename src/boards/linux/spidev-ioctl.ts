import { constants } from 'node:fs';
import type { Libc } from './libc.ts';
import { O_CLOEXEC } from './libc.ts';
import type { SpiHandle, Transfer } from './spi-handle.ts';

/** Linux, include/uapi/linux/spi/spidev.h; numbers in the byte order of x86, ARM and RISC-V. */
const TYPE = 0x6b;
const WRITE = 1;
const requestOf = (number: number, size: number): number =>
  WRITE * 2 ** 30 + size * 2 ** 16 + TYPE * 2 ** 8 + number;
const SPI_IOC_WR_MODE = requestOf(1, 1);
const SPI_IOC_WR_BITS_PER_WORD = requestOf(3, 1);
const SPI_IOC_WR_MAX_SPEED_HZ = requestOf(4, 4);
const SPI_NO_CS = 0x40;

/** struct spi_ioc_transfer: tx_buf:8 rx_buf:8 len:4 speed_hz:4 delay_usecs:2 bits_per_word:1 cs_change:1 and others, all 0. */
const TRANSFER_SIZE = 32;
/** The size of a message has 14 bits in the request, and one of many parts is a mistake. */
const MAX_TRANSFERS = 32;

/** A message as the kernel has it. */
interface Encoded {
  readonly request: number;
  readonly parts: Buffer;
}

/** spidev by its own system calls, at a fraction of what the package `spi-device` costs. */
export class SpidevIoctl implements SpiHandle {
  /** Messages that come again are written once; the memory of their buffers does not move. */
  readonly #encoded = new WeakMap<Transfer[], Encoded>();

  private constructor(
    private readonly libc: Libc,
    private readonly descriptor: number,
  ) {}

  /** Opens it in mode 0, with words of 8 bits. @throws SystemCallFailed */
  static open(
    libc: Libc,
    device: string,
    { sckHz, noChipSelect = false }: { readonly sckHz: number; readonly noChipSelect?: boolean },
  ): SpidevIoctl {
    const descriptor = libc.open(device, constants.O_RDWR | O_CLOEXEC);
    try {
      libc.ioctl(descriptor, SPI_IOC_WR_MODE, Buffer.of(noChipSelect ? SPI_NO_CS : 0));
      libc.ioctl(descriptor, SPI_IOC_WR_BITS_PER_WORD, Buffer.of(8));
      const speed = Buffer.alloc(4);
      speed.writeUInt32LE(sckHz);
      libc.ioctl(descriptor, SPI_IOC_WR_MAX_SPEED_HZ, speed);
      return new SpidevIoctl(libc, descriptor);
    } catch (failure) {
      libc.close(descriptor);
      throw failure;
    }
  }

  transferSync(message: Transfer[]): void {
    let encoded = this.#encoded.get(message);
    if (encoded === undefined) {
      encoded = this.#encode(message);
      this.#encoded.set(message, encoded);
    }
    this.libc.ioctl(this.descriptor, encoded.request, encoded.parts);
  }

  closeSync(): void {
    this.libc.close(this.descriptor);
  }

  #encode(message: Transfer[]): Encoded {
    const size = message.length * TRANSFER_SIZE;
    if (message.length > MAX_TRANSFERS)
      throw new RangeError(`A message has at most ${MAX_TRANSFERS} transfers, not ${message.length}.`);
    const parts = Buffer.alloc(size);
    message.forEach((transfer, index) => {
      this.#write(transfer, parts, index * TRANSFER_SIZE);
    });
    return { request: requestOf(0, size), parts };
  }

  #write(transfer: Transfer, parts: Buffer, at: number): void {
    const {
      byteLength,
      sendBuffer,
      receiveBuffer,
      microSecondDelay = 0,
      chipSelectChange = false,
    } = transfer;
    const isEmpty = byteLength === 0;
    parts.writeBigUInt64LE(isEmpty ? 0n : this.#addressOf(sendBuffer), at);
    parts.writeBigUInt64LE(isEmpty ? 0n : this.#addressOf(receiveBuffer), at + 8);
    parts.writeUInt32LE(byteLength, at + 16);
    parts.writeUInt16LE(microSecondDelay, at + 24);
    parts[at + 27] = chipSelectChange ? 1 : 0;
  }

  #addressOf(buffer: Buffer | undefined): bigint {
    return buffer === undefined ? 0n : this.libc.addressOf(buffer);
  }
}
