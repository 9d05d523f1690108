import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { Duration } from '../../../src/units/index.ts';
import { ms, seconds, ZERO } from '../../../src/units/index.ts';
import { VendorBench } from './vendor-bench.ts';

/** [CHIP 10.3], in order, on one chip. */
const VECTORS: readonly [string, string, string][] = [
  ['SYSINFO', '80010000000c200000000012', '80010000001c000000000012aa66150fde88588d0000000000000000'],
  [
    'SYSINFO with tag 8002',
    '80020000000c200000000012',
    '80020000001c000000000012aa66150fde88588d0000000000000000',
  ],
  [
    'SYSINFO via legacy CC',
    '80010000000cbaccd00a0012',
    '80010000001c000000000012aa66150fde88588d0000000000000000',
  ],
  ['GET_BOARD_ID blank', '80010000000c200000000019', '800100000018000000000019ffffffffffffffffffffffff'],
  ['SET_BOARD_ID wrong size', '80010000000e20000000001a0000', '80010000000d00000501001a01'],
  ['SET_BOARD_ID ZZCR, flags 7f80', '80010000001420000000001a5a5a435200007f80', '80010000000d00000000001a00'],
  ['GET_BOARD_ID after set', '80010000000c200000000019', '8001000000180000000000195a5a4352a5a5bcad00007f80'],
  ['SET_BOARD_ID again', '80010000001420000000001a4142434400000000', '80010000000d00000507001a07'],
  ['GET_CHIP_ID', '80010000000c20000000004b', '80010000001400000000004b00281ae000000000'],
  ['GET_CHIP_ID with 1 byte', '80010000000d20000000004b00', '80010000000c00000501004b'],
  ['COMMIT_NVMEM', '80010000000c200000000015', '80010000000c000000000015'],
  ['TPM_MODE query', '80010000000c200000000028', '80010000000d00000000002800'],
  ['TPM_MODE value 7', '80010000000d20000000002807', '80010000000c000005080028'],
  ['TPM_MODE two bytes', '80010000000e2000000000280101', '80010000000c000005070028'],
  ['TPM_MODE enable', '80010000000d20000000002801', '80010000000d00000000002801'],
  ['TPM_MODE enable again', '80010000000d20000000002801', '80010000000c000005070028'],
  [
    'REPORT_TPM_STATE',
    '80010000000c200000000017',
    '800100000024000000000017000000010000000000000000000000000000000000000020',
  ],
  ['TURN_UPDATE_ON 1000 ms', '80010000000e20000000001803e8', '80010000000d00000000001800'],
  ['TURN_UPDATE_ON 1001 ms', '80010000000e20000000001803e9', '80010000000c000005010018'],
  ['TURN_UPDATE_ON no arg', '80010000000c200000000018', '80010000000c000005010018'],
  ['IMMEDIATE_RESET 3-byte arg', '80010000000f200000000013000000', '80010000000c000005010013'],
  ['IMMEDIATE_RESET 1001 ms', '80010000000e20000000001303e9', '80010000000c000005010013'],
  ['IMMEDIATE_RESET 100 ms', '80010000000e2000000000130064', '80010000000c000000000013'],
];

test('the vendor commands of the firmware are answered byte for byte, and 100 ms later the whole chip resets [CHIP 10.3]', () => {
  const bench = new VendorBench();
  for (const [name, request, response] of VECTORS) expect(bench.ask(request), name).toBe(response);
  const { chip, clock } = bench.pins;
  const { powerCycles } = bench.pins.engine;
  clock.advance(ms(90));
  expect(bench.pins.engine.powerCycles).toBe(powerCycles);
  clock.advance(ms(100));
  expect(bench.pins.engine.powerCycles).toBe(powerCycles + 1);
  expect(chip.counters.resets).toBe(2);
});

