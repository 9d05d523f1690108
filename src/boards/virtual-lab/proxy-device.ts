import type { Socket } from 'node:net';

/** QEMU's messages (`include/hw/remote/mpqemu-link.h`): command:4 pad:4 size:8 data[size], all little endian. */
const MESSAGE = { reply: 1, configWrite: 2, configRead: 3, barWrite: 4, barRead: 5, reset: 7 } as const;
const HEAD_SIZE = 16;
const WORD_SIZE = 8;

/** What the guest's board is found by: rigs/virtual-lab/module/h1lab.c. */
const VENDOR = 0x1234;
const DEVICE = 0x4831;
/** A PCI class of its own: nobody's driver takes it by class. */
const CLASS_OTHER = 0xff00;
const CONFIG_SIZE = 256;
const COMMAND = 0x04;
const CLASS = 0x0a;
const BAR_0 = 0x10;
const INTERRUPT_LINE = 0x3c;
/** BAR 0 has 4 KiB: the bits of its address that can be set. */
const BAR_MASK = 0xfffff000;
const COMMAND_MASK = 0x7;

/** Registers of BAR 0. */
const MEMORY_AT = 8;

/** The end of the talk that the device serves: what a guest does with its registers. */
export interface ProxyListener {
  /** The guest said where its memory for the talk is, as an address of its own. */
  memoryAt(address: number): void;
  /** The guest rings, and stands still until `answered` is called. */
  ring(answered: () => void): void;
}

/**
 * A PCI device whose registers are messages: the far end of QEMU's `x-pci-proxy-dev`. QEMU's only processor waits for
 * the answer to each access, so a write to a register is a synchronous call to this process.
 */
export class ProxyDevice {
  #rest: Buffer = Buffer.alloc(0);
  readonly #config = Buffer.alloc(CONFIG_SIZE);
  readonly #reply = Buffer.alloc(HEAD_SIZE + WORD_SIZE);

  constructor(
    private readonly line: Socket,
    private readonly listener: ProxyListener,
    /** Told why the guest, which is not answered then, stands still for ever. */
    private readonly failed: (reason: Error) => void,
  ) {
    this.#config.writeUInt16LE(VENDOR, 0);
    this.#config.writeUInt16LE(DEVICE, 2);
    this.#config.writeUInt16LE(CLASS_OTHER, CLASS);
    this.#reply.writeInt32LE(MESSAGE.reply, 0);
    this.#reply.writeUInt32LE(WORD_SIZE, 8);
    line.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    while (this.#rest.length >= HEAD_SIZE) {
      const end = HEAD_SIZE + this.#rest.readUInt32LE(8);
      if (this.#rest.length < end) return;
      const command = this.#rest.readInt32LE(0);
      const data = this.#rest.subarray(HEAD_SIZE, end);
      this.#rest = this.#rest.subarray(end);
      this.#serve(command, data);
    }
  }

  /** Where memory is, and how to interrupt, is told too, and wants no answer. */
  #serve(command: number, data: Buffer): void {
    if (command === MESSAGE.barWrite) this.#writeRegister(data);
    else if (command === MESSAGE.barRead) this.#answer(0);
    else if (command === MESSAGE.configRead) this.#answer(this.#readConfig(data));
    else if (command === MESSAGE.configWrite) this.#writeConfig(data);
    else if (command === MESSAGE.reset) this.#reset();
  }

  /** address:8 value:8 size:4 */
  #writeRegister(data: Buffer): void {
    if ((data.readUInt32LE(0) & ~BAR_MASK) === MEMORY_AT) {
      this.listener.memoryAt(data.readUInt32LE(8));
      this.#answer(0);
      return;
    }
    try {
      this.listener.ring(() => {
        this.#answer(0);
      });
    } catch (failure) {
      this.failed(failure as Error);
    }
  }

  /** address:4 value:4 size:4 */
  #readConfig(data: Buffer): number {
    const at = data.readUInt32LE(0);
    const size = data.readInt32LE(8);
    return at + size <= CONFIG_SIZE ? this.#config.readUIntLE(at, size) : 0;
  }

  #writeConfig(data: Buffer): void {
    const at = data.readUInt32LE(0);
    const value = data.readUInt32LE(4);
    if (at === BAR_0) this.#config.writeUInt32LE((value & BAR_MASK) >>> 0, at);
    else if (at === COMMAND) this.#config.writeUInt8(value & COMMAND_MASK, at);
    else if (at === INTERRUPT_LINE) this.#config.writeUInt8(value & 0xff, at);
    this.#answer(0);
  }

  /** QEMU forgets its own copy, and the kernel restores after suspend to RAM only what it reads as lost. */
  #reset(): void {
    for (const at of [COMMAND, BAR_0, INTERRUPT_LINE]) this.#config.writeUInt32LE(0, at);
    this.#answer(0);
  }

  #answer(value: number): void {
    if (!this.line.writable) return;
    this.#reply.writeUInt32LE(value, HEAD_SIZE);
    this.line.write(Buffer.from(this.#reply));
  }
}
