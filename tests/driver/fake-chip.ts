import type { FakeBoard } from './fake-board.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Responses by command code. */
export type Engine = (code: number, command: Uint8Array) => Uint8Array;

const OK = bytesOf('8001 0000000a 00000000');

/** A response with this code and nothing else. */
export const refusal = (code: number): Uint8Array => {
  const bytes = OK.slice();
  new DataView(bytes.buffer).setUint32(6, code);
  return bytes;
};

/** A TPM 2.0 with three commands and one PCR bank. */
export const tinyTpm: Engine = (code, command) => {
  if (code === 0x17b) {
    const count = (command[10]! << 8) | command[11]!;
    const bytes = new Uint8Array(12 + count).fill(0x5a);
    bytes.set(bytesOf('8001 00000000 00000000'));
    new DataView(bytes.buffer).setUint32(2, bytes.length);
    new DataView(bytes.buffer).setUint16(10, count);
    return bytes;
  }
  if (code === 0x17a) {
    const capability = command[13]!;
    if (capability === 6) return bytesOf('8001 0000001b 00000000 00 00000006 00000001 00000129 00000003');
    if (capability === 2)
      return bytesOf('8001 0000001f 00000000 00 00000002 00000003 00000143 00000144 0000017b');
    return bytesOf('8001 00000019 00000000 00 00000005 00000001 000b 03 ffffff');
  }
  if (code === 0x17e)
    return bytesOf(
      `8001 0000003e 00000000 00000015 00000001 000b 03 010000 00000001 0020 ${'11'.repeat(32)}`,
    );
  if (code === 0x17d) return bytesOf(`8001 00000034 00000000 0020 ${'22'.repeat(32)} 8024 4000 0007 0000`);
  return OK;
};

/** TIS registers good enough for a driver to be content: the happy path of [CHIP 4.2] and [CHIP 4.3]. */
export class FakeChip {
  engine: Engine = tinyTpm;
  /** Looks at TPM_STS that find the chip still busy, for each command. */
  busyLooks = 0;
  version = 'B2-C:0 RO_B:0.0.11/4d655eab RW_B:0.5.4/cr50_v1.9308_87_mp.450-b5fdbf3c';
  didVid = 0x00281ae0;
  access = 0x80;
  /** Idle, ready, receiving, executing, completing. */
  state: 'idle' | 'ready' | 'reception' | 'execution' | 'completion' = 'idle';
  readonly commands: number[] = [];
  #command: number[] = [];
  #response = new Uint8Array();
  #at = 0;
  #busy = 0;
  #versionAt = 0;
  #isLate = false;
  #isAvailable = false;
  #burst = 63;

  constructor(board: FakeBoard) {
    board.read = (register, size) => this.read(register, size);
    board.write = (register, data) => {
      this.write(register, data);
    };
  }

  /** A command that executes ends now. */
  settle(): void {
    this.#busy = 0;
  }

  /** A command that was aborted ends after all: commandReady does not show. [CHIP 4.3] */
  finishLate(): void {
    this.state = 'completion';
    this.#isLate = true;
  }

  read(register: number, size: number): Uint8Array {
    const out = new Uint8Array(size);
    const value = (word: number): Uint8Array => {
      for (let i = 0; i < Math.min(size, 4); i++) out[i] = (word >>> (8 * i)) & 0xff;
      return out;
    };
    switch (register) {
      case 0x0000:
        return value(this.access);
      case 0x0014:
        return value(0x30000615);
      case 0x0018:
        return value(this.#status());
      case 0x0024: {
        const part = this.#response.subarray(this.#at, this.#at + size);
        out.set(part);
        this.#at += part.length;
        this.#recompute();
        return out;
      }
      case 0x0f00:
        return value(this.didVid);
      case 0x0f90:
        for (let i = 0; i < size; i++) out[i] = this.version.charCodeAt(this.#versionAt++) || 0;
        return out;
      default:
        return out;
    }
  }

  write(register: number, data: Uint8Array): void {
    const value = data[0]!;
    if (register === 0x0000) {
      if (value === 0x02) this.access = 0xa0;
      if (value === 0x20) this.access = 0x80;
    } else if (register === 0x0f90) this.#versionAt = 0;
    else if (register === 0x0024) this.#receive(data);
    else if (register === 0x0018) this.#control(value);
  }

  #receive(data: Uint8Array): void {
    if (this.state === 'ready') this.#command = [];
    if (this.state !== 'ready' && this.state !== 'reception') return;
    this.state = 'reception';
    this.#command.push(...data);
  }

  #control(bit: number): void {
    if (bit === 0x40) this.state = this.state === 'idle' || this.state === 'ready' ? 'ready' : 'idle';
    if (bit === 0x02) this.#at = 0;
    if (bit !== 0x20 || this.state !== 'reception') return;
    const command = Uint8Array.from(this.#command);
    const code = new DataView(command.buffer).getUint32(6);
    this.commands.push(code);
    this.#response = Uint8Array.from(this.engine(code, command));
    this.#at = 0;
    this.#busy = this.busyLooks;
    this.state = 'execution';
    this.#isLate = false;
    this.#isAvailable = true;
    this.#recompute();
  }

  /** At a read of the FIFO, and never else: dataAvail that was cleared does not come back. [CHIP 4.3] */
  #recompute(): void {
    const left = this.#response.length - this.#at;
    this.#burst = left > 0 ? Math.min(left, 63) : 63;
    if (left === 0) this.#isAvailable = false;
  }

  #status(): number {
    if (this.state === 'execution' && this.#busy-- <= 0) this.state = 'completion';
    const word = (low: number, burst: number): number => 0x04000000 | (burst << 8) | low;
    switch (this.state) {
      case 'idle':
        return word(0x80, 63);
      case 'ready':
        return word(0xc0, 63);
      case 'reception': {
        const size = this.#command.length < 6 ? Infinity : Buffer.from(this.#command).readUInt32BE(2);
        return word(this.#command.length < size ? 0xc8 : 0xc0, 63);
      }
      case 'execution':
        return word(0xc0, 63);
      case 'completion':
        return word(!this.#isAvailable ? 0x80 : this.#isLate ? 0x90 : 0xd0, this.#burst);
    }
  }
}