test.describe('routing (item 24) [CHIP 5.1]', () => {
  for (const [name, code] of [
    ['a number nobody has', 0x0100],
    ['AES, a test hook', 0],
    ['SET_LOCK, not implemented', 17],
    ['22, deprecated', 22],
    ['62, Ti50 only', 62],
  ] as const)
    test(`${name} is answered with 0x57f and nothing else`, () => {
      const sub = code.toString(16).padStart(4, '0');
      expect(new VendorBench().vendor(code)).toBe(`80010000000c0000057f${sub}`);
    });

  test('a size field below 12 is answered with that many bytes of the command, unchanged', () => {
    const bench = new VendorBench();
    expect(bench.ask('80010000000b2000000000')).toBe('80010000000b2000000000');
    expect(bench.ask('80010000000a20000000')).toBe('80010000000a20000000');
  });

  test('a size field of 0 is never answered', () => {
    expect(new VendorBench().ask('80010000000020000000')).toBeUndefined();
  });

  test('the payload is as long as the size field says, whatever was received', () => {
    const bench = new VendorBench();
    // 14 bytes are received, 12 belong to the command.
    expect(bench.ask('80010000000c20000000004bffff')).toBe('80010000001400000000004b00281ae000000000');
    // 12 bytes are received; tpmGo goes to a command of 13.
    expect(bench.ask('80010000000d20000000004b')).toBe('80010000000c00000501004b');
  });

  test('the library never sees one, and sees the code next to it', () => {
    const bench = new VendorBench();
    bench.vendor(18);
    expect(bench.pins.engine.executed).toEqual([]);
    bench.ask('80010000000c200000010012');
    expect(bench.pins.engine.executed).toHaveLength(1);
  });
});

/** Numbers of the documented table, each with whether the page says that it answers. */
function documentedSubCommands(): Map<number, boolean> {
  const page = readFileSync(new URL('../../../docs/simulated-chip.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (\d[^|]*?) +\| (answers|0x57f) +\|/gm)];
  const numbersOf = (cell: string): number[] =>
    [...cell.matchAll(/(?<![A-Z]\w*)(\d+)(?: to (\d+))?/g)].flatMap(([, from, to]) =>
      Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, i) => Number(from) + i),
    );
  return new Map(
    rows.flatMap(([, cell, what]) => numbersOf(cell!).map((code) => [code, what === 'answers'])),
  );
}

test('docs/simulated-chip.md tells of each sub-command up to 75 whether it answers [CHIP 5.2]', () => {
  const documented = documentedSubCommands();
  expect([...documented.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 76 }, (_, code) => code));
  // 19 resets the chip at once when it has no payload.
  const answers = (code: number): boolean =>
    new VendorBench().vendor(code, code === 19 ? '03e8' : '')!.slice(12, 20) !== '0000057f';
  for (const [code, expected] of documented) expect(answers(code), `sub-command ${code}`).toBe(expected);
});

