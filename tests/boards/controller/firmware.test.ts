import { expect, test } from '@playwright/test';
import { EmulatedController } from '../../../src/boards/emulated-controller/index.ts';

/** A controller that has started, and a way to talk to it. */
function bench() {
  const controller = new EmulatedController();
  let heard = '';
  controller.onByte = (byte) => (heard += String.fromCharCode(byte));
  controller.run(1000);
  /** Sends a line, gives the controller 20 ms, and returns what it answered. */
  const say = (line: string, us = 20_000): string => {
    heard = '';
    controller.send(`${line}\n`);
    controller.run(us);
    return heard.trimEnd();
  };
  return { controller, say };
}

test('it starts with the board safe: no power, in reset, CS and interrupt passed', () => {
  const { controller, say } = bench();
  expect(controller.isHigh('power')).toBe(false);
  expect(controller.isHigh('reset')).toBe(false);
  expect(say('OUTP:POW?;:OUTP:RES?;:OUTP:CS?;:ROUT:INT?')).toBe('0;ASS;AUTO;PASS');
});

test('it says who it is and which protocol it speaks', () => {
  const { say } = bench();
  expect(say('*IDN?')).toBe('h1-hil,rig-controller,0,1.2');
  expect(say('SYST:VERS?')).toBe('1999.0');
  expect(say('SYST:PROT?')).toBe('3');
  expect(say('*TST?;*OPC?')).toBe('0;1');
});

for (const header of ['OUTP:POW', 'OUTPut:POWer', 'outp:power', ':OUTPUT:POW'])
  test(`the header ${header} is understood`, () => {
    const { controller, say } = bench();
    say(`${header} ON`);
    expect(controller.isHigh('power')).toBe(true);
    expect(say('SYST:ERR?')).toBe('0,"No error"');
  });

for (const { line, error } of [
  { line: 'OUTP:POWE ON', error: '-113,"Undefined header"' },
  { line: 'OUTP', error: '-113,"Undefined header"' },
  { line: 'OUTP:POW', error: '-109,"Missing parameter"' },
  { line: 'OUTP:POW ON,OFF', error: '-102,"Syntax error"' },
  { line: 'OUTP:POW MAYBE', error: '-224,"Illegal parameter value"' },
  { line: 'PULS:RES 19', error: '-222,"Data out of range"' },
  { line: 'PULS:RES 100000001', error: '-222,"Data out of range"' },
  { line: 'ARM:PULS 1,49,POW,1', error: '-222,"Data out of range"' },
  { line: 'ARM:PULS 1,50,LED,1', error: '-224,"Illegal parameter value"' },
  { line: 'PULS:RES 1e3', error: '-222,"Data out of range"' },
  { line: 'x'.repeat(120), error: '-363,"Input buffer overrun"' },
])
  test(`the line ${line.slice(0, 20)} is refused and changes nothing`, () => {
    const { controller, say } = bench();
    expect(say(line)).toBe('');
    expect(say('SYST:ERR?')).toBe(error);
    expect(say('SYST:ERR?')).toBe('0,"No error"');
    expect(controller.isHigh('power')).toBe(false);
  });

test('the switches of CS_L and INT_AP_L take every position', () => {
  const { controller, say } = bench();
  const mux = (line: 'cs' | 'int'): string =>
    [`${line}Mux1`, `${line}Mux0`].map((pin) => (controller.isHigh(pin as 'csMux0') ? '1' : '0')).join('');
  const seen = ['AUTO', 'DEAS', 'ASS'].map((word) => {
    say(`OUTP:CS ${word}`);
    return mux('cs');
  });
  expect(seen).toEqual(['00', '10', '11']);
  const routed = ['PASS', 'OPEN', 'HIGH', 'LOW'].map((word) => {
    say(`ROUT:INT ${word}`);
    return mux('int');
  });
  expect(routed).toEqual(['00', '01', '10', '11']);
});

for (const us of [20, 100, 4096, 10_000])
  test(`a pulse of TPM_RST_L of ${us} us has that width within 1 us`, () => {
    const { controller, say } = bench();
    say('OUTP:POW ON;:OUTP:RES DEAS');
    const edges: number[] = [];
    let was = controller.isHigh('reset');
    controller.onOutput = () => {
      if (controller.isHigh('reset') === was) return;
      was = !was;
      edges.push(controller.microseconds);
    };
    say(`PULS:RES ${us}`, 20_000 + us);
    expect(edges).toHaveLength(2);
    expect(edges[1]! - edges[0]!).toBeGreaterThan(us - 1);
    expect(edges[1]! - edges[0]!).toBeLessThan(us + 1);
    expect(say('OUTP:RES?;:SYST:ERR?')).toBe('DEAS;0,"No error"');
  });

test('a second pulse while one runs is refused', () => {
  const { say } = bench();
  say('PULS:RES 1000000');
  say('PULS:POW 100');
  expect(say('SYST:ERR?')).toBe('-213,"Init ignored"');
});

test('pulses of INT_AP_L are counted and their width is measured to a tick', () => {
  const { controller, say } = bench();
  for (const [at, width] of [
    [100, 7.5],
    [300, 10],
    [500, 100],
  ] as const) {
    controller.after(at, () => {
      controller.setInt(true);
    });
    controller.after(at + width, () => {
      controller.setInt(false);
    });
  }
  controller.run(1000);
  const [count, unmeasured, last, least, most] = say('MEAS:INT?').split(',').map(Number);
  expect([count, unmeasured]).toEqual([3, 0]);
  // 62.5 ns a tick; the emulator looks at its pins once an instruction, which takes up to 5 cycles.
  expect(Math.abs(last! - 1600)).toBeLessThanOrEqual(5);
  expect(Math.abs(least! - 120)).toBeLessThanOrEqual(5);
  expect(Math.abs(most! - 1600)).toBeLessThanOrEqual(5);
});

