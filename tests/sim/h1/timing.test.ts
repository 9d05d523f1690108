import { expect, test } from '@playwright/test';
import type { Duration } from '../../../src/units/index.ts';
import { ms, seconds, us } from '../../../src/units/index.ts';
import { Pins } from './pins.ts';

/** Clocks 8 us bytes with 5 us between the polled ones, as the captured firmware did. */
function waitStates(pins: Pins, header: readonly number[], size: number): number {
  pins.chip.select();
  for (const byte of header) pins.byte(byte);
  let polled = 0;
  do {
    pins.clock.advance(us(5));
    polled++;
  } while ((pins.byte(0) & 1) === 0);
  for (let i = 0; i < size; i++) pins.byte(0);
  pins.chip.deselect();
  pins.clock.advance(us(300));
  return polled;
}

const share = (counts: readonly number[], ...values: number[]): number =>
  counts.filter((count) => values.includes(count)).length / counts.length;

test('wait states at 1 MHz are spread as in the capture (item 4) [TRACE]', () => {
  const pins = new Pins({ seed: 3 }).ready();
  const reads = Array.from({ length: 2000 }, () => waitStates(pins, [0x83, 0xd4, 0x00, 0x18], 4));
  // Of 316 reads 173 had 4, 103 had 5; range 2 to 13.
  expect(share(reads, 4)).toBeCloseTo(173 / 316, 1);
  expect(share(reads, 5)).toBeCloseTo(103 / 316, 1);
  expect(Math.min(...reads)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...reads)).toBeLessThanOrEqual(13);
  const writes = Array.from({ length: 2000 }, () => waitStates(pins, [0x00, 0xd4, 0x00, 0x18], 1));
  // Of 66 writes 55 had 3, the others 2 and 4.
  expect(share(writes, 3)).toBeCloseTo(55 / 66, 1);
  expect(share(writes, 2, 3, 4)).toBe(1);
});

const command = (code: number, subCommand = 0): number[] => [
  ...[0x80, 0x01, 0x00, 0x00, 0x00, 0x0c],
  ...[code >>> 24, (code >>> 16) & 0xff, (code >>> 8) & 0xff, code & 0xff],
  ...[subCommand >> 8, subCommand & 0xff],
];

const STARTUP = 0x144;
const SHUTDOWN = 0x145;
const NV_READ = 0x14e;
const NV_WRITE = 0x137;
const PCR_EXTEND = 0x182;
const VENDOR = 0x20000000;
const TURN_UPDATE_ON = 24;
const COMMIT_NVMEM = 21;

/** From the end of the tpmGo frame to dataAvail, to 100 us. */
function timeOf(pins: Pins, bytes: readonly number[]): Duration {
  pins.write(0x18, [0x40]);
  pins.write(0x18, [0x40]);
  pins.write(0x24, bytes);
  pins.write(0x18, [0x20]);
  const from = pins.clock.now();
  while ((pins.read(0x18, 1)[0]! & 0x10) === 0) pins.clock.advance(us(50));
  return (pins.clock.now() - from) as Duration;
}

/** A chip whose commits are on again. */
const longAfterReset = (seed = 1): Pins => {
  const pins = new Pins({ seed }).ready();
  pins.clock.advance(seconds(10));
  return pins;
};

test.describe('command times [CHIP 8, TRACE]', () => {
  for (const [name, code, from, to] of [
    ['NV_Read', NV_READ, ms(1.9), ms(5)],
    ['PCR_Extend', PCR_EXTEND, ms(1.9), ms(3.8)],
    ['NV_Write', NV_WRITE, ms(35), ms(39)],
    ['NV_WriteLock', 0x138, ms(35), ms(39)],
    ['HierarchyControl', 0x121, ms(1.9), ms(2.9)],
    ['Shutdown', SHUTDOWN, ms(34), ms(37.5)],
  ] as const)
    test(`${name} takes ${from / 1e6} to ${to / 1e6} ms`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const time = timeOf(longAfterReset(seed), command(code));
        expect(time, `seed ${seed}`).toBeGreaterThan(from);
        expect(time, `seed ${seed}`).toBeLessThan(to);
      }
    });

  test('Startup takes 29 to 31 ms after a TPM reset', () => {
    const time = timeOf(new Pins().ready(), command(STARTUP));
    expect(time).toBeGreaterThan(ms(28.5));
    expect(time).toBeLessThan(ms(31));
  });

  test('TURN_UPDATE_ON takes about 1 ms', () => {
    expect(timeOf(longAfterReset(), command(VENDOR, TURN_UPDATE_ON))).toBeLessThan(ms(1.5));
  });
});

test.describe('NV commits after a TPM reset (item 29) [EC tpm_reset_now]', () => {
  test('are held for 3 s: NV_Write is fast until then and slow from then on', () => {
    const pins = new Pins().ready();
    expect(timeOf(pins, command(NV_WRITE))).toBeLessThan(ms(4));
    pins.clock.advance(seconds(4));
    expect(timeOf(pins, command(NV_WRITE))).toBeGreaterThan(ms(35));
  });

  test('come with COMMIT_NVMEM, which takes 43 ms when something is pending and 1 ms when not', () => {
    const pins = new Pins().ready();
    timeOf(pins, command(STARTUP));
    const first = timeOf(pins, command(VENDOR, COMMIT_NVMEM));
    expect(first).toBeGreaterThan(ms(41.5));
    expect(first).toBeLessThan(ms(43.6));
    expect(timeOf(pins, command(VENDOR, COMMIT_NVMEM))).toBeLessThan(ms(1.5));
    expect(timeOf(pins, command(NV_WRITE))).toBeGreaterThan(ms(35));
  });

  test('make a command wait that comes while the held ones are written', () => {
    const pins = new Pins({ timing: { bootTime: ms(70), resetTime: ms(3) } });
    pins.boot().frame([0]);
    timeOf(pins, command(STARTUP));
    pins.clock.advance((seconds(3) + ms(74) - pins.clock.now()) as Duration);
    expect(timeOf(pins, command(NV_READ))).toBeGreaterThan(ms(38));
  });

  test('are held again after the next TPM reset', () => {
    const pins = longAfterReset();
    pins.chip.setReset(true);
    pins.clock.advance(ms(1));
    pins.chip.setReset(false);
    pins.clock.advance(ms(10));
    pins.frame([0]);
    expect(timeOf(pins, command(NV_WRITE))).toBeLessThan(ms(4));
  });
});
