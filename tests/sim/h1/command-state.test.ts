import { expect, test } from '@playwright/test';
import { ms, seconds, us, ZERO } from '../../../src/units/index.ts';
import type { PinsOptions } from './pins.ts';
import { hex, Pins } from './pins.ts';

// Startup(CLEAR), as on the wire. [CHIP 10.2, frame 42]
const STARTUP = [0x80, 0x01, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x44, 0x00, 0x00];
const SUCCESS = '80 01 00 00 00 0a 00 00 00 00';

const COMMAND_READY = 0x40;
const TPM_GO = 0x20;
const RESPONSE_RETRY = 0x02;

const pinsWith = (commandTime = ZERO, options: PinsOptions = {}): Pins =>
  new Pins({ ...options, timing: { waitBytes: 0, taskLatency: ZERO, commandTime } }).ready();

const sts = (pins: Pins): string => hex(pins.read(0x18, 4));
const writeSts = (pins: Pins, value: number): void => {
  pins.write(0x18, [value]);
};

const completed = (size = 10, options: PinsOptions = {}): Pins => {
  const pins = pinsWith(ZERO, options);
  pins.engine.size = size;
  pins.send(STARTUP);
  return pins;
};

test.describe('STS through a command (item 15) [EC tpm_registers, TRACE, ORACLE S16 to S33]', () => {
  test('goes 80, C0, C8 while bytes are expected, C0, C0 while executing, D0, 80', () => {
    const pins = pinsWith(ms(5));
    expect(sts(pins)).toBe('80 3f 00 04');
    writeSts(pins, COMMAND_READY);
    expect(sts(pins)).toBe('c0 3f 00 04');
    pins.write(0x24, STARTUP.slice(0, 11));
    expect(sts(pins)).toBe('c8 3f 00 04');
    pins.write(0x24, STARTUP.slice(11));
    expect(sts(pins)).toBe('c0 3f 00 04');
    writeSts(pins, TPM_GO);
    expect(sts(pins)).toBe('c0 3f 00 04');
    pins.clock.advance(ms(5));
    expect(sts(pins)).toBe('d0 0a 00 04');
    expect(hex(pins.read(0x24, 10))).toBe(SUCCESS);
    expect(sts(pins)).toBe('80 3f 00 04');
  });

  test('needs two commandReady writes after a response, the first to idle and the second to ready', () => {
    const pins = completed();
    writeSts(pins, COMMAND_READY);
    expect(sts(pins)).toBe('80 3f 00 04');
    writeSts(pins, COMMAND_READY);
    expect(sts(pins)).toBe('c0 3f 00 04');
  });

  test('tells 63 as burst count in reception and what is left, at most 63, in completion', () => {
    const pins = completed(130);
    expect(sts(pins)).toBe('d0 3f 00 04');
    pins.read(0x24, 64);
    expect(sts(pins)).toBe('d0 3f 00 04');
    pins.read(0x24, 4);
    expect(sts(pins)).toBe('d0 3e 00 04');
    pins.read(0x24, 61);
    expect(sts(pins)).toBe('d0 01 00 04');
    pins.read(0x24, 1);
    expect(sts(pins)).toBe('80 3f 00 04');
  });

  test('expects more until six bytes tell the size, and takes more bytes than the size field says', () => {
    const pins = pinsWith();
    writeSts(pins, COMMAND_READY);
    for (const byte of STARTUP.slice(0, 5)) {
      pins.write(0x24, [byte]);
      expect(sts(pins)).toBe('c8 3f 00 04');
    }
    pins.write(0x24, [...STARTUP.slice(5), 0xaa]);
    expect(sts(pins)).toBe('c0 3f 00 04');
    writeSts(pins, TPM_GO);
    expect(pins.engine.executed.map(hex)).toEqual([hex([...STARTUP, 0xaa])]);
  });

  test('ignores writes that set no bit, several bits or an unknown one', () => {
    const pins = pinsWith();
    for (const data of [[0x00], [0x60], [0x80], [0x10], [0x01], [0x40, 0x40], [0x40, 0, 0, 1], [0, 0x40]]) {
      pins.write(0x18, data);
      expect(sts(pins), hex(data)).toBe('80 3f 00 04');
    }
    pins.write(0x18, [0x40, 0, 0, 0, 0xff]);
    expect(sts(pins)).toBe('c0 3f 00 04');
  });

  test('answers after commandReady was read away: reading the FIFO in ready shows 80, and a command still goes', () => {
    const pins = pinsWith();
    writeSts(pins, COMMAND_READY);
    pins.read(0x24, 4);
    expect(sts(pins)).toBe('80 3f 00 04');
    pins.write(0x24, STARTUP);
    writeSts(pins, TPM_GO);
    expect(sts(pins)).toBe('90 0a 00 04');
  });

  test('lets the host read its own command back in reception', () => {
    const pins = pinsWith();
    writeSts(pins, COMMAND_READY);
    pins.write(0x24, STARTUP);
    expect(hex(pins.read(0x24, 4))).toBe('80 01 00 00');
    expect(sts(pins)).toBe('c0 08 00 04');
  });

  test('responseRetry rewinds the response, while dataAvail and burst wait for the next FIFO read', () => {
    const pins = completed();
    pins.read(0x24, 10);
    writeSts(pins, RESPONSE_RETRY);
    expect(sts(pins)).toBe('80 3f 00 04');
    expect(hex(pins.read(0x24, 4))).toBe('80 01 00 00');
    expect(sts(pins)).toBe('80 06 00 04');
  });

  test('tpmGo in idle and ready is ignored', () => {
    const pins = pinsWith();
    writeSts(pins, TPM_GO);
    writeSts(pins, COMMAND_READY);
    writeSts(pins, TPM_GO);
    pins.clock.advance(seconds(1));
    expect(pins.engine.executed).toEqual([]);
    expect(sts(pins)).toBe('c0 3f 00 04');
  });
});

