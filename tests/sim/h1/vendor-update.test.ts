import { expect, test } from '@playwright/test';
import { ms, seconds } from '../../../src/units/index.ts';
import { imageOf, VendorBench } from './vendor-bench.ts';

const RO_A = 0x00000;
const RW_A = 0x04000;
const RO_B = 0x40000;
const RW_B = 0x44000;
const START = '0000000000000000';

const NEW = imageOf({ version: [0, 5, 30] });
const BLOCK = Buffer.alloc(1024, 0xa5);

/** A chip that has been told that an update begins. */
const started = (options?: ConstructorParameters<typeof VendorBench>[0]): VendorBench => {
  const bench = new VendorBench(options);
  bench.vendor(4, START);
  return bench;
};

test.describe('the start PDU (item 25) [EC upgrade_fw, CHIP 5.3]', () => {
  test('is answered with protocol 6, the inactive sections, and what runs', () => {
    // return value, version 6, RO_A, RW_A, RO 0.0.11, RW 0.5.4 (minor, major, epoch each), key ids of [CHIP 10.3]
    expect(new VendorBench().vendor(4, START)).toBe(
      '80010000003c000000000004' +
        '00000000' +
        '00000006' +
        '00000000' +
        '00004000' +
        '0000000b0000000000000000' +
        '000000040000000500000000' +
        'aa66150f' +
        'de88588d',
    );
  });

  test('needs no digest: base 0 without data is enough', () => {
    expect(new VendorBench().vendor(4, '1234567800000000')).toHaveLength(2 * 60);
  });

  for (const [length, payload] of [
    [0, ''],
    [7, '00000000000000'],
  ] as const)
    test(`a payload of ${length} bytes is a general error, 6, with result 0`, () => {
      expect(new VendorBench().vendor(4, payload)).toBe('80010000000d00000000000406');
    });
});

test.describe('before a start PDU a block is held against no section at all (item 25) [CHIP 5.3]', () => {
  for (const base of [0x1, 0x3ff, 0xffffff00])
    test(`base ${base.toString(16)} is 10`, () => {
      expect(new VendorBench().block(base, BLOCK)).toBe(10);
    });

  test('base 0 is 11 when shorter than 1024, 8 when older than the running RO, else 1', () => {
    const ro = (version: readonly [number, number, number]): Buffer =>
      imageOf({ version, keyId: 0xaa66150f }).subarray(0, 1024);
    expect(new VendorBench().block(0, BLOCK.subarray(0, 1020))).toBe(11);
    expect(new VendorBench().block(0, ro([0, 0, 10]))).toBe(8);
    expect(new VendorBench().block(0, ro([0, 0, 11]))).toBe(1);
  });

  test('base 400 is 1', () => {
    expect(new VendorBench().block(0x400, BLOCK)).toBe(1);
  });
});

test('a block whose size or offset is no multiple of 4 is refused with 4 (item 25) [CHIP 5.3]', () => {
  for (const [offset, size] of [
    [1024, 1022],
    [1026, 1024],
    [1025, 1],
  ] as const) {
    const bench = started();
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(0);
    bench.pins.clock.advance(seconds(1));
    expect(bench.block(RW_A + offset, BLOCK.subarray(0, size)), `${offset}, ${size}`).toBe(4);
  }
});

