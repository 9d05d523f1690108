import { expect, test } from '@playwright/test';
import { instant, ms, us, ZERO } from '../../../src/units/index.ts';
import { hex, Pins } from './pins.ts';

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const ones = (count: number): number[] => new Array<number>(count).fill(1);

/** DID_VID, the one register that never changes. [CHIP 4.1] */
const READ_DID_VID = [0x83, 0xd4, 0x0f, 0x00];

test('header and wait bytes are 00, the ready byte exactly 01 (item 1) [EC spp_tpm, TRACE]', () => {
  const pins = new Pins({ timing: { waitBytes: 3 } }).ready();
  expect(hex(pins.frame([...READ_DID_VID, ...zeros(8)]))).toBe('00 00 00 00 00 00 00 01 e0 1a 28 00');
});

test('ready is never told inside the header of a normal frame, however fast the chip is (item 2) [CHIP 1.3] [TRACE]', () => {
  const pins = new Pins({ timing: { headerLatency: ZERO } }).ready();
  for (const header of [READ_DID_VID, [0x00, 0xd4, 0x00, 0x18], [0x80, 0xd4, 0x00, 0x00]])
    expect(hex(pins.frame([...header, 0, 0]).slice(0, 4))).toBe('00 00 00 00');
});

test.describe('the first frame with data after an interface start (item 3) [EC spp_if_start, TRACE frame 30]', () => {
  const expected = 'ff ff ff ff ff ff 01 e0 1a 28 00';
  const firstFrame = (pins: Pins): string => hex(pins.frame([...READ_DID_VID, ...zeros(7)]));

  test('carries FF instead of 00 after power-on', () => {
    expect(firstFrame(new Pins({ timing: { waitBytes: 2 } }).boot())).toBe(expected);
  });

  test('carries FF instead of 00 after a TPM reset, and only then', () => {
    const pins = new Pins({ timing: { waitBytes: 2 } }).ready();
    pins.chip.setReset(true);
    pins.clock.advance(ms(2));
    pins.chip.setReset(false);
    pins.clock.advance(ms(10));
    expect(firstFrame(pins)).toBe(expected);
    expect(firstFrame(pins)).toBe('00 00 00 00 00 00 01 e0 1a 28 00');
  });

  test('stays first when CS pulses without clocks come before it', () => {
    const pins = new Pins({ timing: { waitBytes: 2 } }).boot();
    pins.pulse();
    expect(firstFrame(pins)).toBe(expected);
  });

  test('is used up by a frame of a single byte', () => {
    const pins = new Pins({ timing: { waitBytes: 2 } }).boot();
    expect(hex(pins.frame([0x83]))).toBe('ff');
    expect(firstFrame(pins)).toBe('00 00 00 00 00 00 01 e0 1a 28 00');
  });

  test('fills a read with FF beyond its length', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).boot();
    expect(hex(pins.frame([...READ_DID_VID, ...zeros(7)]))).toBe('ff ff ff ff 01 e0 1a 28 00 ff ff');
  });
});

test('a stall lasts as many bytes as it is told (item 4) [TRACE]', () => {
  const pins = new Pins().ready();
  pins.chip.disturb = (frame) => ({ waitBytes: frame });
  expect(hex(pins.frame([...READ_DID_VID, ...zeros(5)]))).toBe('00 00 00 00 01 e0 1a 28 00');
  expect(hex(pins.frame([...READ_DID_VID, ...zeros(6)]))).toBe('00 00 00 00 00 01 e0 1a 28 00');
  expect(hex(pins.frame([...READ_DID_VID, ...zeros(7)]))).toBe('00 00 00 00 00 00 01 e0 1a 28 00');
});

test('a stall of 150 ms ends in the right answer (item 4) [CHIP 1.4]', () => {
  const pins = new Pins().ready();
  pins.chip.disturb = () => ({ stallTime: ms(150) });
  const before = pins.clock.now();
  expect(hex(pins.read(0xf00, 4))).toBe('e0 1a 28 00');
  expect(pins.clock.now() - before).toBeGreaterThan(ms(150));
  expect(pins.clock.now() - before).toBeLessThan(ms(151));
});

