import { expect, test } from '@playwright/test';
import type { Duration } from '../../../src/units/index.ts';
import { ms, ns, seconds, us, ZERO } from '../../../src/units/index.ts';
import type { PinsOptions } from './pins.ts';
import { hex, Pins } from './pins.ts';

const READ_DID_VID = [0x83, 0xd4, 0x0f, 0x00, 0, 0, 0, 0, 0, 0];
const ANSWER = '00 00 00 00 00 01 e0 1a 28 00';

/** A chip that has been up for longer than the 20 s after boot. */
const settled = (options: PinsOptions = {}): Pins => {
  const pins = new Pins({ ...options, timing: { waitBytes: 1, wakeLatency: us(100), ...options.timing } });
  pins.ready().clock.advance(seconds(21));
  pins.pulse(ms(1));
  pins.clock.advance(seconds(6));
  pins.pulse(ms(1));
  pins.read(0xf00, 4);
  return pins;
};

const asleepAfter = (pins: Pins, duration: Duration): boolean => {
  pins.clock.advance(duration);
  return pins.chip.isAsleep;
};

test.describe('normal sleep (item 20) [EC idle.c, board.c]', () => {
  test('is not entered in the 20 s after boot', () => {
    const pins = new Pins({ timing: { bootTime: ms(70), resetTime: ms(3) } }).ready();
    const sinceBoot = pins.clock.now() - ms(70);
    expect(asleepAfter(pins, ns(seconds(20) - sinceBoot - 1))).toBe(false);
    expect(asleepAfter(pins, ns(1))).toBe(true);
  });

  test('comes 1 s after the last frame was handled', () => {
    const pins = settled({ timing: { pulseDelay: us(40) } });
    pins.clock.advance(seconds(6));
    pins.pulse(ms(1));
    pins.clock.advance(seconds(4.9));
    pins.frame(READ_DID_VID, us(40));
    expect(asleepAfter(pins, ns(seconds(1) - 1))).toBe(false);
    expect(asleepAfter(pins, ns(1))).toBe(true);
  });

  test('does not come for 5 s after CS woke the chip', () => {
    const pins = settled();
    pins.clock.advance(seconds(10));
    expect(pins.chip.isAsleep).toBe(true);
    pins.chip.select();
    expect(asleepAfter(pins, ns(seconds(5) - 1))).toBe(false);
    expect(asleepAfter(pins, ns(1))).toBe(true);
  });

  test('is not put off by a wake pulse that finds the chip awake', () => {
    const pins = settled();
    pins.clock.advance(seconds(6));
    pins.pulse(ms(1));
    pins.clock.advance(seconds(4));
    pins.pulse(ms(1));
    expect(asleepAfter(pins, seconds(1))).toBe(true);
  });

  test('does not come while a frame is open', () => {
    const pins = settled();
    pins.chip.select();
    pins.byte(0x83);
    expect(asleepAfter(pins, seconds(60))).toBe(false);
    pins.chip.deselect();
    expect(asleepAfter(pins, seconds(6))).toBe(true);
  });

  test('does not come while a command runs', () => {
    const pins = settled({ timing: { commandTime: seconds(30) } });
    pins.send([0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0]);
    expect(asleepAfter(pins, seconds(29))).toBe(false);
    expect(asleepAfter(pins, seconds(2))).toBe(true);
  });

  test('loses no state: a response can be read after it', () => {
    const pins = settled();
    pins.send([0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0]);
    expect(asleepAfter(pins, seconds(10))).toBe(true);
    pins.pulse(ms(1), ms(1));
    expect(hex(pins.read(0x24, 10))).toBe('80 01 00 00 00 0a 00 00 00 00');
  });

  test('is counted', () => {
    const pins = settled();
    const before = pins.chip.counters.sleeps;
    for (let i = 0; i < 3; i++) {
      pins.clock.advance(seconds(10));
      pins.pulse(ms(1));
    }
    expect(pins.chip.counters.sleeps - before).toBe(3);
  });
});

