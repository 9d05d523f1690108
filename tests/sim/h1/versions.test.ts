import { expect, test } from '@playwright/test';
import {
  BadFirmwareVersion,
  H1,
  parseVersion,
  UnknownFirmwareVersion,
  VirtualClock,
} from '../../../src/sim/index.ts';
import { isBefore, traitsOf } from '../../../src/sim/h1/versions.ts';
import { ms, us } from '../../../src/units/index.ts';
import { hex, Pins, StubEngine } from './pins.ts';

const READ_DID_VID = [0x83, 0xd4, 0x0f, 0x00];

test('a version is epoch, major and minor; anything else is refused with an example', () => {
  expect(parseVersion('0.5.280')).toEqual({ text: '0.5.280', epoch: 0, major: 5, minor: 280 });
  for (const text of ['', '0.5', '0.5.x', 'v0.5.4', '0.5.4.1'])
    expect(() => parseVersion(text), text).toThrow(BadFirmwareVersion);
  const make = (): H1 =>
    new H1(new VirtualClock(), { seed: 1, engine: new StubEngine(), firmware: 'latest' });
  expect(make).toThrow('"latest" is no Cr50 firmware version');
});

test('odd and even majors of a pair are the same code [CHIP 0]', () => {
  expect(isBefore(parseVersion('0.5.4'), '0.6.5')).toBe(true);
  expect(isBefore(parseVersion('0.6.5'), '0.5.5')).toBe(false);
  expect(isBefore(parseVersion('0.4.99'), '0.5.0')).toBe(true);
  expect(isBefore(parseVersion('1.1.0'), '0.5.0')).toBe(false);
  expect(traitsOf(parseVersion('0.4.25'))).toEqual(traitsOf(parseVersion('0.3.25')));
});

test('the newest tree has no old defect', () => {
  expect(traitsOf(parseVersion('0.6.280'))).toMatchObject({
    pulses: 'after-data',
    hasShortPulses: false,
    pulsesTooEarly: false,
    saysReadyInHeader: false,
    lateEdgeKillsFrame: false,
    takesWriteDataAtOnce: false,
    hasBoardCfg: true,
    takesVendorBit: false,
  });
});

test.describe('ready pulses by version (item 12) [EC-git 569b5e8f0f, 2c0b6b7d3d, 2367420fd6]', () => {
  const pulses = (firmware: string): { data: number; empty: number } => {
    const pins = new Pins({ firmware }).ready();
    pins.read(0x00, 1);
    const data = pins.pulses.length;
    pins.pulse();
    return { data, empty: pins.pulses.length - data };
  };

  test('none before 0.0.17, also for empty CS pulses in 0.0.17, only after data from 0.0.18 on', () => {
    expect(pulses('0.0.16')).toEqual({ data: 0, empty: 0 });
    expect(pulses('0.0.17')).toEqual({ data: 1, empty: 1 });
    expect(pulses('0.0.18')).toEqual({ data: 1, empty: 0 });
  });

  test('are 4 to 5 us wide before 0.4.25 and 6.7 to 12.1 us from then on', () => {
    const width = (firmware: string): number => {
      const pins = new Pins({ firmware }).ready();
      pins.read(0x00, 1);
      const [pulse] = pins.pulses;
      return pulse!.end! - pulse!.at;
    };
    for (const old of ['0.3.24', '0.4.24', '0.0.18']) {
      expect(width(old), old).toBeGreaterThanOrEqual(us(4));
      expect(width(old), old).toBeLessThan(us(5));
    }
    expect(width('0.4.25')).toBeGreaterThanOrEqual(us(6.7));
  });
});

test.describe('before 0.5.3, where the pulse comes before the frame is handled, a frame has one pulse [EC-git 7e1672d906]', () => {
  const read = [...READ_DID_VID, 0, 0, 0, 0, 0];
  const early = (): Pins =>
    new Pins({ firmware: '0.4.18', timing: { waitBytes: 0, pulseDelay: us(40), pulseWidth: us(4) } }).ready();

  test('also when CS is pulsed between the pulse and the end of handling', () => {
    const pins = early();
    pins.frame(read, us(42));
    pins.pulse(us(10), ms(1));
    expect(pins.pulses).toHaveLength(1);
  });

  test('also when CS is pulsed before the pulse: it comes after that', () => {
    const pins = early();
    pins.frame(read, us(38));
    pins.pulse(us(10));
    expect(pins.pulses).toHaveLength(1);
    expect(hex(pins.frame(read))).toBe('00 00 00 00 01 e0 1a 28 00');
  });
});