test.describe('a block is refused (item 25) [EC upgrade_fw, CHIP 5.3]', () => {
  test('with 1 before a start PDU, and again after a reboot', () => {
    expect(new VendorBench().block(RW_A, NEW.subarray(0, 1024))).toBe(1);
    const bench = started();
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(1);
  });

  test('with 3 when its digest is not that of base and data', () => {
    const bench = started();
    const pdu = Buffer.concat([Buffer.from('00000000' + '00004000', 'hex'), NEW.subarray(0, 1024)]);
    expect(bench.vendor(4, pdu.toString('hex'))).toBe('80010000000d00000000000403');
  });

  test('with 1 outside the inactive sections: the running ones, between them, past their ends', () => {
    const bench = started();
    for (const base of [
      RO_B + 0x800,
      RW_B,
      RW_B + 0x2000,
      0x3000,
      RW_A + 0x39000,
      RW_A + 0x39000 - 1023,
      0x7fc00,
    ])
      expect(bench.block(base, BLOCK), base.toString(16)).toBe(1);
  });

  for (const [base, what] of [
    [RW_A + 4, 'begins in the header'],
    [RW_A + 1023, 'begins at the last byte of the header'],
    [RW_A - 1024, 'ends at the header'],
    [RO_A + 512, 'begins in the RO header'],
  ] as const)
    test(`with 10 when it ${what} without bringing it whole`, () => {
      expect(started().block(base, BLOCK)).toBe(10);
    });

  test('with 11 when the header is cut short', () => {
    expect(started().block(RW_A, NEW.subarray(0, 1023))).toBe(11);
  });

  test('with 11 when the image says it has less than 0x800 bytes', () => {
    const small = Buffer.from(NEW.subarray(0, 1024));
    small.writeUInt32LE(0x7ff, 808);
    expect(started().block(RW_A, small)).toBe(11);
  });

  for (const [version, status] of [
    [[0, 5, 3], 8],
    [[0, 4, 99], 8],
    [[0, 5, 4], 0],
    [[0, 6, 0], 0],
    [[1, 0, 0], 0],
  ] as const)
    test(`with ${status} when 0.5.4 runs and ${version.join('.')} comes`, () => {
      expect(started().block(RW_A, imageOf({ version }).subarray(0, 1024))).toBe(status);
    });

  test('with 8 when the RO image is older than the running one', () => {
    const ro = imageOf({ version: [0, 0, 10], keyId: 0xaa66150f });
    expect(started().block(RO_A, ro.subarray(0, 1024))).toBe(8);
  });

  test('with 12 when it is made for other boards, but only once a board ID is set', () => {
    const image = imageOf({ version: [0, 5, 30], boards: [0x41424344, 0xffffffff, 0] });
    const bench = started();
    expect(bench.block(RW_A, image.subarray(0, 1024))).toBe(0);
    bench.vendor(26, '5a5a435200007f80');
    expect(bench.block(RW_A, image.subarray(0, 1024))).toBe(12);
  });

  test('with 5 when flash does not take the data: it was not erased', () => {
    const bench = started();
    expect(bench.update(RW_A, NEW)).toBe(0);
    bench.pins.clock.advance(seconds(61));
    expect(bench.block(RW_A + 1024, Buffer.alloc(1024, 0xff))).toBe(5);
  });

  test('by the first of several rules that it breaks, in the order of the chip', () => {
    const bench = started();
    bench.block(RW_A, NEW.subarray(0, 1024));
    const old = imageOf({ version: [0, 5, 3] }).subarray(0, 1024);
    const spoilt = Buffer.concat([Buffer.from('0000000000004000', 'hex'), old]);
    // Wrong digest and older: 3. Older and too soon: 8. Outside and too soon: 1.
    expect(bench.vendor(4, spoilt.toString('hex'))?.slice(24)).toBe('03');
    expect(bench.block(RW_A, old)).toBe(8);
    expect(bench.block(RW_B, BLOCK)).toBe(1);
  });
});