test.describe('a read stalled for 509 to 1019 bytes (item 4) [CHIP 1.5]', () => {
  /** DID_VID after a number of wait bytes, for the number of bytes clocked since the chip started. */
  const stalled = (waitBytes: number, before: number): number[] => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).boot();
    pins.frame([...READ_DID_VID, ...zeros(before - 4)]);
    pins.chip.disturb = () => ({ waitBytes });
    return pins.frame([...READ_DID_VID, ...zeros(waitBytes + 5)]);
  };
  const answer = [1, 0xe0, 0x1a, 0x28, 0];

  test('gets 01 for ever when all of it lies in the ring', () => {
    for (const waitBytes of [509, 600, 1000])
      expect(stalled(waitBytes, 12).slice(4), `${waitBytes}`).toEqual([...zeros(waitBytes), ...ones(5)]);
  });

  test('is answered when the wrap of the ring splits it', () => {
    for (const before of [600, 1000]) expect(stalled(600, before).slice(-5), `${before}`).toEqual(answer);
  });

  test('is answered up to 508', () => {
    expect(stalled(508, 12).slice(-5)).toEqual(answer);
  });
});

test('a stall without end shows 00 until CS rises, and the next frame is clean (item 4) [CHIP 1.4]', () => {
  const pins = new Pins({ timing: { waitBytes: 1 } }).ready();
  pins.chip.disturb = (frame) => (frame === 0 ? { waitBytes: Infinity } : undefined);
  expect(new Set(pins.frame([...READ_DID_VID, ...zeros(2000)]))).toEqual(new Set([0]));
  expect(hex(pins.frame([...READ_DID_VID, ...zeros(6)]))).toBe('00 00 00 00 00 01 e0 1a 28 00');
});

test('header bit 6 makes no difference (item 5) [EC header_says_to_read]', () => {
  const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
  expect(hex(pins.frame([0xc3, 0xd4, 0x0f, 0x00, ...zeros(5)]))).toBe('00 00 00 00 01 e0 1a 28 00');
  pins.frame([0x40, 0xd4, 0x00, 0x00, 0x00, 0x02]);
  expect(hex(pins.read(0x00, 1))).toBe('a0');
});

test.describe('write data are the last bytes of the frame, taken when CS rises (item 6) [EC process_rx_data]', () => {
  const access = (pins: Pins): string => hex(pins.read(0x00, 1));

  test('whatever stall filler lies before them', () => {
    const pins = new Pins({ timing: { waitBytes: 1 } }).ready();
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0xff, 0xee, 0x20, 0x40, 0x02]);
    expect(access(pins)).toBe('a0');
  });

  test('without any wait byte', () => {
    const pins = new Pins().ready();
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0x02]);
    expect(access(pins)).toBe('a0');
  });

  test('shifted when a byte too many follows', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0x00, 0x02, 0x00]);
    expect(access(pins)).toBe('80');
  });

  test('not before CS has risen and the frame is handled', () => {
    const pins = new Pins({ timing: { waitBytes: 0, pulseDelay: us(50) } }).ready();
    pins.chip.select();
    for (const byte of [0x03, 0xd4, 0x00, 0x24, 0x00, 0x01, 0x02, 0x03, 0x04]) pins.byte(byte);
    pins.clock.advance(ms(10));
    pins.chip.deselect();
    pins.clock.advance(us(49));
    expect(pins.pulses).toEqual([]);
    pins.clock.advance(us(1));
    expect(pins.pulses).toHaveLength(1);
  });

  test('with 00 for what a frame shorter than its data lacks (our choice)', () => {
    const pins = new Pins({ timing: { waitBytes: 0, taskLatency: ZERO, commandTime: ZERO } }).ready();
    pins.write(0x18, [0x40]);
    pins.frame([0x07, 0xd4, 0x00, 0x24]);
    pins.write(0x18, [0x20]);
    pins.clock.advance(ms(1));
    expect(pins.engine.executed.map(hex)).toEqual(['00 00 00 00 07 d4 00 24']);
  });
});

test.describe('reads (item 7) [EC, ORACLE S38, S43]', () => {
  test('consume the FIFO when the header is handled, not when data are clocked out', () => {
    const pins = new Pins({ timing: { waitBytes: 0, taskLatency: ZERO, commandTime: ZERO } }).ready();
    pins.send([0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0]);
    expect(hex(pins.frame([0x83, 0xd4, 0x00, 0x24, 0x00]))).toBe('00 00 00 00 01');
    expect(hex(pins.read(0x24, 2))).toBe('00 0a');
  });

  test('clocked beyond their length carry 00, for 1200 bytes too, and the next frame is clean', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    const miso = pins.frame([...READ_DID_VID, ...zeros(1200)]);
    expect(hex(miso)).toBe(hex([0, 0, 0, 0, 1, 0xe0, 0x1a, 0x28, 0, ...zeros(1195)]));
    expect(hex(pins.frame([...READ_DID_VID, ...zeros(5)]))).toBe('00 00 00 00 01 e0 1a 28 00');
  });

  test('latch the register when the header is handled', () => {
    const pins = new Pins({ timing: { waitBytes: 0, taskLatency: ZERO, commandTime: us(500) } }).ready();
    pins.send([0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0]);
    pins.chip.select();
    for (const byte of [0x80, 0xd4, 0x00, 0x18, 0]) pins.byte(byte);
    pins.clock.advance(ms(2));
    expect(hex([pins.byte(0)])).toBe('c0');
    pins.chip.deselect();
    pins.clock.advance(us(300));
    expect(hex(pins.read(0x18, 1))).toBe('d0');
  });
});