test.describe('single sub-commands [CHIP 5.2]', () => {
  test('GET_LOCK says locked, and takes no payload', () => {
    const bench = new VendorBench();
    expect(bench.vendor(16)).toBe('80010000000d00000000001001');
    expect(bench.vendor(16, '00')).toBe('80010000000c000005010010');
  });

  test('SYSINFO ignores a payload', () => {
    expect(new VendorBench().vendor(18, 'ff')).toBe(
      '80010000001c000000000012aa66150fde88588d0000000000000000',
    );
  });

  test('GET_ALERTS_DATA has version 1 and 44 counters', () => {
    expect(new VendorBench().vendor(35)).toBe(`8001000000680000000000230001002c${'00'.repeat(88)}`);
  });

  test('SN_SET_HASH takes 12 bytes once, and none once the board ID is set [EC sn_bits]', () => {
    const bench = new VendorBench();
    expect(bench.vendor(41, '00')).toBe('80010000000d00000501002901');
    expect(bench.vendor(41, '11'.repeat(12))).toBe('80010000000d00000000002900');
    // EC_ERROR_INVALID_CONFIG is 24. [CHIP 5.1]
    expect(bench.vendor(41, '22'.repeat(12))).toBe('80010000000d00000518002918');
    bench.vendor(26, '5a5a435200007f80');
    expect(bench.vendor(41, '22'.repeat(12))).toBe('80010000000d00000507002907');
  });

  test('SN_INC_RMA is refused under write protection, in 2048 bytes [CHIP 5.2]', () => {
    const bench = new VendorBench();
    bench.vendor(41, '11'.repeat(12));
    for (const answer of [bench.vendor(42, '01'), bench.vendor(42)]) {
      expect(answer).toHaveLength(2 * 2048);
      expect(answer!.slice(0, 24)).toBe('80010000080000000507002a');
    }
  });

  test('POP_LOG_ENTRY takes a time stamp of four bytes and finds no entry', () => {
    const bench = new VendorBench();
    expect(bench.vendor(28, '00000000')).toBe('80010000000c00000000001c');
    expect(bench.vendor(28)).toBe('80010000000c00000501001c');
    expect(bench.vendor(28, '0000000000000000')).toBe('80010000000c00000501001c');
    expect(bench.vendor(61, '0000000000000000')).toBe('80010000000c0000057f003d');
  });

  test('FLOG_TIMESTAMP counts seconds, from 1 until the host tells them, and forgets them with a restart [EC flash_log]', () => {
    const bench = new VendorBench();
    expect(bench.vendor(47)).toBe('80010000001000000000002f00000001');
    expect(bench.vendor(47, '00bc614e')).toBe('80010000000c00000000002f');
    expect(bench.vendor(47)).toBe('80010000001000000000002f00bc614e');
    bench.pins.clock.advance(seconds(20));
    expect(bench.vendor(47)).toBe('80010000001000000000002f00bc6162');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.vendor(47)).toBe('80010000001000000000002f00000001');
  });

  test('FLOG_TIMESTAMP refuses 0 with error number 5, and any other size [EC flash_log]', () => {
    const bench = new VendorBench();
    expect(bench.vendor(47, '00000000')).toBe('80010000000d00000501002f05');
    expect(bench.vendor(47, '000000')).toBe('80010000000c00000501002f');
  });

  test('SET_FACTORY_CONFIG keeps eight bytes for good, once, and none once the board ID is set [EC factory_config]', () => {
    const bench = new VendorBench();
    expect(bench.vendor(68)).toBe('8001000000140000000000440000000000000000');
    expect(bench.vendor(69, '0123456789abcd')).toBe('80010000000c000005010045');
    expect(bench.vendor(69, '0123456789abcdef')).toBe('80010000000c000000000045');
    expect(bench.vendor(69, '0123456789abcdef')).toBe('80010000000c000000000045');
    expect(bench.vendor(69, '0000000000000001')).toBe('80010000000c000005070045');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.vendor(68)).toBe('8001000000140000000000440123456789abcdef');
    bench.vendor(26, '5a5a435200007f80');
    expect(bench.vendor(69, '0123456789abcdef')).toBe('80010000000c000005070045');
  });

  test('WP tells its flags, and takes 2 and nothing else', () => {
    const bench = new VendorBench();
    expect(bench.vendor(39)).toBe('80010000000d00000000002702');
    expect(bench.vendor(39, '02')).toBe('80010000000d00000000002702');
    expect(bench.vendor(39, '03')).toBe('80010000000c000005010027');
    expect(bench.vendor(39, '0202')).toBe('80010000000c000005010027');
  });

  test('USER_PRES tells whether it is watched for, and is turned on until power goes [EC user_pres]', () => {
    const bench = new VendorBench();
    expect(bench.vendor(60)).toBe('80010000001500000000003c020000000000000000');
    expect(bench.vendor(60, '01')).toBe('80010000000c00000000003c');
    expect(bench.vendor(60)).toBe('80010000001500000000003c010000000000000000');
    bench.vendor(19, '0001');
    bench.reboot();
    expect(bench.vendor(60)).toBe('80010000001500000000003c010000000000000000');
    expect(bench.vendor(60, '04')).toBe('80010000000c00000501003c');
    expect(bench.vendor(60, '0101')).toBe('80010000000c00000501003c');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.vendor(60)).toBe('80010000001500000000003c020000000000000000');
  });

  test('GET_CR50_METRICS has version 1, the cause of the boot, and seconds since boot and since power [EC reset_flags]', () => {
    const bench = new VendorBench();
    bench.pins.clock.advance(seconds(5));
    expect(bench.vendor(73)).toBe(
      '800100000024000000000049' +
        '00000001' +
        '00000008' +
        '00000000' +
        '00000000' +
        '00000005' +
        '00000005',
    );
    bench.pins.chip.setReset(true);
    bench.pins.clock.advance(seconds(60));
    bench.reset();
    expect(bench.vendor(73)?.slice(24, 48)).toBe('00000001' + '00000040' + '00000000');
    expect(Number.parseInt(bench.vendor(73)!.slice(56, 64), 16)).toBe(0);
    expect(Number.parseInt(bench.vendor(73)!.slice(64), 16)).toBe(65);
    bench.vendor(19, '0001');
    bench.reboot();
    expect(bench.vendor(73)?.slice(32, 40)).toBe('00000800');
  });

  test('GET_AP_RO_STATUS takes no payload', () => {
    expect(new VendorBench().vendor(57, '00')).toBe('80010000000c000005010039');
  });

  test('GET_TIME counts microseconds since the firmware started', () => {
    const bench = new VendorBench();
    const at = () => Number.parseInt(bench.vendor(70)!.slice(24), 16);
    const first = at();
    bench.pins.clock.advance(seconds(2));
    const second = at();
    expect(second - first).toBeGreaterThan(2_000_000);
    expect(second - first).toBeLessThan(2_020_000);
  });

  for (const [name, code, answer] of [
    ['GET_REC_BTN', 29, '80010000000d00000000001d00'],
    ['GET_PWR_BTN', 43, '80010000000d00000000002b00'],
    ['GET_BOOT_MODE', 52, '80010000000d00000000003400'],
    ['RESET_EC', 53, '80010000000c000000000035'],
    ['GET_AP_RO_STATUS', 57, '80010000000d00000000003900'],
  ] as const)
    test(`${name} answers ${answer}`, () => {
      expect(new VendorBench().vendor(code)).toBe(answer);
    });

  test('SET_BOARD_ID with type ffffffff keeps the flags, and the type comes later [CHIP 5.2]', () => {
    const bench = new VendorBench();
    expect(bench.vendor(26, 'ffffffff00007f80')).toBe('80010000000d00000000001a00');
    expect(bench.vendor(25)).toBe('800100000018000000000019ffffffffffffffff00007f80');
    expect(bench.vendor(26, '5a5a435200000000')).toBe('80010000000d00000000001a00');
    expect(bench.vendor(25)).toBe('8001000000180000000000195a5a4352a5a5bcad00007f80');
    expect(bench.vendor(26, '5a5a435200000000')).toBe('80010000000d00000507001a07');
  });

  test('SET_BOARD_ID on one that is set is 7 before it is 5 [CHIP 5.2]', () => {
    const bench = new VendorBench({ imageFor: { type: 0x5a5a4352, mask: 0xffffffff, flags: 0 } });
    bench.vendor(26, '5a5a435200000000');
    expect(bench.vendor(26, '4142434400000000')).toBe('80010000000d00000507001a07');
  });

  test('GET_CR50_METRICS with a payload is 0x501 [CHIP 5.2]', () => {
    expect(new VendorBench().vendor(73, '00')?.slice(12, 24)).toBe('000005010049');
  });

  test('SET_BOARD_ID that the running image forbids is refused with 5, and the ID stays blank', () => {
    const bench = new VendorBench({ imageFor: { type: 0x5a5a4352, mask: 0xffffffff, flags: 0 } });
    expect(bench.vendor(26, '4142434400000000')).toBe('80010000000d00000505001a05');
    expect(bench.vendor(25)).toBe('800100000018000000000019ffffffffffffffffffffffff');
    expect(bench.vendor(26, '5a5a435200000000')).toBe('80010000000d00000000001a00');
  });

  test('the board ID outlives power', () => {
    const bench = new VendorBench();
    bench.vendor(26, '5a5a435200007f80');
    bench.pins.chip.setPower(false);
    bench.pins.ready();
    expect(bench.vendor(25)).toBe('8001000000180000000000195a5a4352a5a5bcad00007f80');
  });

  /** Whether the chip slept deeply, by its losing its RAM, when TPM_RST_L was asserted so long after `before`. */
  const sleepsDeeply = (after: Duration, before: (bench: VendorBench) => void): boolean => {
    const bench = new VendorBench();
    before(bench);
    bench.pins.clock.advance(after);
    const { powerCycles } = bench.pins.engine;
    bench.pins.chip.setReset(true);
    bench.pins.clock.advance(seconds(60));
    bench.reset();
    return bench.pins.engine.powerCycles > powerCycles;
  };
  const disable = (bench: VendorBench): void => {
    expect(bench.vendor(59)).toBe('80010000000c00000000003b');
  };

  test('DS_DIS_TEMP keeps the chip out of deep sleep for one assertion of TPM_RST_L, and takes no payload [CHIP 2]', () => {
    expect(sleepsDeeply(ZERO, () => undefined)).toBe(true);
    expect(sleepsDeeply(ZERO, disable)).toBe(false);
    expect(
      sleepsDeeply(ZERO, (bench) => {
        disable(bench);
        bench.reset();
      }),
    ).toBe(true);
    expect(new VendorBench().vendor(59, '00')).toBe('80010000000c00000501003b');
  });

  test('DS_DIS_TEMP is forgotten when the host is not off 10 s later [CHIP 2]', () => {
    // 0.5.4 takes the host for off after 1 s.
    expect(sleepsDeeply(seconds(8), disable)).toBe(false);
    expect(sleepsDeeply(seconds(11), disable)).toBe(true);
  });
});