test.describe('no locality is needed, and its release forces idle (item 16) [EC access_reg_write, ORACLE S19, S31]', () => {
  test('a command runs while ACCESS reads 80', () => {
    const pins = completed();
    expect(hex(pins.read(0x00, 1))).toBe('80');
    expect(hex(pins.read(0x24, 10))).toBe(SUCCESS);
  });

  const IN_STATE: readonly (readonly [string, (pins: Pins) => void])[] = [
    [
      'ready',
      (pins) => {
        writeSts(pins, COMMAND_READY);
      },
    ],
    [
      'reception',
      (pins) => {
        writeSts(pins, COMMAND_READY);
        pins.write(0x24, STARTUP);
      },
    ],
    [
      'completion',
      (pins) => {
        pins.send(STARTUP);
      },
    ],
  ];
  for (const [state, enter] of IN_STATE)
    test(`release in ${state} leads to idle`, () => {
      const pins = pinsWith();
      pins.write(0x00, [0x02]);
      enter(pins);
      pins.write(0x00, [0x20]);
      expect(sts(pins)).toBe('80 3f 00 04');
      writeSts(pins, COMMAND_READY);
      expect(sts(pins)).toBe('c0 3f 00 04');
    });

  test('release during execution leads to idle, and the response appears all the same', () => {
    const pins = pinsWith(ms(5));
    pins.write(0x00, [0x02]);
    pins.send(STARTUP);
    pins.write(0x00, [0x20]);
    expect(sts(pins)).toBe('80 3f 00 04');
    pins.clock.advance(ms(10));
    expect(sts(pins)).toBe('90 0a 00 04');
    expect(hex(pins.read(0x24, 10))).toBe(SUCCESS);
  });
});

test.describe('aborts (item 17) [ORACLE S18, S21, S22, S32]', () => {
  test('Expect outlives the abort of a partial command until the next complete one', () => {
    const pins = pinsWith();
    writeSts(pins, COMMAND_READY);
    pins.write(0x24, [0x80, 0x01]);
    writeSts(pins, COMMAND_READY);
    expect(sts(pins)).toBe('88 3f 00 04');
    writeSts(pins, COMMAND_READY);
    expect(sts(pins)).toBe('c8 3f 00 04');
    pins.write(0x24, STARTUP);
    expect(sts(pins)).toBe('c0 3f 00 04');
  });

  test('tpmGo with Expect set executes what is there', () => {
    const pins = pinsWith();
    writeSts(pins, COMMAND_READY);
    pins.write(0x24, STARTUP.slice(0, 8));
    writeSts(pins, TPM_GO);
    expect(pins.engine.executed.map(hex)).toEqual(['80 01 00 00 00 0c 00 00']);
    expect(sts(pins)).toBe('d8 0a 00 04');
    pins.read(0x24, 10);
    expect(sts(pins)).toBe('88 3f 00 04');
  });

  test('commandCancel and resetEstablishmentBit are ignored', () => {
    const pins = pinsWith(ms(5));
    pins.send(STARTUP);
    pins.write(0x18, [0, 0, 0, 0x01]);
    pins.write(0x18, [0, 0, 0, 0x02]);
    pins.clock.advance(ms(5));
    expect(sts(pins)).toBe('d0 0a 00 04');
  });

  test('commandReady during execution goes to idle, and completion appears all the same', () => {
    const pins = pinsWith(ms(5));
    pins.send(STARTUP);
    writeSts(pins, COMMAND_READY);
    expect(sts(pins)).toBe('80 3f 00 04');
    pins.clock.advance(ms(5));
    expect(sts(pins)).toBe('90 0a 00 04');
  });

  test('commandReady before the task fetched the command hands the library no bytes', () => {
    const pins = new Pins({ timing: { waitBytes: 0, taskLatency: ms(2), commandTime: ZERO } }).ready();
    pins.send(STARTUP);
    writeSts(pins, COMMAND_READY);
    pins.clock.advance(ms(5));
    expect(pins.engine.executed).toEqual([[]]);
  });

  test('tpmGo while an aborted command still runs starts another run when it ends', () => {
    const pins = pinsWith(ms(5));
    pins.send(STARTUP);
    writeSts(pins, COMMAND_READY);
    pins.send(STARTUP);
    pins.clock.advance(ms(20));
    expect(pins.engine.executed).toHaveLength(2);
    // The buffer is shared: what is fetched then is the first response. [CHIP 5.1]
    expect(hex(pins.engine.executed[1]!)).toBe(SUCCESS);
  });
});

