import { expect, test } from '@playwright/test';
import { ms, seconds } from '../../../src/units/index.ts';
import { VendorBench } from './vendor-bench.ts';

const STARTUP = '80010000000c000001440000';
const PCR_READ = '800100000014000001' + '7e00000001000b03010000';
const GET_RANDOM = '80010000000c0000017b0008';

test.describe('IMMEDIATE_RESET (item 26) [CHIP 5.2, 6]', () => {
  test('without a delay no response is ever delivered, and the chip starts over', () => {
    const bench = new VendorBench({ firmware: '0.5.280' });
    bench.pins.write(0xfe0, [1]);
    expect(bench.pins.read(0xfe0, 4)).toEqual([1, 0, 0, 0x80]);
    const { powerCycles } = bench.pins.engine;
    expect(bench.ask('80010000000c200000000013')).toBeUndefined();
    expect(bench.pins.engine.powerCycles).toBe(powerCycles + 1);
    // A full reset, unlike deep sleep and TPM reset, forgets TPM_BOARD_CFG. [CHIP 4.6]
    expect(bench.pins.read(0xfe0, 4)).toEqual([0, 0, 0, 0]);
  });

  test('a delay of 0 is none', () => {
    expect(new VendorBench().vendor(19, '0000')).toBeUndefined();
  });

  test('a loss of power before the delay ends takes the reset with it', () => {
    const bench = new VendorBench();
    bench.vendor(19, '03e8');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    const { powerCycles } = bench.pins.engine;
    bench.pins.clock.advance(seconds(2));
    expect(bench.pins.engine.powerCycles).toBe(powerCycles);
  });
});

test.describe('TPM_MODE disabled (item 27) [CHIP 1.3, 5.2, 6]', () => {
  test('the response comes, 10 ms later the chip is silent: 00 for ever and no pulse', () => {
    const bench = new VendorBench();
    expect(bench.vendor(40, '02')).toBe('80010000000d00000000002802');
    bench.pins.clock.advance(ms(11));
    bench.pins.pulses.length = 0;
    const frame = [0x83, 0xd4, 0x0f, 0x00, ...new Array<number>(200).fill(0)];
    expect(new Set(bench.pins.frame(frame))).toEqual(new Set([0]));
    bench.pins.clock.advance(seconds(1));
    expect(new Set(bench.pins.frame(frame))).toEqual(new Set([0]));
    expect(bench.pins.pulses).toEqual([]);
  });

  test('the rising edge of TPM_RST_L reboots the whole chip, and it serves again', () => {
    const bench = new VendorBench();
    bench.vendor(40, '02');
    bench.pins.clock.advance(ms(20));
    const { powerCycles } = bench.pins.engine;
    bench.reset();
    expect(bench.pins.engine.powerCycles).toBe(powerCycles + 1);
    expect(bench.vendor(40)).toBe('80010000000d00000000002800');
  });

  test('a TPM reset makes the mode tentative again', () => {
    const bench = new VendorBench();
    bench.vendor(40, '01');
    bench.reset();
    expect(bench.vendor(40)).toBe('80010000000d00000000002800');
  });

  test('a second setting is refused before its value is looked at', () => {
    const bench = new VendorBench();
    bench.vendor(40, '01');
    expect(bench.vendor(40, '07')).toBe('80010000000c000005070028');
  });
});

