import { expect, test } from '@playwright/test';
import { ms, ZERO } from '../../../src/units/index.ts';
import { hex, Pins } from './pins.ts';

const NO_WAIT = { waitBytes: 0, taskLatency: ZERO, commandTime: ZERO } as const;

const resetTpm = (pins: Pins): void => {
  pins.chip.setReset(true);
  pins.clock.advance(ms(2));
  pins.chip.setReset(false);
  pins.clock.advance(ms(10));
};

test.describe('registers after reset (item 14) [EC tpm_registers, TRACE]', () => {
  for (const [name, address, size, bytes] of [
    ['DID_VID is 0x00281ae0', 0xf00, 4, 'e0 1a 28 00'],
    ['RID is 0', 0xf04, 4, '00 00 00 00'],
    ['INTF_CAPABILITY is 0x30000615', 0x14, 4, '15 06 00 30'],
    ['ACCESS is 0x80', 0x00, 1, '80'],
    ['STS is 0x04003f80: family 1, burst 63, stsValid', 0x18, 4, '80 3f 00 04'],
  ] as const)
    test(name, () => {
      expect(hex(new Pins({ timing: NO_WAIT }).ready().read(address, size))).toBe(bytes);
    });
});

test.describe('ACCESS (items 14, 16) [EC access_reg_write, ORACLE S6]', () => {
  test('reads a0 while locality 0 is active, 80 after its release', () => {
    const pins = new Pins({ timing: NO_WAIT }).ready();
    pins.write(0x00, [0x02]);
    expect(hex(pins.read(0x00, 1))).toBe('a0');
    pins.write(0x00, [0x20]);
    expect(hex(pins.read(0x00, 1))).toBe('80');
  });

  test('ignores every other value', () => {
    const pins = new Pins({ timing: NO_WAIT }).ready();
    const wrong: number[] = [];
    for (const active of [0x80, 0xa0]) {
      for (let value = 0; value < 256; value++) {
        if (value === 0x02 || value === 0x20) continue;
        pins.write(0x00, [value]);
        if (pins.read(0x00, 1)[0] !== active) wrong.push(value);
      }
      expect(wrong).toEqual([]);
      pins.write(0x00, [0x02]);
    }
  });

  test('takes only the first byte of a longer write', () => {
    const pins = new Pins({ timing: NO_WAIT }).ready();
    pins.write(0x00, [0x02, 0xff, 0xff, 0xff]);
    expect(hex(pins.read(0x00, 1))).toBe('a0');
  });
});

test.describe('FW_VER (item 19) [EC set_version_string]', () => {
  // [CHIP 4.5], read from a real chip.
  const TEXT = 'B2-C:0 RO_B:0.0.11/4d655eab RW_B:0.5.4/cr50_v1.9308_87_mp.450-b5fdbf3c';
  const text = (bytes: readonly number[]): string => String.fromCharCode(...bytes);

  test('is a stream that goes on where the last read ended and sticks at its end', () => {
    const pins = new Pins({ timing: NO_WAIT }).ready();
    expect(text(pins.read(0xf90, 50)) + text(pins.read(0xf90, 19))).toBe(TEXT.slice(0, 69));
    expect(hex(pins.read(0xf90, 4))).toBe('63 00 00 00');
    expect(hex(pins.read(0xf90, 4))).toBe('00 00 00 00');
  });

  test('goes back to its start at a write of any length and value', () => {
    const pins = new Pins({ timing: NO_WAIT }).ready();
    for (const data of [[0x00], [0x32], [0xff, 0xff, 0xff, 0xff], new Array<number>(64).fill(7)]) {
      pins.read(0xf90, 9);
      pins.write(0xf90, data);
      expect(text(pins.read(0xf90, 4))).toBe('B2-C');
    }
  });

  test('goes back to its start at a TPM reset', () => {
    const pins = new Pins({ timing: NO_WAIT }).ready();
    pins.read(0xf90, 9);
    resetTpm(pins);
    pins.frame([0]);
    expect(text(pins.read(0xf90, 4))).toBe('B2-C');
  });

  test('has the running version between " RW_B:" and the build', () => {
    const pins = new Pins({ firmware: '0.3.22', timing: NO_WAIT }).ready();
    expect(text(pins.read(0xf90, 64))).toContain(' RW_B:0.3.22/');
    expect(pins.chip.firmwareVersion.length).toBeLessThan(80);
  });
});

test.describe('BOARD_CFG (item 13) [EC board_cfg_reg_write, ORACLE S13 to S15, S55]', () => {
  const newPins = (): Pins => new Pins({ firmware: '0.5.5', timing: NO_WAIT }).ready();
  const value = (pins: Pins): string => hex(pins.read(0xfe0, 4));

  test('is 0 until it is written, and then locked by bit 31', () => {
    const pins = newPins();
    expect(value(pins)).toBe('00 00 00 00');
    pins.write(0xfe0, [0x02, 0x00, 0x00, 0x00]);
    expect(value(pins)).toBe('02 00 00 80');
    pins.write(0xfe0, [0x04, 0x00, 0x00, 0x00]);
    expect(value(pins)).toBe('02 00 00 80');
  });

  test('takes a write of one byte, and is locked by a write of 0', () => {
    const one = newPins();
    one.write(0xfe0, [0x01]);
    expect(value(one)).toBe('01 00 00 80');
    const zero = newPins();
    zero.write(0xfe0, [0, 0, 0, 0]);
    expect(value(zero)).toBe('00 00 00 80');
  });

  test('is blocked by PCR_Extend, also after a TPM reset, until the chip restarts', () => {
    const pins = newPins();
    pins.send([0x80, 0x02, 0, 0, 0, 0x0a, 0, 0, 0x01, 0x82]);
    pins.clock.advance(ms(1));
    pins.write(0xfe0, [2, 0, 0, 0]);
    expect(value(pins)).toBe('00 00 00 00');
    resetTpm(pins);
    pins.frame([0]);
    pins.write(0xfe0, [2, 0, 0, 0]);
    expect(value(pins)).toBe('00 00 00 00');
    pins.chip.setPower(false);
    pins.chip.setPower(true);
    pins.clock.advance(ms(100));
    pins.frame([0]);
    pins.write(0xfe0, [2, 0, 0, 0]);
    expect(value(pins)).toBe('02 00 00 80');
  });

  test('survives a TPM reset, not a power cycle', () => {
    const pins = newPins();
    pins.write(0xfe0, [2, 0, 0, 0]);
    resetTpm(pins);
    pins.frame([0]);
    expect(value(pins)).toBe('02 00 00 80');
    pins.chip.setPower(false);
    pins.chip.setPower(true);
    pins.clock.advance(ms(100));
    pins.frame([0]);
    expect(value(pins)).toBe('00 00 00 00');
  });

  test('does not exist before 0.5.5 and 0.6.5: reads return stale bytes, writes nothing', () => {
    for (const firmware of ['0.5.4', '0.6.4', '0.3.25']) {
      const pins = new Pins({ firmware, timing: NO_WAIT }).ready();
      pins.write(0xfe0, [1, 0, 0, 0]);
      pins.read(0xf00, 4);
      expect(value(pins), firmware).toBe('e0 1a 28 00');
    }
  });
});
