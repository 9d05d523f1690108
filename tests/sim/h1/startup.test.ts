import { expect, test } from '@playwright/test';
import { BuiltInTpm, Random } from '../../../src/sim/index.ts';
import { ms, seconds } from '../../../src/units/index.ts';
import { bytesOf } from '../../golden/vectors.ts';
import { hex, Pins } from './pins.ts';

const STARTUP_CLEAR = bytesOf('80 01 00 00 00 0c 00 00 01 44 00 00');
const STARTUP_STATE = bytesOf('80 01 00 00 00 0c 00 00 01 44 00 01');
const SHUTDOWN_STATE = bytesOf('80 01 00 00 00 0c 00 00 01 45 00 01');
/** PCR_Read of PCR 0, SHA-256 bank. */
const PCR_READ = bytesOf('80 01 00 00 00 14 00 00 01 7e 00 00 00 01 00 0b 03 01 00 00');
/** PCR_Extend of PCR 0 with 32 times 11, SHA-256, by an empty password. */
const PCR_EXTEND = bytesOf(
  '80 02 00 00 00 41 00 00 01 82 00 00 00 00 00 00 00 09 40 00 00 09 00 00 00 00 00 00 00 00 01 00 0b 11*32',
);

const SUCCESS = '80 01 00 00 00 0a 00 00 00 00';
const INITIALIZE = '80 01 00 00 00 0a 00 00 01 00';

const booted = (): Pins =>
  new Pins({
    firmware: '0.5.280',
    library: (clock) => new BuiltInTpm({ random: new Random(1), now: () => clock.now() }),
  }).ready();

/** Sends the command, waits for dataAvail, reads the response and leaves the chip idle. */
function execute(pins: Pins, command: readonly number[]): string {
  pins.send(command);
  for (let i = 0; i < 1000 && (pins.read(0x18, 1)[0]! & 0x10) === 0; i++) pins.clock.advance(ms(1));
  const head = pins.read(0x24, 10);
  const size = (head[4]! << 8) | head[5]!;
  for (let at = 10; at < size; at += 60) head.push(...pins.read(0x24, Math.min(60, size - at)));
  pins.write(0x18, [0x40]);
  return hex(head);
}

const resetTpm = (pins: Pins): void => {
  pins.chip.setReset(true);
  pins.clock.advance(ms(2));
  pins.chip.setReset(false);
  pins.clock.advance(ms(10));
  pins.frame([0]);
};

test.describe('Startup (item 23) [TPM2 ExecCommand.c, Startup.c]', () => {
  test('is needed after power-on and after a TPM reset: 0x100 until then', () => {
    const pins = booted();
    expect(execute(pins, PCR_READ)).toBe(INITIALIZE);
    expect(execute(pins, STARTUP_CLEAR)).toBe(SUCCESS);
    expect(execute(pins, STARTUP_CLEAR)).toBe(INITIALIZE);
    resetTpm(pins);
    expect(execute(pins, PCR_READ)).toBe(INITIALIZE);
    expect(execute(pins, STARTUP_CLEAR)).toBe(SUCCESS);
  });

  test('(STATE) without a Shutdown(STATE) before gives 0x084 [CHIP 5.5]', () => {
    expect(execute(booted(), STARTUP_STATE)).toBe('80 01 00 00 00 0a 00 00 00 84');
  });

  const extended = (): { pins: Pins; pcr: string } => {
    const pins = booted();
    execute(pins, STARTUP_CLEAR);
    const fresh = execute(pins, PCR_READ);
    execute(pins, PCR_EXTEND);
    const pcr = execute(pins, PCR_READ).slice(-95);
    expect(pcr).not.toBe(fresh.slice(-95));
    expect(execute(pins, SHUTDOWN_STATE)).toBe(SUCCESS);
    return { pins, pcr };
  };

  test('(STATE) after Shutdown(STATE) gives the PCRs back over a TPM reset', () => {
    const { pins, pcr } = extended();
    resetTpm(pins);
    expect(execute(pins, STARTUP_STATE)).toBe(SUCCESS);
    expect(execute(pins, PCR_READ).slice(-95)).toBe(pcr);
  });

  test('(STATE) after Shutdown(STATE) gives the PCRs back over deep sleep', () => {
    const { pins, pcr } = extended();
    pins.clock.advance(seconds(25));
    pins.chip.setReset(true);
    pins.clock.advance(seconds(20));
    expect(pins.chip.isAsleep).toBe(true);
    pins.chip.setReset(false);
    pins.clock.advance(ms(100));
    pins.frame([0]);
    expect(execute(pins, STARTUP_STATE)).toBe(SUCCESS);
    expect(execute(pins, PCR_READ).slice(-95)).toBe(pcr);
  });

  test('(CLEAR) after Shutdown(STATE) starts with PCRs of zeros', () => {
    const { pins } = extended();
    resetTpm(pins);
    expect(execute(pins, STARTUP_CLEAR)).toBe(SUCCESS);
    expect(execute(pins, PCR_READ).slice(-95)).toBe(hex(bytesOf('00*32')));
  });
});

test('a command of no bytes is answered with TPM_RC_INSUFFICIENT or TPM_RC_COMMAND_SIZE, not with a failure', () => {
  const pins = new Pins({
    timing: { taskLatency: ms(2) },
    library: (clock) => new BuiltInTpm({ random: new Random(1), now: () => clock.now() }),
  }).ready();
  pins.send(STARTUP_CLEAR);
  pins.write(0x18, [0x40]);
  pins.clock.advance(seconds(1));
  expect(hex(pins.read(0x24, 10))).toMatch(/^80 01 00 00 00 0a 00 00 0[01] (9a|42)$/);
});