test('writes keep 01 on MISO from the ready byte to the end of the frame (item 7) [EC, TRACE]', () => {
  const pins = new Pins({ timing: { waitBytes: 2 } }).ready();
  expect(hex(pins.frame([0x03, 0xd4, 0x00, 0x24, ...zeros(10)]))).toBe(hex([...zeros(6), ...ones(8)]));
});

test.describe('a write frame (item 8) [EC RXBUF_MAX, ORACLE S54]', () => {
  const frameOf = (size: number): number[] => [0x00, 0xd4, 0x00, 0x00, ...zeros(size - 5), 0x02];

  test('of 512 bytes is taken', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    expect(pins.frame(frameOf(512)).at(-1)).toBe(1);
    expect(hex(pins.read(0x00, 1))).toBe('a0');
  });

  test('of 513 bytes is dropped with MISO still 01, and a pulse follows', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    expect(pins.frame(frameOf(513)).at(-1)).toBe(1);
    expect(pins.pulses).toHaveLength(1);
    expect(hex(pins.read(0x00, 1))).toBe('80');
  });

  test('that stalls for 600 bytes is dropped', () => {
    const pins = new Pins({ timing: { waitBytes: { read: 0, write: 600 } } }).ready();
    pins.write(0x00, [0x02]);
    expect(hex(pins.read(0x00, 1))).toBe('80');
  });
});

test.describe('stale bytes (item 9) [EC tpm_register_get, ORACLE S9, S10]', () => {
  test('answer reads of unknown registers, of other localities and of addresses outside the TPM', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    pins.read(0xf00, 4);
    for (const header of [
      'd4 00 08',
      'd4 00 30',
      'd4 00 19',
      'd4 1f 00',
      'd4 40 18',
      '00 00 00',
      'd5 0f 00',
    ]) {
      const address = header.split(' ').map((byte) => parseInt(byte, 16));
      expect(hex(pins.frame([0x83, ...address, ...zeros(5)])), header).toBe('00 00 00 00 01 e0 1a 28 00');
    }
  });

  test('follow a register that is shorter than the read, and outlive a TPM reset', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    pins.write(0xf90, [0]);
    expect(hex(pins.read(0xf90, 8))).toBe('42 32 2d 43 3a 30 20 52');
    expect(hex(pins.read(0xf00, 8))).toBe('e0 1a 28 00 3a 30 20 52');
    pins.chip.setReset(true);
    pins.clock.advance(ms(2));
    pins.chip.setReset(false);
    pins.clock.advance(ms(10));
    expect(hex(pins.read(0x00, 8))).toBe('80 00 00 00 3a 30 20 52');
  });

  test('are gone after a power cycle', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    pins.read(0xf00, 4);
    pins.chip.setPower(false);
    pins.clock.advance(ms(1));
    pins.chip.setPower(true);
    pins.clock.advance(ms(100));
    expect(hex(pins.read(0x08, 4))).toBe('00 00 00 00');
  });
});

