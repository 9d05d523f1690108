import { expect, test } from '@playwright/test';
import { ms, ns, seconds, us, ZERO } from '../../../src/units/index.ts';
import type { PinsOptions } from './pins.ts';
import { hex, Pins } from './pins.ts';

const STARTUP = [0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0];
const READ_ACCESS = [0x80, 0xd4, 0, 0, 0, 0];

const pinsWith = (timing: PinsOptions['timing'] = {}, firmware = '0.5.280'): Pins =>
  new Pins({ firmware, timing: { waitBytes: 0, taskLatency: ZERO, commandTime: ZERO, ...timing } }).ready();

const rise = (pins: Pins, after = ms(10)): void => {
  pins.chip.setReset(true);
  pins.clock.advance(ms(1));
  pins.chip.setReset(false);
  pins.clock.advance(after);
};

test.describe('TPM_RST_L (item 22) [EC board.c, tpm_reset_request]', () => {
  test('does nothing when it falls: registers and response stay', () => {
    const pins = pinsWith();
    pins.write(0x00, [0x02]);
    pins.send(STARTUP);
    pins.chip.setReset(true);
    pins.clock.advance(seconds(1));
    expect(hex(pins.read(0x00, 1))).toBe('a0');
    expect(hex(pins.read(0x18, 1))).toBe('d0');
    expect(pins.engine.resets).toBe(0);
  });

  test('resets the TPM when it rises: registers are as at the start, the library is told', () => {
    const pins = pinsWith();
    pins.write(0x00, [0x02]);
    pins.send(STARTUP);
    rise(pins);
    pins.frame([0]);
    expect(pins.engine.resets).toBe(1);
    expect(hex(pins.read(0x00, 1))).toBe('80');
    expect(hex(pins.read(0x18, 4))).toBe('80 3f 00 04');
  });

  test('takes 2.5 to 4.3 ms, in which MISO stays 00 and no pulse comes', () => {
    const times: number[] = [];
    const miso = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const pins = new Pins({ seed, timing: { waitBytes: 0 } }).ready();
      pins.chip.setReset(true);
      pins.clock.advance(ms(1));
      const from = pins.clock.now();
      pins.chip.setReset(false);
      pins.clock.advance(us(100));
      for (const byte of pins.frame(READ_ACCESS, ms(1))) miso.add(byte);
      expect(pins.pulses, `seed ${seed}`).toEqual([]);
      while (pins.chip.counters.resets === 1) pins.clock.advance(us(10));
      times.push(pins.clock.now() - from);
    }
    expect(miso).toEqual(new Set([0]));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(ms(2.5));
    expect(Math.max(...times)).toBeLessThanOrEqual(ms(4.31));
  });

  test('is ignored until a register was read since the last reset; a write does not count [ORACLE S49]', () => {
    const pins = pinsWith();
    rise(pins);
    rise(pins);
    pins.write(0x00, [0x02]);
    rise(pins);
    expect(pins.engine.resets).toBe(1);
    pins.read(0x00, 1);
    rise(pins);
    expect(pins.engine.resets).toBe(2);
  });

  test('is ignored only while a reset is under way before 0.5.30 [EC-git f42ae66a81]', () => {
    const pins = pinsWith({}, '0.5.29');
    rise(pins);
    rise(pins);
    expect(pins.engine.resets).toBe(2);
    rise(pins, us(100));
    rise(pins, ms(10));
    expect(pins.engine.resets).toBe(3);
  });

  test('waits for a running command; until then registers answer with their old values [ORACLE S50]', () => {
    const pins = pinsWith({ commandTime: ms(20) });
    pins.write(0x00, [0x02]);
    pins.send(STARTUP);
    rise(pins, ms(1));
    expect(hex(pins.read(0x00, 1))).toBe('a0');
    expect(pins.engine.resets).toBe(0);
    pins.clock.advance(ms(30));
    expect(pins.engine.resets).toBe(1);
    pins.frame([0]);
    expect(hex(pins.read(0x00, 1))).toBe('80');
  });

  test('drops a command that was not fetched yet', () => {
    const pins = pinsWith({ taskLatency: ms(5) });
    pins.send(STARTUP);
    rise(pins, ms(20));
    expect(pins.engine.executed).toEqual([]);
    expect(pins.engine.resets).toBe(1);
  });

  test('ends a frame that is under way; its remaining bytes are the first ones after the reset', () => {
    const pins = pinsWith({ resetTime: ms(3) });
    pins.chip.select();
    for (const byte of [0x83, 0xd4]) pins.byte(byte);
    rise(pins);
    expect(hex([0x80, 0xd4, 0x00, 0x00, 0, 0].map((byte) => pins.byte(byte)))).toBe('ff ff ff ff 01 80');
    pins.chip.deselect();
  });
});