test.describe('waking on CS falling (item 20) [EC board.c, EC-git 9406cf384a]', () => {
  test('takes at most 150 us, whatever the seed', () => {
    for (let seed = 0; seed < 50; seed++) {
      const pins = new Pins({ seed, timing: { waitBytes: 1 } }).ready();
      pins.clock.advance(seconds(30));
      pins.pulse(us(1), us(149));
      expect(hex(pins.frame(READ_DID_VID)), `seed ${seed}`).toBe(ANSWER);
    }
  });

  test('lets a host through that waits 100 us after a pulse of 1 us, as coreboot does [CHIP 2]', () => {
    for (let seed = 0; seed < 50; seed++) {
      const pins = new Pins({ seed, timing: { waitBytes: 1 } }).ready();
      pins.clock.advance(seconds(30));
      pins.pulse(us(1), us(100));
      expect(hex(pins.frame(READ_DID_VID)), `seed ${seed}`).toBe(ANSWER);
    }
  });

  test('a frame without a wake pulse loses its header, and its poll bytes read 01', () => {
    const pins = settled();
    pins.clock.advance(seconds(10));
    const before = pins.chip.counters.lostFrames;
    // 100 us are 12.5 bytes: 13 are lost, then 00 00 00 00 is a header that writes one byte to address 0.
    const miso = pins.frame([...READ_DID_VID.slice(0, 4), ...new Array<number>(16).fill(0)]);
    expect(hex(miso)).toBe(hex([...new Array<number>(18).fill(0), 1, 1]));
    expect(pins.chip.counters.lostFrames - before).toBe(1);
    expect(hex(pins.frame(READ_DID_VID))).toBe(ANSWER);
  });

  test('a frame that ends before the chip is awake leaves no trace and no pulse', () => {
    const pins = settled();
    pins.clock.advance(seconds(10));
    pins.pulses.length = 0;
    expect(hex(pins.frame([0x83, 0xd4, 0x0f, 0x00, 0, 0]))).toBe('00 00 00 00 00 00');
    expect(pins.pulses).toEqual([]);
    expect(hex(pins.frame(READ_DID_VID))).toBe(ANSWER);
  });

  test('a frame clocked long after its CS fell finds the chip asleep again and is lost', () => {
    const pins = settled();
    pins.clock.advance(seconds(10));
    pins.chip.select();
    pins.clock.advance(seconds(10));
    expect(READ_DID_VID.map((byte) => pins.byte(byte))).toEqual(new Array<number>(10).fill(0));
    pins.chip.deselect();
  });
});

test.describe('sleep that a fault changes', () => {
  test('comes as early as told, and again as long after a wake', () => {
    const pins = new Pins({ timing: { waitBytes: 1 } }).ready();
    pins.chip.overrides = { sleepAfter: ms(500) };
    pins.read(0xf00, 4);
    expect(asleepAfter(pins, ms(499))).toBe(false);
    expect(asleepAfter(pins, ms(1))).toBe(true);
    pins.pulse(ms(1), ms(1));
    expect(pins.chip.isAsleep).toBe(false);
    expect(hex(pins.frame(READ_DID_VID))).toBe(ANSWER);
    expect(asleepAfter(pins, ms(500))).toBe(true);
  });

  test('ends as slowly as told', () => {
    const pins = settled();
    pins.clock.advance(seconds(10));
    pins.chip.overrides = { wakeLatency: ms(5) };
    pins.pulse(ms(1), ms(2));
    expect(hex(pins.frame(READ_DID_VID))).toBe('00 00 00 00 00 00 00 00 00 00');
    pins.clock.advance(ms(3));
    expect(hex(pins.frame(READ_DID_VID))).toBe(ANSWER);
  });
});