test('a pulse of 4 us, the shortest the chip was seen to make, is measured', () => {
  const { controller, say } = bench();
  controller.after(100, () => {
    controller.setInt(true);
  });
  controller.after(104, () => {
    controller.setInt(false);
  });
  controller.run(1000);
  const [count, unmeasured, last] = say('MEAS:INT?').split(',').map(Number);
  expect([count, unmeasured]).toEqual([1, 0]);
  expect(Math.abs(last! - 64)).toBeLessThanOrEqual(5);
});

test('an edge of CS_L that comes with one of INT_AP_L is stamped at most 20 us late', () => {
  const { controller, say } = bench();
  controller.after(100, () => {
    controller.setInt(true);
  });
  controller.after(101, () => {
    controller.setCs(true);
  });
  controller.run(1000);
  const [, , , int, , cs] = say('LOG:DATA?').split(',');
  const apart = (Number(cs) - Number(int)) / 16;
  expect(apart).toBeGreaterThanOrEqual(0.5);
  expect(apart).toBeLessThan(21);
});

test('a pulse of INT_AP_L too short to be measured is counted, and the next one is measured', () => {
  const { controller, say } = bench();
  for (const [at, width] of [
    [100, 1],
    [300, 10],
  ] as const) {
    controller.after(at, () => {
      controller.setInt(true);
    });
    controller.after(at + width, () => {
      controller.setInt(false);
    });
  }
  controller.run(1000);
  const [count, unmeasured, last] = say('MEAS:INT?').split(',').map(Number);
  expect([count, unmeasured]).toEqual([2, 1]);
  expect(Math.abs(last! - 160)).toBeLessThanOrEqual(5);
});

test('the log has the edges of both lines in order with their times, and is empty afterwards', () => {
  const { controller, say } = bench();
  const times = [100, 200, 260, 268];
  [
    () => {
      controller.setCs(true);
    },
    () => {
      controller.setCs(false);
    },
    () => {
      controller.setInt(true);
    },
    () => {
      controller.setInt(false);
    },
  ].forEach((action, i) => {
    controller.after(times[i]!, action);
  });
  controller.run(1000);
  const [lost, , ...edges] = say('LOG:DATA?').split(',');
  expect(lost).toBe('0');
  expect(edges.filter((_, i) => i % 2 === 0)).toEqual(['C-', 'C+', 'I-', 'I+']);
  const at = edges.filter((_, i) => i % 2 === 1).map((tick) => Number(tick) / 16);
  // An edge of CS_L is stamped when its interrupt runs, one of INT_AP_L by the hardware.
  times.forEach((time, i) => {
    expect(Math.abs(at[i]! - at[0]! - (time - times[0]!))).toBeLessThan(1);
  });
  expect(say('LOG:DATA?')).toMatch(/^0,\d+$/);
});

test('edges beyond what the log holds are counted as lost', () => {
  const { controller, say } = bench();
  for (let i = 0; i < 70; i++)
    controller.after(100 + i * 50, () => {
      controller.setCs(i % 2 === 0);
    });
  controller.run(5000);
  expect(say('LOG:DATA?')).toMatch(/^7,/);
});

for (const us of [50, 500, 10_000])
  test(`an armed cut comes ${us} us after the k-th fall of CS_L and lasts as long as asked`, () => {
    const { controller, say } = bench();
    say(`OUTP:POW ON;:ARM:PULS 3,${us},POW,2`);
    expect(say('ARM:STAT?')).toBe('WAIT');
    const falls: number[] = [];
    const cuts: number[] = [];
    let was = true;
    controller.onOutput = () => {
      if (controller.isHigh('power') === was) return;
      was = !was;
      cuts.push(controller.microseconds);
    };
    for (let i = 0; i < 4; i++) {
      controller.after(1000 * (i + 1), () => {
        falls.push(controller.microseconds);
        controller.setCs(true);
      });
      controller.after(1000 * (i + 1) + 100, () => {
        controller.setCs(false);
      });
    }
    controller.run(20_000);
    expect(cuts).toHaveLength(2);
    expect(Math.abs(cuts[0]! - falls[2]! - us)).toBeLessThan(2);
    expect(Math.abs(cuts[1]! - cuts[0]! - 2000)).toBeLessThan(2);
    expect(say('ARM:STAT?')).toBe('DONE');
  });

test('the watchdog leaves the board safe when the host is silent for too long, and says so', () => {
  const { controller, say } = bench();
  say('OUTP:POW ON;:OUTP:RES DEAS;:OUTP:CS ASS;:ROUT:INT LOW;:SYST:WATC 100');
  controller.run(60_000);
  expect(say('OUTP:POW?')).toBe('1');
  controller.run(70_000);
  expect(controller.isHigh('power')).toBe(true);
  controller.run(60_000);
  expect(controller.isHigh('power')).toBe(false);
  expect(say('OUTP:RES?;:OUTP:CS?;:ROUT:INT?;:SYST:ERR?')).toBe('ASS;AUTO;PASS;-365,"Time out error"');
});

test('the current of the board is measured', () => {
  const { controller, say } = bench();
  controller.setSense(0.15);
  expect(Math.abs(Number(say('MEAS:CURR?')) - 15_000)).toBeLessThan(500);
});

test('*RST ends what runs and leaves the board safe', () => {
  const { controller, say } = bench();
  say('OUTP:POW ON;:PULS:RES 50000');
  say('*RST');
  controller.run(60_000);
  expect(say('OUTP:POW?;:OUTP:RES?')).toBe('0;ASS');
});