test.describe('power [CHIP 6]', () => {
  test('without it MISO is 00 and nothing answers', () => {
    const pins = new Pins();
    expect(hex(pins.frame(READ_ACCESS))).toBe('00 00 00 00 00 00');
    pins.chip.setReset(false);
    pins.clock.advance(seconds(1));
    expect(hex(pins.frame(READ_ACCESS))).toBe('00 00 00 00 00 00');
    expect(pins.pulses).toEqual([]);
    expect(pins.chip.counters.lostFrames).toBe(2);
  });

  test('comes 60 to 80 ms before the first answer; until then MISO is FF and no frame is heard (our choice)', () => {
    for (let seed = 0; seed < 20; seed++) {
      const pins = new Pins({ seed, timing: { resetTime: ms(1) } });
      pins.chip.setPower(true);
      pins.chip.setReset(false);
      pins.clock.advance(ms(60));
      expect(hex(pins.frame(READ_ACCESS)), `seed ${seed}`).toBe('ff ff ff ff ff ff');
      expect(pins.pulses).toEqual([]);
      expect(pins.chip.counters.resets).toBe(0);
      pins.clock.advance(ms(21));
      expect(pins.chip.counters.resets).toBe(1);
    }
  });

  test('cut while a command runs leaves nothing behind', () => {
    const pins = pinsWith({ commandTime: ms(20) });
    pins.send(STARTUP);
    pins.chip.setPower(false);
    pins.clock.advance(seconds(1));
    pins.chip.setPower(true);
    pins.clock.advance(ms(100));
    pins.frame([0]);
    expect(hex(pins.read(0x18, 4))).toBe('80 3f 00 04');
    expect(pins.engine.powerCycles).toBe(2);
  });

  test('cut and restored in the middle of a frame loses the rest of it', () => {
    const pins = pinsWith();
    pins.chip.select();
    for (const byte of [0x83, 0xd4]) pins.byte(byte);
    pins.chip.setPower(false);
    expect(pins.byte(0x0f)).toBe(0);
    pins.chip.setPower(true);
    expect(pins.byte(0x00)).toBe(0);
    pins.chip.deselect();
    expect(pins.chip.counters.lostFrames).toBe(1);
  });

  test('the TPM does not start before TPM_RST_L has risen', () => {
    const pins = new Pins();
    pins.chip.setPower(true);
    pins.clock.advance(seconds(1));
    expect(pins.chip.counters.resets).toBe(0);
    pins.chip.setReset(false);
    pins.clock.advance(ms(10));
    expect(pins.chip.counters.resets).toBe(1);
  });

  test('cut before the firmware is up starts the boot again', () => {
    const pins = new Pins({ timing: { bootTime: ms(70), resetTime: ms(3) } });
    pins.chip.setReset(false);
    pins.chip.setPower(true);
    pins.clock.advance(ms(69));
    pins.chip.setPower(false);
    pins.chip.setPower(true);
    pins.clock.advance(ns(ms(73) - 1));
    expect(pins.chip.counters.resets).toBe(0);
    pins.clock.advance(ns(1));
    expect(pins.chip.counters.resets).toBe(1);
  });
});
