import { expect, test } from '@playwright/test';
import type { SpiStep } from '../../../src/board/index.ts';
import { StallMisjudged } from '../../../src/board/index.ts';
import { HostClock } from '../../../src/boards/linux/host-clock.ts';
import { Spidev } from '../../../src/boards/linux/spidev.ts';
import { hertz, ms } from '../../../src/units/index.ts';
import { FakeSpidev } from './fake-spidev.ts';

const READ: readonly SpiStep[] = [
  { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
  { kind: 'poll', mask: 1, value: 1, limit: ms(20), timeoutFirst: false },
  { kind: 'read', size: 4 },
];
const IDENTITY = [0xe0, 0x1a, 0x28, 0x00];
const GUESSED = { mayGuessStall: true };

/** A chip that stalls for the given number of bytes, the ready byte included, and sends zeros after its data. */
const stalls = (waits: number) => (index: number) =>
  index < 3 + waits ? 0 : index === 3 + waits ? 1 : (IDENTITY[index - 4 - waits] ?? 0);

/** A device that has seen enough frames of a chip that stalls for 2 bytes. */
async function experienced(): Promise<{ fake: FakeSpidev; spi: Spidev }> {
  const fake = new FakeSpidev();
  const spi = new Spidev(fake, new HostClock(), hertz(1_000_000));
  fake.answer = stalls(2);
  for (let frames = 0; frames < 16; frames++) await spi.transaction(READ, GUESSED);
  return { fake, spi };
}

const dataOf = async (spi: Spidev): Promise<number[]> => {
  const { received, pollAt, polled } = await spi.transaction(READ, GUESSED);
  return [...received.subarray(pollAt + polled, pollAt + polled + 4)];
};

test('a read becomes one call when 16 frames have shown the stall, with one wait byte to spare', async () => {
  const { fake, spi } = await experienced();
  const before = fake.messages.length;
  expect(await dataOf(spi)).toEqual(IDENTITY);
  expect(fake.messages.length - before).toBe(1);
  expect(fake.frames.at(-1)).toBe('83 d4 0f 00 00 00 00 00 00 00 00');
  expect(fake.isSelected).toBe(false);
});

test('the wait byte to spare goes when 256 frames have not needed it, and comes back with the first that does', async () => {
  const { fake, spi } = await experienced();
  for (let frames = 16; frames < 256; frames++) await dataOf(spi);
  await dataOf(spi);
  expect(fake.frames.at(-1)).toBe('83 d4 0f 00 00 00 00 00 00 00');
  fake.answer = stalls(3);
  await expect(dataOf(spi)).rejects.toThrow(StallMisjudged);
  for (let frames = 0; frames < 17; frames++) expect(await dataOf(spi)).toEqual(IDENTITY);
  expect(fake.frames.at(-1)).toBe('83 d4 0f 00 00 00 00 00 00 00 00 00');
});

test('the ready byte is found where it is, sooner or one later', async () => {
  for (const waits of [1, 2, 3]) {
    const { fake, spi } = await experienced();
    fake.answer = stalls(waits);
    const { pollAt, polled } = await spi.transaction(READ, GUESSED);
    expect([pollAt, polled]).toEqual([4, waits]);
    expect(await dataOf(spi)).toEqual(IDENTITY);
  }
});

test('without leave to guess a read stays two calls', async () => {
  const { fake, spi } = await experienced();
  const before = fake.messages.length;
  await spi.transaction(READ);
  expect(fake.messages.length - before).toBe(2);
});

test('a longer stall ends the frame, releases CS, and is met byte by byte the next time', async () => {
  const { fake, spi } = await experienced();
  fake.answer = stalls(9);
  const failure = await spi.transaction(READ, GUESSED).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StallMisjudged);
  expect((failure as StallMisjudged).message).toBe(
    'The chip stalled for longer than the 3 wait bytes that were clocked with its header.',
  );
  expect(fake.isSelected).toBe(false);
  const before = fake.messages.length;
  expect(await dataOf(spi)).toEqual(IDENTITY);
  expect(fake.messages.length - before).toBeGreaterThan(1);
});

test('a chip that always stalls for long is never guessed', async () => {
  const fake = new FakeSpidev();
  const spi = new Spidev(fake, new HostClock(), hertz(1_000_000));
  fake.answer = stalls(17);
  for (let frames = 0; frames < 40; frames++) expect(await dataOf(spi)).toEqual(IDENTITY);
});

test('a write is never guessed', async () => {
  const { fake, spi } = await experienced();
  const write: SpiStep = { kind: 'write', bytes: Uint8Array.of(0x40) };
  for (let frames = 0; frames < 20; frames++) await spi.transaction([READ[0]!, READ[1]!, write], GUESSED);
  const before = fake.messages.length;
  await spi.transaction([READ[0]!, READ[1]!, write], GUESSED);
  expect(fake.messages.length - before).toBe(2);
});