test.describe('a frame that begins before the one before was handled (item 10) [EC spp_cs_deassert_interrupt, ORACLE S45, S46]', () => {
  test('is not answered after a read: 00 all along', () => {
    const pins = new Pins({ timing: { waitBytes: 0, pulseDelay: us(50) } }).ready();
    pins.frame([0x80, 0xd4, 0x00, 0x00, 0, 0], us(20));
    expect(new Set(pins.frame([...READ_DID_VID, ...zeros(8)]))).toEqual(new Set([0]));
    expect(pins.pulses).toHaveLength(1);
    expect(pins.chip.counters.mergedFrames).toBe(1);
    expect(hex(pins.frame([...READ_DID_VID, ...zeros(5)]))).toBe('00 00 00 00 01 e0 1a 28 00');
  });

  test('sees 01 all along after a write, and the earlier write is lost', () => {
    const pins = new Pins({ timing: { waitBytes: 0, pulseDelay: us(50) } }).ready();
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0, 0x02], us(20));
    expect(new Set(pins.frame([...READ_DID_VID, ...zeros(8)]))).toEqual(new Set([1]));
    expect(hex(pins.read(0x00, 1))).toBe('80');
  });

  test('is answered when it begins as late as the ready pulse', () => {
    const pins = new Pins({ timing: { waitBytes: 0, pulseDelay: us(50) } }).ready();
    pins.frame([0x00, 0xd4, 0x00, 0x00, 0, 0x02], us(50));
    expect(hex(pins.frame([0x80, 0xd4, 0x00, 0x00, 0, 0]))).toBe('00 00 00 00 01 a0');
    expect(pins.chip.counters.mergedFrames).toBe(0);
  });

  test('garbles the header when the one before had fewer than four bytes', () => {
    const pins = new Pins({ timing: { waitBytes: 0, pulseDelay: us(50) } }).ready();
    pins.frame([0x80, 0xd4], us(20));
    // 80 d4 83 d4: a read of one byte at d483d4, which is no register.
    pins.frame([...READ_DID_VID, ...zeros(5)]);
    expect(pins.chip.counters.mergedFrames).toBe(1);
  });

  test('is untouched by a wake pulse just before it', () => {
    const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
    pins.pulse(us(1), us(1));
    expect(hex(pins.frame([...READ_DID_VID, ...zeros(5)]))).toBe('00 00 00 00 01 e0 1a 28 00');
  });
});

test('a frame of fewer than four bytes does nothing but a pulse [CHIP 1.5, ORACLE S37]', () => {
  const pins = new Pins().ready();
  for (const header of [[0x83], [0x83, 0xd4], [0x83, 0xd4, 0x0f]]) {
    pins.pulses.length = 0;
    expect(pins.frame(header)).toEqual(zeros(header.length));
    expect(pins.pulses).toHaveLength(1);
  }
});

test('the header is handled at its moment even while no byte is clocked [CHIP 1.3]', () => {
  const pins = new Pins({ timing: { headerLatency: us(40) } }).ready();
  pins.chip.select();
  for (const byte of READ_DID_VID) pins.byte(byte);
  const end = pins.clock.now();
  pins.clock.advanceTo(instant(end + 39_999));
  expect(pins.byte(0)).toBe(0);
  expect(pins.byte(0)).toBe(1);
});

test('every size from 1 to 64 works for reading and for writing [CHIP 1.5]', () => {
  const pins = new Pins({ timing: { waitBytes: 1, taskLatency: ZERO, commandTime: ZERO } }).ready();
  const text = pins.chip.firmwareVersion;
  for (let size = 1; size <= 64; size++) {
    pins.write(0xf90, [0x32]);
    expect(String.fromCharCode(...pins.read(0xf90, size)), `${size} bytes`).toBe(text.slice(0, size));
    const data = Array.from({ length: size }, (_, i) => i + size);
    pins.write(0x18, [0x40]);
    pins.write(0x24, data);
    pins.write(0x18, [0x20]);
    expect(pins.engine.executed.at(-1), `${size} bytes`).toEqual(data);
    pins.write(0x18, [0x40]);
  }
});

test.describe('at any clock up to 2 MHz (item 30) [DOC]', () => {
  for (const [name, byteTime] of [
    ['2 MHz', us(4)],
    ['1 MHz', us(8)],
    ['300 kHz', us(26.667)],
    ['10 kHz', us(800)],
  ] as const)
    test(`frames are answered and written rightly at ${name}`, () => {
      const pins = new Pins({ byteTime }).ready();
      pins.write(0x00, [0x02]);
      expect(hex(pins.read(0x00, 1))).toBe('a0');
      expect(hex(pins.read(0xf00, 4))).toBe('e0 1a 28 00');
    });
});

test('CS that falls while it is low changes nothing: it is one frame', () => {
  const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
  const { frames } = pins.chip.counters;
  pins.chip.select();
  const miso = [0x83, 0xd4, 0x0f, 0x00, 0, 0, 0, 0, 0].map((byte) => pins.byte(byte));
  pins.chip.select();
  pins.chip.deselect();
  pins.clock.advance(ms(1));
  expect(hex(miso)).toBe('00 00 00 00 01 e0 1a 28 00');
  expect(pins.pulses).toHaveLength(1);
  expect(pins.chip.counters).toMatchObject({ frames: frames + 1, emptySelects: 0 });
});

test('without CS nothing is taken in and MISO is 00', () => {
  const pins = new Pins({ timing: { waitBytes: 0 } }).ready();
  const before = pins.chip.counters;
  expect([0x00, 0xd4, 0x00, 0x00, 0x02].map((byte) => pins.byte(byte))).toEqual(zeros(5));
  pins.clock.advance(ms(1));
  expect(pins.chip.counters).toEqual(before);
});
