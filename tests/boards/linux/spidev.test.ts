import { expect, test } from '@playwright/test';
import type { SpiStep } from '../../../src/board/index.ts';
import { SpiFailure, WaitStateTimeout } from '../../../src/board/index.ts';
import { HostClock } from '../../../src/boards/linux/host-clock.ts';
import { Spidev } from '../../../src/boards/linux/spidev.ts';
import { hertz, ms, seconds, us } from '../../../src/units/index.ts';
import { FakeSpidev } from './fake-spidev.ts';

const HEADER: SpiStep = { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) };
const READY: SpiStep = { kind: 'poll', mask: 1, value: 1, limit: ms(20), timeoutFirst: false };

function bench(): { fake: FakeSpidev; spi: Spidev } {
  const fake = new FakeSpidev();
  return { fake, spi: new Spidev(fake, new HostClock(), hertz(1_000_000)) };
}

test('header, wait bytes and data go under one CS assertion, which ends with the data', async () => {
  const { fake, spi } = bench();
  fake.answer = (index) => [0, 0, 0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0][index] ?? 0xff;
  const { received, pollAt, polled } = await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
  expect(fake.frames).toEqual(['83 d4 0f 00 00 00 00 00 00 00 00']);
  expect([pollAt, polled]).toEqual([4, 3]);
  expect([...received]).toEqual([0, 0, 0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0]);
  expect(fake.isSelected).toBe(false);
  expect(spi.counters).toEqual({ transactions: 1, systemCalls: 4 });
});

test('a frame is two calls to the kernel while the chip stalls as briefly as it ever did', async () => {
  const { fake, spi } = bench();
  const stalls = (waits: number) => (index: number) => (index === 3 + waits ? 1 : 0);
  fake.answer = stalls(3);
  await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
  const before = fake.messages.length;
  await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
  expect(fake.messages.length - before).toBe(2);
  fake.answer = stalls(4);
  await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
  expect(fake.messages.length - before).toBe(5);
});

test('a chip that is ready sooner than ever gives its first data bytes with the wait bytes, and the rest after', async () => {
  const { fake, spi } = bench();
  fake.answer = (index) => (index === 6 ? 1 : 0);
  await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
  fake.answer = (index) => [0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0x07][index] ?? 0xff;
  const { received, pollAt, polled } = await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
  expect([pollAt, polled]).toEqual([4, 1]);
  expect([...received]).toEqual([0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0x07]);
  expect(fake.frames.at(-1)).toBe('83 d4 0f 00 00 00 00 00 00');
});

test('without a poll it is one call to the kernel', async () => {
  const { fake, spi } = bench();
  await spi.transaction([HEADER, { kind: 'write', bytes: Uint8Array.of(1, 2) }]);
  expect(fake.frames).toEqual(['83 d4 0f 00 01 02']);
  expect(fake.messages).toEqual([1]);
});

test('a wake pulse is CS without a clock for the whole time, however long', async () => {
  const { fake, spi } = bench();
  await spi.transaction([{ kind: 'delay', duration: us(1000) }]);
  await spi.transaction([{ kind: 'delay', duration: ms(100) }]);
  expect(fake.frames).toEqual(['_1000', '_65535 _34465']);
  expect(fake.isSelected).toBe(false);
});

test('a poll that passes its limit lets go of CS and tells how many wait bytes there were', async () => {
  const { fake, spi } = bench();
  const failure = await spi.transaction([HEADER, READY]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WaitStateTimeout);
  expect((failure as WaitStateTimeout).waitBytes).toBeGreaterThan(1);
  expect(fake.isSelected).toBe(false);
});

test('a stall of more bytes than a frame has room for at first costs the frames after it nothing', async () => {
  const { fake, spi } = bench();
  const read = async (): Promise<number[]> => {
    fake.answer = (index) => [0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0][index] ?? 0xff;
    const { received } = await spi.transaction([HEADER, READY, { kind: 'read', size: 4 }]);
    return [...received];
  };
  const expected = [0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0];
  expect(await read()).toEqual(expected);
  fake.answer = (index) => (index === 6000 ? 1 : 0);
  const patient = { ...READY, limit: seconds(10) } as SpiStep;
  const { polled, received } = await spi.transaction([HEADER, patient, { kind: 'read', size: 4 }]);
  expect([polled, received.length]).toEqual([5997, 6005]);
  expect(await read()).toEqual(expected);
});

test('bytes before a pause are not lost when those behind it need more room than there was', async () => {
  const { fake, spi } = bench();
  const READY_AT = 3999;
  fake.answer = (index) => (index < READY_AT ? 0 : index === READY_AT ? 1 : index & 0xff);
  const patient = { ...READY, limit: seconds(10) } as SpiStep;
  const { received } = await spi.transaction([
    HEADER,
    patient,
    { kind: 'exchange', bytes: new Uint8Array(60).fill(7) },
    { kind: 'delay', duration: us(5) },
    { kind: 'read', size: 200 },
  ]);
  const data = Array.from({ length: 260 }, (_, index) => (READY_AT + 1 + index) & 0xff);
  expect([...received.subarray(READY_AT + 1)]).toEqual(data);
});

test('the defect that leaves CS asserted is reproduced when it is asked for, and the next transaction goes on', async () => {
  const { fake, spi } = bench();
  const stalled = spi.transaction([HEADER, READY], { csStaysLowAfterError: true });
  await expect(stalled).rejects.toThrow(WaitStateTimeout);
  expect(fake.isSelected).toBe(true);
  await spi.transaction([HEADER]);
  expect(fake.frames).toHaveLength(1);
  expect(fake.isSelected).toBe(false);
});

for (const { message, duringData } of [
  { message: 0, duringData: false },
  { message: 1, duringData: true },
])
  test(`an error of the kernel in message ${message} becomes a failure with its number, and CS is released`, async () => {
    const { fake, spi } = bench();
    fake.answer = () => 1;
    fake.fails.set(message, 5);
    await expect(spi.transaction([HEADER, READY, { kind: 'read', size: 1 }])).rejects.toMatchObject({
      name: 'SpiFailure',
      errno: 5,
      duringData,
    });
    expect(fake.isSelected).toBe(false);
  });

test('transactions that are asked for at once are served in order', async () => {
  const { fake, spi } = bench();
  await Promise.all(
    [1, 2, 3, 4].map((byte) => spi.transaction([{ kind: 'exchange', bytes: Uint8Array.of(byte) }])),
  );
  expect(fake.frames).toEqual(['01', '02', '03', '04']);
});

test('a message that spidev would refuse is refused before it is sent', async () => {
  const { fake, spi } = bench();
  const long = spi.transaction([{ kind: 'read', size: 4097 }]);
  await expect(long).rejects.toThrow(SpiFailure);
  await expect(long).rejects.toMatchObject({ errno: 90 });
  expect(fake.frames.join('')).toBe('');
});

test('closing lets go of CS first, which spidev itself does not', async () => {
  const { fake, spi } = bench();
  await spi.transaction([HEADER, READY], { csStaysLowAfterError: true }).catch(() => undefined);
  spi.close();
  expect([fake.isSelected, fake.isClosed]).toEqual([false, true]);
});