test.describe('board ID mismatch (item 28) [CHIP 5.1]', () => {
  const mismatched = (): VendorBench =>
    new VendorBench({
      boardId: { type: 0x41424344, flags: 0 },
      imageFor: { type: 0x5a5a4352, mask: 0xffffffff, flags: 0 },
    });

  test('every TPM2 command is answered with TPM_RC_LOCKOUT, and the library sees none', () => {
    const bench = mismatched();
    for (const command of [STARTUP, GET_RANDOM, PCR_READ])
      expect(bench.ask(command)).toBe('80010000000a00000921');
    expect(bench.pins.engine.executed).toEqual([]);
  });

  test('of the vendor commands only 4, 7, 23, 24 and 75 work', () => {
    const bench = mismatched();
    const works = [4, 7, 16, 18, 20, 21, 23, 24, 25, 26, 40, 75].filter(
      (code) => bench.vendor(code)?.slice(12, 20) !== '0000057f',
    );
    expect(works).toEqual([4, 7, 23, 24, 75]);
  });

  test('REPORT_TPM_STATE blames its own line 57, code 0badc0de and function [EC tpm_state]', () => {
    expect(mismatched().vendor(23)).toBe(
      '800100000024000000000017' +
        '00000001' +
        '00000039' +
        '0badc0de' +
        '7265706f' +
        '00000000' +
        '00000020',
    );
  });

  test('a mask that leaves the differing bits out makes it a match', () => {
    const bench = new VendorBench({
      boardId: { type: 0x5a5a4353, flags: 0x80 },
      imageFor: { type: 0x5a5a4352, mask: 0xffffff00, flags: 0x80 },
    });
    expect(bench.vendor(18)?.slice(12, 20)).toBe('00000000');
  });

  test('a flag of the image that the board lacks makes it a mismatch', () => {
    const bench = new VendorBench({
      boardId: { type: 0x5a5a4352, flags: 0x7f00 },
      imageFor: { type: 0, mask: 0, flags: 0x80 },
    });
    expect(bench.ask(STARTUP)).toBe('80010000000a00000921');
  });
});

test.describe('rolling reboots [CHIP 5.4, 6] [CHIP 6]', () => {
  const crashOften = (bench: VendorBench, times: number): void => {
    for (let i = 0; i < times; i++) {
      bench.pins.chip.crash();
      bench.reboot();
    }
  };

  test('51 resets that the host commanded change nothing [CHIP 6]', () => {
    const bench = new VendorBench();
    for (let i = 0; i < 51; i++) {
      bench.vendor(19, '0001');
      bench.reboot();
    }
    expect(bench.pins.read(0x18, 4)).toEqual([0x80, 0x3f, 0x00, 0x04]);
  });

  test('after 50 crashes the chip still serves; after 51 the TPM is not initialised [CHIP 6]', () => {
    const bench = new VendorBench();
    crashOften(bench, 50);
    expect(bench.pins.read(0x18, 4)).toEqual([0x80, 0x3f, 0x00, 0x04]);
    crashOften(bench, 1);
    const { pins } = bench;
    expect(pins.read(0xf00, 4)).toEqual([0xe0, 0x1a, 0x28, 0x00]);
    expect(pins.read(0x14, 4)).toEqual([0x15, 0x06, 0x00, 0x30]);
    expect(pins.read(0xf04, 1)).toEqual([0]);
    expect(pins.read(0xf90, 4)).toEqual([0, 0, 0, 0]);
    expect(pins.read(0x00, 1)).toEqual([0]);
    expect(pins.read(0x18, 4)).toEqual([0, 0, 0, 0]);
    pins.write(0x00, [0x02]);
    expect(pins.read(0x00, 1)).toEqual([0x20]);
    pins.write(0x18, [0x40]);
    expect(pins.read(0x18, 4)).toEqual([0x40, 0, 0, 0]);
    pins.write(0x00, [0x20]);
    expect(pins.read(0x18, 4)).toEqual([0x00, 0x3f, 0x00, 0x00]);
  });

  test('then every command is answered 0x100, and a PCR_Read heals it at the next reset [CHIP 6]', () => {
    const bench = new VendorBench();
    crashOften(bench, 51);
    expect(bench.ask(STARTUP)).toBe('80010000000a00000100');
    expect(bench.ask(PCR_READ)).toBe('80010000000a00000100');
    bench.reset();
    expect(bench.pins.read(0x18, 4)).toEqual([0x80, 0x3f, 0x00, 0x04]);
  });

  test('TPM2_PCR_Read in between restarts the count', () => {
    const bench = new VendorBench();
    crashOften(bench, 50);
    bench.ask(PCR_READ);
    crashOften(bench, 2);
    expect(bench.pins.read(0x18, 4)).toEqual([0x80, 0x3f, 0x00, 0x04]);
  });

  test('a power cycle heals it', () => {
    const bench = new VendorBench();
    crashOften(bench, 51);
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.pins.read(0x18, 4)).toEqual([0x80, 0x3f, 0x00, 0x04]);
  });
});