test.describe('the rate limit (item 25) [EC upgrade_fw, CHIP 5.3]', () => {
  test('lets offsets rise by 1024 or more, and refuses less with 9', () => {
    const bench = started();
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(0);
    expect(bench.block(RW_A + 2048, BLOCK)).toBe(0);
    expect(bench.block(RW_A + 2048, BLOCK)).toBe(9);
    expect(bench.block(RW_A + 1024, BLOCK)).toBe(9);
    expect(bench.block(RW_A + 3071, BLOCK)).toBe(9);
    expect(bench.block(RW_A + 3072, BLOCK)).toBe(0);
  });

  test('ends 60 s after the last write', () => {
    const bench = started();
    bench.block(RW_A, NEW.subarray(0, 1024));
    bench.pins.clock.advance(seconds(58));
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(9);
    bench.pins.clock.advance(seconds(3));
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(0);
  });

  test('counts for RO and RW apart', () => {
    const bench = started();
    bench.block(RW_A, NEW.subarray(0, 1024));
    bench.block(RW_A + 1024, BLOCK);
    expect(bench.block(RO_A, imageOf({ version: [0, 0, 12], keyId: 0xaa66150f }).subarray(0, 1024))).toBe(0);
  });

  test('a header sent again too soon has erased the section before it is refused: nothing is left to turn on', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(9);
    expect(bench.vendor(24, '0000')).toBe('80010000000d00000000001800');
  });

  test('after a full reset no block is taken for 60 s', () => {
    const bench = started();
    bench.vendor(19, '0001');
    bench.reboot();
    bench.vendor(4, START);
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(9);
    bench.pins.clock.advance(seconds(57));
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(9);
    bench.pins.clock.advance(seconds(3));
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(0);
  });

  test('after deep sleep and after power-on blocks are taken at once', () => {
    const bench = started();
    bench.pins.chip.setReset(true);
    bench.pins.clock.advance(seconds(60));
    bench.reset();
    bench.vendor(4, START);
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(0);
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    bench.vendor(4, START);
    expect(bench.block(RW_A, NEW.subarray(0, 1024))).toBe(0);
  });
});

test.describe('turning an update on (item 25) [EC upgrade_fw, CHIP 5.2, 5.3]', () => {
  test('a brought image does not run until TURN_UPDATE_ON, however often the chip boots', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    bench.vendor(19, '0001');
    bench.reboot();
    expect(bench.version).toContain(' RW_B:0.5.4/');
  });

  test('with a delay the chip reboots into it, and says so in TPM_FW_VER and in the next start PDU', () => {
    const bench = started();
    expect(bench.update(RW_A, NEW)).toBe(0);
    expect(bench.vendor(24, '03e8')).toBe('80010000000d00000000001801');
    expect(bench.version).toContain(' RW_B:0.5.4/');
    bench.pins.clock.advance(ms(900));
    expect(bench.version).toContain(' RW_B:0.5.4/');
    bench.reboot();
    expect(bench.version).toBe('B2-C:0 RO_B:0.0.11/4d655eab RW_A:0.5.30/cr50_v1.0_simulated');
    // Now RW_B is the one to write.
    expect(bench.vendor(4, START)?.slice(24 + 16, 24 + 32)).toBe('0000000000044000');
  });

  test('with delay 0 only the number is told; the next boot takes the image', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    expect(bench.vendor(24, '0000')).toBe('80010000000d00000000001801');
    bench.pins.clock.advance(seconds(5));
    expect(bench.version).toContain(' RW_B:0.5.4/');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.version).toContain(' RW_A:0.5.30/');
  });

  test('RO and RW together are two headers, and both run afterwards', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    bench.update(RO_A, imageOf({ version: [0, 0, 12], keyId: 0xaa66150f }));
    expect(bench.vendor(24, '0064')).toBe('80010000000d00000000001802');
    bench.reboot();
    expect(bench.version).toMatch(/^B2-C:0 RO_A:0\.0\.12\/[0-9a-f]{8} RW_A:0\.5\.30\//);
  });

  test('the new version behaves as itself: 0.3.22 has 4 us pulses and no TPM_BOARD_CFG, 0.5.30 neither of both', () => {
    const widths = (bench: VendorBench): number[] => {
      bench.pins.pulses.length = 0;
      for (let i = 0; i < 20; i++) bench.pins.read(0x00, 1);
      return bench.pins.pulses.map(({ at, end }) => end! - at);
    };
    const bench = started({ firmware: '0.3.22' });
    expect(Math.max(...widths(bench))).toBeLessThan(5000);
    bench.pins.write(0xfe0, [1]);
    expect(bench.pins.read(0xfe0, 4)).not.toEqual([1, 0, 0, 0x80]);
    bench.update(RW_A, NEW);
    bench.vendor(24, '0064');
    bench.reboot();
    expect(Math.min(...widths(bench))).toBeGreaterThan(6000);
    bench.pins.write(0xfe0, [0]);
    expect(bench.pins.read(0xfe0, 4)).toEqual([0, 0, 0, 0x80]);
  });

  for (const [what, image] of [
    ['another key', imageOf({ version: [0, 5, 30], keyId: 0x12345678 })],
    [
      'a byte changed after signing',
      (() => {
        const spoilt = Buffer.from(NEW);
        spoilt[2000]! ^= 1;
        return spoilt;
      })(),
    ],
  ] as const)
    test(`an image with ${what} is taken and turned on, but never runs`, () => {
      const bench = started();
      expect(bench.update(RW_A, image)).toBe(0);
      expect(bench.vendor(24, '0064')).toBe('80010000000d00000000001801');
      bench.reboot();
      expect(bench.version).toContain(' RW_B:0.5.4/');
    });

  test('an image of which blocks are missing never runs', () => {
    const bench = started();
    const image = imageOf({ version: [0, 5, 30], size: 4096 });
    bench.block(RW_A, image.subarray(0, 1024));
    bench.block(RW_A + 2048, image.subarray(2048, 3072));
    bench.vendor(24, '0064');
    bench.reboot();
    expect(bench.version).toContain(' RW_B:0.5.4/');
  });

  test('INVALIDATE_INACTIVE_RW takes it away again', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    bench.vendor(24, '0000');
    expect(bench.vendor(20)).toBe('80010000000c000000000014');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.version).toContain(' RW_B:0.5.4/');
  });

  test('before 0.0.19 there is no TURN_UPDATE_ON, and an image runs from the next boot on', () => {
    const bench = started({ firmware: '0.0.18' });
    expect(bench.vendor(24, '0000')).toBe('80010000000c0000057f0018');
    bench.update(RW_A, imageOf({ version: [0, 0, 19] }));
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.version).toContain(' RW_A:0.0.19/');
  });

  test('two updates in a row use the sections in turn', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    bench.vendor(24, '0064');
    bench.reboot();
    bench.pins.clock.advance(seconds(61));
    bench.vendor(4, START);
    expect(bench.update(RW_B, imageOf({ version: [0, 5, 31] }))).toBe(0);
    bench.vendor(24, '0064');
    bench.reboot();
    expect(bench.version).toContain(' RW_B:0.5.31/');
  });
});