test.describe('deep sleep (item 21) [EC ap_state.c, board.c]', () => {
  const HOST_OFF = { firmware: '0.5.280' };

  const deepAsleep = (options: PinsOptions = HOST_OFF): Pins => {
    const pins = settled(options);
    pins.clock.advance(seconds(10));
    pins.chip.setReset(true);
    pins.clock.advance(seconds(20));
    return pins;
  };

  test('comes 3 s after TPM_RST_L falls, and 5 s when the fall woke the chip', () => {
    const awake = settled({ ...HOST_OFF, timing: { pulseDelay: us(40) } });
    awake.clock.advance(seconds(6));
    awake.pulse(ms(1));
    awake.clock.advance(seconds(4));
    awake.chip.setReset(true);
    expect(asleepAfter(awake, ns(seconds(3) - 1))).toBe(false);
    expect(asleepAfter(awake, ns(1))).toBe(true);

    const sleeping = settled(HOST_OFF);
    sleeping.clock.advance(seconds(10));
    sleeping.chip.setReset(true);
    expect(asleepAfter(sleeping, seconds(4.9))).toBe(false);
    expect(asleepAfter(sleeping, seconds(0.1))).toBe(true);
  });

  test('comes 1 s after TPM_RST_L falls before 0.5.240', () => {
    const pins = settled({ firmware: '0.6.239' });
    pins.clock.advance(seconds(6));
    pins.pulse(ms(1));
    pins.clock.advance(seconds(4.5));
    pins.chip.setReset(true);
    expect(asleepAfter(pins, ns(seconds(1) - 1))).toBe(false);
    expect(asleepAfter(pins, ns(1))).toBe(true);
  });

  test('does not hear CS', () => {
    const pins = deepAsleep();
    pins.pulse(ms(1), ms(10));
    expect(pins.chip.isAsleep).toBe(true);
    expect(new Set(pins.frame([...READ_DID_VID, ...new Array<number>(500).fill(0)]))).toEqual(new Set([0]));
    expect(pins.chip.isAsleep).toBe(true);
  });

  test('ends when TPM_RST_L rises: the firmware boots, and the TPM starts from scratch', () => {
    const pins = deepAsleep();
    const { powerCycles } = pins.engine;
    pins.chip.setReset(false);
    expect(pins.chip.isAsleep).toBe(false);
    pins.clock.advance(ms(100));
    expect(pins.engine.powerCycles - powerCycles).toBe(1);
    expect(hex(pins.frame(READ_DID_VID))).toBe('ff ff ff ff ff 01 e0 1a 28 00');
  });

  test('keeps BOARD_CFG and drops what lies in RAM', () => {
    const pins = settled(HOST_OFF);
    pins.write(0xfe0, [0x02]);
    pins.send([0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0]);
    pins.clock.advance(seconds(10));
    pins.chip.setReset(true);
    pins.clock.advance(seconds(20));
    pins.chip.setReset(false);
    pins.clock.advance(ms(100));
    pins.frame([0]);
    expect(hex(pins.read(0x18, 4))).toBe('80 3f 00 04');
    expect(hex(pins.read(0xfe0, 4))).toBe('02 00 00 80');
  });

  test('is not entered when TPM_RST_L rises in time', () => {
    const pins = settled(HOST_OFF);
    const { powerCycles } = pins.engine;
    pins.chip.setReset(true);
    pins.clock.advance(seconds(2.9));
    pins.chip.setReset(false);
    pins.clock.advance(ms(100));
    expect(pins.engine.powerCycles).toBe(powerCycles);
    expect(pins.engine.resets).toBe(1);
  });
});

test('a chip that idles for a million seconds rings nothing', () => {
  const pins = settled();
  pins.clock.advance(seconds(1_000_000));
  expect(pins.chip.isAsleep).toBe(true);
  expect(pins.clock.advanceUntil(() => false, pins.clock.now())).toBe(false);
  pins.pulse(ms(1), ZERO);
  expect(hex(pins.frame(READ_DID_VID))).toBe(ANSWER);
});