test('the last header byte says ready too early on the oldest versions [CHIP 7] [BUGS K-54]', () => {
  const header = (firmware: string): string =>
    hex(new Pins({ firmware, timing: { waitBytes: 2 } }).ready().frame([...READ_DID_VID, 0, 0, 0, 0]));
  expect(header('0.0.16')).toBe('00 00 00 01 00 00 01 e0');
  expect(header('0.0.26')).toBe('00 00 00 00 00 00 01 e0');
});

test.describe('a wake pulse that is handled late [EC-git 753247a659]', () => {
  const answer = (firmware: string): string => {
    const pins = new Pins({ firmware, timing: { waitBytes: 2, pulseDelay: us(25) } }).ready();
    pins.pulse(us(1), us(10));
    return hex(pins.frame([...READ_DID_VID, ...new Array<number>(8).fill(0)]));
  };

  test('kills the frame that has begun meanwhile before 0.0.26', () => {
    // Handled after two bytes; the next four, 0f 00 00 00, are the header of a write.
    expect(answer('0.0.25')).toBe('00 00 00 00 00 00 00 00 01 01 01 01');
  });

  test('leaves it alone from 0.0.26 on', () => {
    expect(answer('0.0.26')).toBe('00 00 00 00 00 00 01 e0 1a 28 00 00');
  });
});

test.describe('write data before 0.{3,4}.11 (item 30) [CHIP 7]', () => {
  const timing = { waitBytes: 0 };
  /** ACCESS after a write frame of these bytes behind the header and the ready byte. */
  const access = (firmware: string, data: readonly number[], byteTime = us(8)): string => {
    const pins = new Pins({ firmware, byteTime, timing }).ready();
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0x00, ...data]);
    return hex(pins.read(0x00, 1));
  };

  test('begin right behind the ready byte, at any clock', () => {
    for (const byteTime of [us(4), us(26.667)]) expect(access('0.3.10', [0x02], byteTime)).toBe('a0');
  });

  test('are not shifted by an over-long write; from 0.4.11 on they are', () => {
    expect(access('0.3.10', [0x02, 0x00])).toBe('a0');
    expect(access('0.4.11', [0x02, 0x00])).toBe('80');
  });

  test('are dropped when they are short; from 0.4.11 on header bytes stand in for them', () => {
    const written = (firmware: string): string => {
      const pins = new Pins({ firmware, timing }).ready();
      pins.write(0x18, [0x40]);
      pins.frame([0x00, 0xd4, 0x00, 0x24]);
      return hex(pins.read(0x18, 1));
    };
    expect(written('0.3.10')).toBe('c0');
    expect(written('0.4.11')).toBe('c8');
  });

  test('act before CS rises', () => {
    const executed = (firmware: string): number => {
      const pins = new Pins({ firmware, timing }).ready();
      pins.write(0x18, [0x40]);
      pins.write(0x24, [0x80, 0x01, 0, 0, 0, 0x0a, 0, 0, 0x01, 0x81]);
      pins.chip.select();
      for (const byte of [0x00, 0xd4, 0x00, 0x18, 0x00, 0x20]) pins.byte(byte);
      pins.clock.advance(ms(100));
      return pins.engine.executed.length;
    };
    expect(executed('0.3.10')).toBe(1);
    expect(executed('0.4.11')).toBe(0);
  });
});

test('TPM_RST_L is debounced in some releases and not in others [CHIP 6]', () => {
  const debounces = (text: string): boolean => traitsOf(parseVersion(text)).debouncesReset;
  for (const text of ['0.3.23', '0.4.28', '0.5.1', '0.5.4', '0.6.7', '0.5.30', '0.5.280'])
    expect(debounces(text), text).toBe(true);
  for (const text of ['0.3.21', '0.3.9', '0.5.8', '0.6.10']) expect(debounces(text), text).toBe(false);
});