test.describe('POST_RESET [CHIP 5.2, 6]', () => {
  test('answers one byte 00; the next rising edge of TPM_RST_L reboots into the update', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    bench.vendor(24, '0000');
    expect(bench.vendor(7)).toBe('80010000000d00000000000700');
    const { powerCycles } = bench.pins.engine;
    bench.reset();
    expect(bench.pins.engine.powerCycles).toBe(powerCycles + 1);
    expect(bench.version).toContain(' RW_A:0.5.30/');
  });

  test('without another image that may run it is a TPM reset like any', () => {
    const bench = started();
    bench.update(RW_A, NEW);
    bench.vendor(7);
    const { powerCycles } = bench.pins.engine;
    bench.reset();
    expect(bench.pins.engine.powerCycles).toBe(powerCycles);
  });
});

test('a block takes 20 to 29 ms of writing flash; the first of a section, which erases it, 350 ms more', () => {
  const bench = new VendorBench({}, { drawsTimes: true });
  bench.vendor(4, START);
  const timeOf = (base: number, data: Uint8Array): number => {
    const { clock } = bench.pins;
    const from = clock.now();
    bench.block(base, data);
    return clock.now() - from;
  };
  const header = timeOf(RW_A, NEW.subarray(0, 1024));
  const block = timeOf(RW_A + 1024, NEW.subarray(1024));
  // A block that is refused before flash is touched takes neither: what is left is the bus.
  const refused = timeOf(RW_B, NEW.subarray(0, 1024));
  expect(header - block).toBeGreaterThan(ms(340));
  expect(header - block).toBeLessThan(ms(410));
  expect(block - refused).toBeGreaterThan(ms(18));
  expect(block - refused).toBeLessThan(ms(31));
});
