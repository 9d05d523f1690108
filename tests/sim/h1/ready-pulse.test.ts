import { expect, test } from '@playwright/test';
import type { Duration } from '../../../src/units/index.ts';
import { instant, ms, seconds, us } from '../../../src/units/index.ts';
import { hex, Pins } from './pins.ts';

const LONG_PULSES = [0x01, 0x00, 0x00, 0x00];

interface Pulse {
  readonly delay: number;
  readonly width: number;
}

/** The pulses of one frame, measured from CS rising. */
function pulsesAfter(pins: Pins, frame: () => void): Pulse[] {
  pins.pulses.length = 0;
  let rise = 0;
  const { chip } = pins;
  const deselect = chip.deselect.bind(chip);
  chip.deselect = () => {
    rise = pins.clock.now();
    deselect();
  };
  frame();
  chip.deselect = deselect;
  return pins.pulses.map(({ at, end }) => ({ delay: at - rise, width: end === undefined ? NaN : end - at }));
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

test.describe('the ready pulse (item 11) [TRACE, EC spp]', () => {
  test('comes once per data frame, 25 to 146 us after CS rises and 6.7 to 12.1 us wide', () => {
    const pins = new Pins().ready();
    const pulses: Pulse[] = [];
    for (let i = 0; i < 200; i++) {
      for (const frame of [
        () => pins.read(0x18, 4),
        () => {
          pins.write(0x18, [0x40]);
        },
        () => {
          pins.write(0x24, [1, 2, 3]);
        },
        () => pins.read(0x24, 3),
        () => {
          pins.write(0x00, [0x02]);
        },
      ]) {
        const seen = pulsesAfter(pins, frame);
        pulses.push(...seen);
      }
    }
    expect(pulses).toHaveLength(1000);
    expect(Math.min(...pulses.map(({ delay }) => delay))).toBeGreaterThanOrEqual(us(25));
    expect(Math.max(...pulses.map(({ delay }) => delay))).toBeLessThanOrEqual(us(146));
    expect(Math.min(...pulses.map(({ width }) => width))).toBeGreaterThanOrEqual(us(6.7));
    expect(Math.max(...pulses.map(({ width }) => width))).toBeLessThanOrEqual(us(12.1));
    expect(median(pulses.map(({ width }) => width)) / us(9.3)).toBeCloseTo(1, 1);
  });

  for (const [kind, captured, frame] of [
    ['a register read', us(42), (pins: Pins) => pins.read(0xf00, 4)],
    [
      'an STS write',
      us(89),
      (pins: Pins) => {
        pins.write(0x18, [0x40]);
      },
    ],
    [
      'a FIFO write',
      us(110),
      (pins: Pins) => {
        pins.write(0x24, [1]);
      },
    ],
    ['a FIFO read', us(34), (pins: Pins) => pins.read(0x24, 1)],
    [
      'an ACCESS write',
      us(61),
      (pins: Pins) => {
        pins.write(0x00, [0x02]);
      },
    ],
  ] as const)
    test(`follows ${kind} after a median of ${captured / 1000} us [TRACE]`, () => {
      const pins = new Pins({ seed: 7 }).ready();
      const delays = Array.from({ length: 500 }, () => pulsesAfter(pins, () => frame(pins))[0]!.delay);
      expect(Math.abs(median(delays) - captured)).toBeLessThan(us(3));
    });

  test('never follows a CS assertion without a clock', () => {
    const pins = new Pins().ready();
    for (const width of [us(1), us(100), ms(1), ms(225)]) pins.pulse(width);
    expect(pins.pulses).toEqual([]);
    expect(pins.chip.counters.emptySelects).toBe(4);
  });

  test('follows a garbled frame and a single byte too', () => {
    const pins = new Pins().ready();
    pins.frame([0xff]);
    pins.frame([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(pins.pulses).toHaveLength(2);
  });
});

test.describe('long pulses, with bit 0 of BOARD_CFG (item 13) [EC int_ap_extension, ORACLE S51]', () => {
  const longPins = (): Pins => {
    const pins = new Pins({ firmware: '0.5.5', timing: { waitBytes: 0, pulseDelay: us(30) } }).ready();
    pins.write(0xfe0, LONG_PULSES);
    return pins;
  };

  test('begin with the frame after the write: the answer to the write is still short', () => {
    const pins = new Pins({ firmware: '0.5.5' }).ready();
    const [short] = pulsesAfter(pins, () => {
      pins.write(0xfe0, LONG_PULSES);
    });
    expect(short!.width).toBeLessThanOrEqual(us(12.1));
    expect(pulsesAfter(pins, () => pins.read(0x00, 1))[0]!.width).toBe(us(100));
  });

  test('last 100 us when the host leaves them alone', () => {
    const pins = longPins();
    expect(pulsesAfter(pins, () => pins.read(0x00, 1))).toEqual([{ delay: us(30), width: us(100) }]);
  });

  test('end at once when CS falls, also for a wake pulse', () => {
    const pins = longPins();
    pins.frame([0x80, 0xd4, 0, 0, 0, 0], us(50));
    expect(pins.chip.readyIsAsserted).toBe(true);
    pins.chip.select();
    expect(pins.chip.readyIsAsserted).toBe(false);
    pins.chip.deselect();
  });

  test('keep 100 us between them: a pulse that comes too early is postponed', () => {
    const pins = longPins();
    pins.frame([0x80, 0xd4, 0, 0, 0, 0], us(50));
    pins.pulses.length = 0;
    pins.frame([0x80, 0xd4, 0, 0, 0, 0], us(40));
    expect(pins.pulses).toEqual([]);
    pins.clock.advance(us(100));
    expect(pins.pulses).toHaveLength(1);
  });

  test('are lost when CS falls before a postponed one began', () => {
    const pins = longPins();
    pins.frame([0x80, 0xd4, 0, 0, 0, 0], us(35));
    pins.pulses.length = 0;
    pins.frame([0x80, 0xd4, 0, 0, 0, 0], us(35));
    pins.pulse(us(1), us(500));
    expect(pins.pulses).toEqual([]);
  });

  test('outlive a TPM reset', () => {
    const pins = longPins();
    pins.chip.setReset(true);
    pins.clock.advance(ms(2));
    pins.chip.setReset(false);
    pins.clock.advance(ms(10));
    expect(pulsesAfter(pins, () => pins.read(0x00, 1))[0]!.width).toBe(us(100));
  });
});

test.describe('the pin while the host is off [CHIP 3]', () => {
  test('is not driven, so that no pulse is seen, and driven again when TPM_RST_L rises', () => {
    const pins = new Pins().ready();
    pins.chip.setReset(true);
    pins.clock.advance(seconds(4));
    pins.read(0x00, 1);
    expect(pins.pulses).toEqual([]);
    pins.chip.setReset(false);
    pins.clock.advance(ms(10));
    pins.read(0x00, 1);
    expect(pins.pulses).toHaveLength(1);
  });

  test('loses a pulse that is under way when power goes', () => {
    const pins = new Pins({ timing: { pulseDelay: us(10), pulseWidth: us(10) } }).ready();
    pins.frame([0x80], us(15));
    expect(pins.chip.readyIsAsserted).toBe(true);
    pins.chip.setPower(false);
    expect(pins.chip.readyIsAsserted).toBe(false);
  });
});

test.describe('a disturbed pulse', () => {
  const disturbed = (pulse: {
    missing?: true;
    delayBy?: Duration;
    width?: Duration;
    againAfter?: Duration;
  }) => {
    const pins = new Pins({ timing: { pulseDelay: us(30), pulseWidth: us(8) } }).ready();
    pins.chip.disturb = () => ({ pulse });
    return pulsesAfter(pins, () => pins.frame([0x80, 0xd4, 0, 0, 0, 0], ms(5)));
  };

  test('is left out', () => {
    expect(disturbed({ missing: true })).toEqual([]);
  });
  test('comes later', () => {
    expect(disturbed({ delayBy: ms(1) })).toEqual([{ delay: us(1030), width: us(8) }]);
  });
  test('has another width', () => {
    expect(disturbed({ width: us(1) })).toEqual([{ delay: us(30), width: us(1) }]);
  });
  test('comes twice', () => {
    expect(disturbed({ againAfter: us(60) })).toEqual([
      { delay: us(30), width: us(8) },
      { delay: us(90), width: us(8) },
    ]);
  });
});

test('firmware numbers the frames it disturbs from the moment the disturbance was set', () => {
  const pins = new Pins().ready();
  const seen: number[] = [];
  const note = (frame: number): undefined => {
    seen.push(frame);
  };
  pins.read(0, 1);
  pins.chip.disturb = note;
  pins.read(0, 1);
  pins.pulse();
  pins.read(0, 1);
  pins.chip.disturb = note;
  pins.read(0, 1);
  expect(seen).toEqual([0, 1, 0]);
});

test('the ready byte may be told too early by a disturbance, and the wait state follows', () => {
  const pins = new Pins({ timing: { waitBytes: 2 } }).ready();
  pins.chip.disturb = () => ({ earlyReady: true });
  expect(hex(pins.frame([0x83, 0xd4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0]))).toBe(
    '00 00 00 01 00 00 01 e0 1a 28 00',
  );
});

test('a header that begins while the chip is busy is lost, and zero poll bytes become a header', () => {
  const pins = new Pins({ timing: { waitBytes: 0, pulseDelay: us(30) } }).ready();
  pins.chip.disturb = (frame) => (frame === 0 ? { busyAfter: us(100) } : undefined);
  pins.read(0xf00, 4);
  pins.clock.advanceTo(instant(pins.clock.now()));
  pins.chip.disturb = (frame) => (frame === 0 ? { busyAfter: us(400) } : undefined);
  pins.frame([0x80, 0xd4, 0, 0, 0, 0], us(200));
  expect(hex(pins.frame([0x83, 0xd4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0], us(300)))).toBe(
    '00 00 00 00 00 00 00 00 01 01 01',
  );
  expect(pins.chip.counters.lostFrames).toBe(1);
  expect(hex(pins.read(0xf00, 4))).toBe('e0 1a 28 00');
});