test('the TPM library of a release has its command set, and PCR 0 its rule [CHIP 5.5]', () => {
  const library = (text: string) => traitsOf(parseVersion(text)).library;
  expect(library('0.5.4').commands.size).toBe(92);
  expect(library('0.5.280').commands.size).toBe(63);
  expect(library('0.5.199').extendsPcr0Once).toBe(false);
  expect(library('0.6.200').extendsPcr0Once).toBe(true);
});

test.describe('a version that no source tells of', () => {
  test('is refused with the nearest known ones and the word that opens it', () => {
    const make = () => new Pins({ firmware: '0.5.281' });
    expect(make).toThrow(UnknownFirmwareVersion);
    expect(make).toThrow(/0\.5\.281.*0\.5\.280.*unknownVersion: allow/);
    expect(() => new Pins({ firmware: '0.4.40' })).toThrow(/0\.3\.28, 0\.5\.1/);
    expect(() => new Pins({ firmware: '0.0.0' })).toThrow(/0\.0\.1/);
  });

  test('opens with that word and says what it behaves like', () => {
    const { chip } = new Pins({ firmware: '0.4.40', unknownVersion: 'allow' });
    expect(chip.description).toBe('simulated H1, Cr50 0.4.40 (unknown version, behaves like 0.3.28)');
  });

  test('every release from 0.3.9 to 0.5.280 opens', () => {
    for (const firmware of [
      '0.3.9',
      '0.4.11',
      '0.3.28',
      '0.5.1',
      '0.6.9',
      '0.5.10',
      '0.5.30',
      '0.5.240',
      '0.5.280',
    ])
      expect(new Pins({ firmware }).ready().read(0xf00, 4), firmware).toEqual([0xe0, 0x1a, 0x28, 0x00]);
  });
});

test.describe('a ready pulse that comes before the chip is ready [EC-git 7e1672d906]', () => {
  /** A read that begins 2 us after the ready pulse of a write. */
  const answer = (firmware: string): string => {
    const timing = { waitBytes: 0, pulseDelay: us(40) };
    const pins = new Pins({ firmware, timing, gap: us(42) }).ready();
    pins.clock.advance(ms(1));
    pins.pulses.length = 0;
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0x00, 0x02]);
    if (pins.pulses.length !== 1) throw new Error('No pulse came after 40 us.');
    const merged = hex(pins.frame([0x80, 0xd4, 0x00, 0x00, 0x00, 0x00]));
    pins.clock.advance(ms(1));
    return `${merged}, then ${hex(pins.frame([0x80, 0xd4, 0x00, 0x00, 0x00, 0x00]))}`;
  };

  test('loses the frame that follows at once before 0.5.3', () => {
    expect(answer('0.5.2')).toBe('01 01 01 01 01 01, then 00 00 00 00 01 80');
  });

  test('loses nothing from 0.5.3 on', () => {
    expect(answer('0.5.3')).toBe('00 00 00 00 01 a0, then 00 00 00 00 01 a0');
  });

  test('is still one pulse a frame', () => {
    const pins = new Pins({ firmware: '0.5.2' }).ready();
    for (let i = 0; i < 20; i++) pins.read(0x00, 1);
    expect(pins.pulses).toHaveLength(20);
  });
});

test('any code with bit 29 is a vendor command before 0.4.25, only 20000000 and baccd00a later [EC-git f6eac964c6]', () => {
  const handledByVendor = (firmware: string, code: readonly number[]): boolean => {
    const pins = new Pins({ firmware }).ready();
    pins.send([0x80, 0x01, 0, 0, 0, 0x0c, ...code, 0, 0]);
    pins.clock.advance(ms(50));
    return pins.engine.executed.length === 0;
  };
  expect(handledByVendor('0.4.24', [0x20, 0, 0, 1])).toBe(true);
  expect(handledByVendor('0.4.25', [0x20, 0, 0, 1])).toBe(false);
  expect(handledByVendor('0.4.25', [0x20, 0, 0, 0])).toBe(true);
  expect(handledByVendor('0.4.25', [0xba, 0xcc, 0xd0, 0x0a])).toBe(true);
  expect(handledByVendor('0.4.24', [0, 0, 0x01, 0x44])).toBe(false);
});
