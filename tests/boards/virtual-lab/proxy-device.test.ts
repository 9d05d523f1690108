import { PassThrough } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { expect, test as base } from '@playwright/test';
import { ProxyDevice } from '../../../src/boards/virtual-lab/proxy-device.ts';

/** QEMU's side: sends messages, and has the values of the answers. */
class Qemu {
  readonly answers: number[] = [];
  readonly line: Duplex;
  addresses: number[] = [];
  /** Answers of the guest's rings that are still open. */
  readonly rings: (() => void)[] = [];
  /** Thrown at the next ring. */
  refusal: Error | undefined;
  readonly failures: Error[] = [];

  constructor() {
    this.line = new PassThrough();
    const { line } = this;
    line.write = ((reply: Buffer) => {
      expect(reply.readInt32LE(0)).toBe(1);
      this.answers.push(Number(reply.readBigUInt64LE(16)));
      return true;
    }) as typeof line.write;
    const listener = {
      memoryAt: (address: number) => this.addresses.push(address),
      ring: (answered: () => void) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.rings.push(answered);
      },
    };
    new ProxyDevice(line as unknown as Socket, listener, (reason) => this.failures.push(reason));
  }

  send(bytes: Buffer): void {
    this.line.emit('data', bytes);
  }
}

const message = (command: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(16);
  head.writeInt32LE(command, 0);
  head.writeUInt32LE(data.length, 8);
  return Buffer.concat([head, data]);
};

const config = (command: 2 | 3, at: number, value: number, size: number): Buffer => {
  const data = Buffer.alloc(12);
  data.writeUInt32LE(at, 0);
  data.writeUInt32LE(value, 4);
  data.writeInt32LE(size, 8);
  return message(command, data);
};

const register = (at: number, value: number): Buffer => {
  const data = Buffer.alloc(24);
  data.writeUInt32LE(0xfebd0000 + at, 0);
  data.writeUInt32LE(value, 8);
  data.writeInt32LE(4, 16);
  return message(4, data);
};

const RESET = message(7, Buffer.alloc(0));

const test = base.extend<{ qemu: Qemu }>({ qemu: async ({}, use) => use(new Qemu()) });

test('the device says who it is, and its only memory is 4 KiB at BAR 0', ({ qemu }) => {
  qemu.send(config(3, 0, 0, 4));
  for (const bar of [0x10, 0x14, 0x30]) {
    qemu.send(config(2, bar, 0xffffffff, 4));
    qemu.send(config(3, bar, 0, 4));
  }
  // Vendor 1234, device 4831; each write is answered too.
  expect(qemu.answers).toEqual([0x48311234, 0, 0xfffff000, 0, 0, 0, 0]);
});

test('a reset forgets BAR and command register, so that the kernel restores them', ({ qemu }) => {
  qemu.send(config(2, 0x10, 0xfebd0000, 4));
  qemu.send(config(2, 0x04, 0x7, 2));
  qemu.send(RESET);
  qemu.send(config(3, 0x10, 0, 4));
  qemu.send(config(3, 0x04, 0, 2));
  expect(qemu.answers).toEqual([0, 0, 0, 0, 0]);
});

test('a ring is answered when it is answered, and not before', ({ qemu }) => {
  qemu.send(register(8, 0x1230000));
  qemu.send(register(0, 1));
  expect([qemu.addresses, qemu.rings.length, qemu.answers]).toEqual([[0x1230000], 1, [0]]);
  qemu.rings[0]!();
  expect(qemu.answers).toEqual([0, 0]);
});

test('a ring that is refused stays without an answer, and is told with its reason', ({ qemu }) => {
  qemu.refusal = new RangeError('no');
  qemu.send(register(0, 1));
  expect([qemu.failures, qemu.answers]).toEqual([[qemu.refusal], []]);
});

test('messages cut anywhere, several in one piece, and those that want no answer', ({ qemu }) => {
  const all = Buffer.concat([
    message(0, Buffer.alloc(40)),
    message(6, Buffer.alloc(4)),
    config(3, 2, 0, 2),
    config(3, 250, 0, 4),
    config(3, 254, 0, 4),
  ]);
  for (const byte of all) qemu.send(Buffer.of(byte));
  qemu.send(all);
  expect(qemu.answers).toEqual([0x4831, 0, 0, 0x4831, 0, 0]);
});