test.describe('overrun (item 18) [ORACLE S35, S36]', () => {
  const fill = (pins: Pins): void => {
    writeSts(pins, COMMAND_READY);
    for (let i = 0; i < 32; i++) pins.write(0x24, new Array<number>(64).fill(0x08));
  };

  test('of 2048 bytes drops everything and leads to ready', () => {
    const pins = pinsWith();
    fill(pins);
    expect(sts(pins)).toBe('c8 3f 00 04');
    pins.write(0x24, [0xee]);
    pins.write(0x24, STARTUP);
    expect(sts(pins)).toBe('c0 3f 00 04');
    writeSts(pins, TPM_GO);
    expect(pins.engine.executed.map(hex)).toEqual([hex(STARTUP)]);
  });

  test('does not come with the 2048th byte: such a command is executed', () => {
    const pins = pinsWith();
    fill(pins);
    writeSts(pins, TPM_GO);
    expect(pins.engine.executed[0]).toHaveLength(2048);
  });
});

test.describe('responses [EC tpm_task]', () => {
  test('of 2048 bytes can be read, of none or of more never become available', () => {
    expect(sts(completed(2048))).toBe('d0 3f 00 04');
    expect(sts(completed(2049))).toBe('c0 3f 00 04');
    const none = pinsWith();
    none.engine.answer = () => [];
    none.send(STARTUP);
    none.clock.advance(seconds(10));
    expect(sts(none)).toBe('c0 3f 00 04');
  });

  test('take at least as long as told to', () => {
    const pins = pinsWith(ms(1));
    pins.chip.overrides = { command: () => ({ time: () => ms(400) }) };
    pins.send(STARTUP);
    pins.clock.advance(ms(390));
    expect(sts(pins)).toBe('c0 3f 00 04');
    pins.clock.advance(ms(10));
    expect(sts(pins)).toBe('d0 0a 00 04');
  });
});

test.describe('older firmware [CHIP 7]', () => {
  const abortedResponse = (firmware: string): string => {
    const pins = completed(200, { firmware });
    pins.read(0x24, 10);
    writeSts(pins, COMMAND_READY);
    return sts(pins);
  };

  test('before 0.4.13 keeps dataAvail and burstCount when a response is aborted [EC-git c320195349]', () => {
    expect(abortedResponse('0.4.13')).toBe('80 3f 00 04');
    expect(abortedResponse('0.3.12')).toBe('90 3f 00 04');
  });

  test('before 0.4.19 keeps commandReady when the locality is released [EC-git 5188d521f4]', () => {
    const released = (firmware: string): string => {
      const pins = pinsWith(ZERO, { firmware });
      writeSts(pins, COMMAND_READY);
      pins.write(0x00, [0x20]);
      return sts(pins);
    };
    expect(released('0.4.19')).toBe('80 3f 00 04');
    expect(released('0.4.18')).toBe('c0 3f 00 04');
  });
});

test('two chips with one seed and the same host do the same at the same times', () => {
  const run = (seed: number): string => {
    const pins = new Pins({ seed }).boot();
    for (let i = 0; i < 20; i++) {
      pins.send(STARTUP);
      pins.clock.advance(us(500));
      pins.read(0x18, 4);
    }
    return JSON.stringify(pins.pulses);
  };
  expect(run(5)).toBe(run(5));
  expect(run(5)).not.toBe(run(6));
});
