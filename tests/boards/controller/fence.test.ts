import { expect, test } from '@playwright/test';
import type { ControllerMemory } from '../../../src/boards/emulated-controller/index.ts';
import { emptyMemory, EmulatedController } from '../../../src/boards/emulated-controller/index.ts';
import { Random } from '../../../src/sim/index.ts';
import { attempts, TEST_SEED } from '../../thorough.ts';

// The fence: what is sent under the number of an older lease is refused by the committed image itself.

/** A controller that has started with what its memory kept, and a way to talk to it. */
function bench(memory: ControllerMemory = emptyMemory()) {
  const controller = new EmulatedController(memory);
  let heard = '';
  controller.onByte = (byte) => (heard += String.fromCharCode(byte));
  controller.run(1000);
  /** Sends a text, gives the controller 50 ms, and returns what it answered. */
  const send = (text: string): string => {
    heard = '';
    controller.send(text);
    controller.run(50_000);
    return heard.trimEnd();
  };
  return { controller, send, say: (line: string): string => send(`${line}\n`) };
}
type Bench = ReturnType<typeof bench>;

const OVER = '101,"Lease is over"';
const FINE = '0,"No error"';
const PINS = ['power', 'reset', 'csMux0', 'csMux1', 'intMux0', 'intMux1'] as const;

/** All that a line could change: pins, armed pulse, watchdog, lease. */
const stateOf = ({ controller, say }: Bench): string =>
  [...PINS.map((pin) => Number(controller.isHigh(pin))), say('ARM:STAT?;:SYST:WATC?;:LEAS?')].join(' ');

test('each lease has the next number, and the older one is refused', () => {
  const { controller, say } = bench();
  expect(say('LEAS?')).toBe('0,0');
  expect(say('LEAS:BEG 1,alice,10000;:SYST:ERR?;:LEAS?')).toBe(`${FINE};1,1`);
  expect(say('LEAS 1;:OUTP:POW ON;:SYST:ERR?')).toBe(FINE);
  expect(controller.isHigh('power')).toBe(true);
  expect(say('LEAS:BEG 2,alice,10000;:SYST:ERR?')).toBe(FINE);
  expect(controller.isHigh('power'), 'a new lease begins safe').toBe(false);
  expect(say('LEAS 1;:OUTP:POW ON;:SYST:ERR?')).toBe(OVER);
  expect(controller.isHigh('power')).toBe(false);
  expect(say('LEAS 2;:OUTP:POW ON;:SYST:ERR?')).toBe(FINE);
});

for (const line of [
  'OUTP:POW ON',
  'LEAS 3;:OUTP:POW ON',
  'LEAS 1;:LEAS 2;:OUTP:POW ON',
  'LEAS 2;:LEAS 1;:OUTP:POW ON',
  'LEAS x;:OUTP:POW ON',
  'LEAS 2;:NONSENSE;:OUTP:POW ON',
  'LEAS 1;:LEAS:BEG 3,alice,1000',
  'LEAS:BEG 2,alice,1000',
  'LEAS:BEG 4,alice,1000',
  'LEAS:BEG 3,bob,1000',
  'LEAS:BEG 3,alice,0',
  'LEAS:BEG 3,,1000',
  'LEAS:BEG 999999999,alice,1000',
  'LEAS:END',
  'LEAS 1;:LEAS:END',
  'LEAS 2;:SYST:WATC 0',
  '*RST',
  'LOG:CLE',
  'SYST:WATC 3600000',
])
  test(`while lease 2 is held, ${line} changes nothing and leaves an error`, () => {
    const one = bench();
    one.say('LEAS:BEG 1,alice,10000;:LEAS:BEG 2,alice,10000;:OUTP:CS DEAS');
    const before = stateOf(one);
    expect(before).toMatch(/^0 0 0 1 0 0 IDLE;10000;2,1$/);
    one.say(line);
    expect(stateOf(one)).toBe(before);
    expect(one.say('SYST:ERR?;:SYST:ERR?')).toMatch(/^(101|-\d+),"[^"]+";0,"No error"$/);
  });

test('errors that others make are none of the holder', () => {
  const { say } = bench();
  say('LEAS:BEG 1,alice,10000;:LEAS:BEG 2,alice,10000');
  say('LEAS 1;:OUTP:POW ON');
  say('OUTP:POW ON');
  say('NONSENSE');
  expect(say('LEAS 2;:OUTP:POW ON;:SYST:ERR?')).toBe(FINE);
});

test('the edges of the holder are not taken away by others', () => {
  const { controller, say } = bench();
  say('LEAS:BEG 1,alice,10000;:LEAS:BEG 2,alice,10000');
  controller.setInt(true);
  controller.run(100);
  expect(say('LEAS 1;:LOG:DATA?;:SYST:ERR?')).toBe(OVER);
  expect(say('LEAS 2;:LOG:DATA?')).toContain('I-');
});

test('lines of others do not keep a silent holder alive, and its own number is refused afterwards', () => {
  const { controller, say } = bench();
  say('LEAS:BEG 1,alice,200');
  say('LEAS 1;:OUTP:POW ON');
  for (let i = 0; i < 6; i++) say('LEAS 9;*CLS;:OUTP:POW?');
  expect(controller.isHigh('power')).toBe(false);
  expect(say('LEAS?')).toBe('1,0');
  say('*CLS');
  expect(say('LEAS 1;:OUTP:POW ON;:SYST:ERR?')).toBe(OVER);
  expect(controller.isHigh('power')).toBe(false);
  expect(say('LEAS:BEG 2,bob,1000;:SYST:ERR?')).toBe(FINE);
});

test('an ended lease leaves the board safe and free, and a terminal needs no number then', () => {
  const { controller, say } = bench();
  say('LEAS:BEG 1,alice,1000;:OUTP:POW ON;:LEAS:END');
  expect(controller.isHigh('power')).toBe(false);
  expect(say('LEAS 1;:OUTP:POW ON;:SYST:ERR?')).toBe(OVER);
  expect(say('OUTP:POW ON;:SYST:ERR?')).toBe(FINE);
  expect(controller.isHigh('power')).toBe(true);
  expect(say('LEAS:BEG 2,alice,1000;:SYST:ERR?')).toBe(FINE);
});

test('an armed pulse of an older lease does not come', () => {
  const one = bench();
  one.say('LEAS:BEG 1,alice,10000;:OUTP:POW ON;:ARM:PULS 1,50,POW,1');
  one.say('LEAS:BEG 2,alice,10000;:OUTP:POW ON');
  one.controller.setCs(true);
  one.controller.run(100);
  expect(one.controller.isHigh('power')).toBe(true);
});

test('the number outlives the supply, and a number cut short by its loss was never given', () => {
  const random = new Random(TEST_SEED).fork('supply');
  for (let trial = 0; trial < attempts(200, 8); trial++) {
    const memory = emptyMemory();
    let newest = 0;
    for (let lease = 0; lease < 1 + random.integer(0, 40); lease++) {
      const { say } = bench(memory);
      expect(say(`LEAS:BEG ${newest + 1},a,1000;:SYST:ERR?`)).toBe(FINE);
      newest++;
    }
    const dying = new EmulatedController(memory);
    dying.run(1000);
    dying.send(`LEAS:BEG ${newest + 1},a,1000\n`);
    // 22 bytes are 2 ms on the line; eight bytes take 27 ms to be kept.
    dying.run(random.integer(1500, 40_000));
    const { controller, say } = bench(memory);
    const [number, held] = say('LEAS?').split(',').map(Number);
    expect([newest, newest + 1]).toContain(number);
    expect(held).toBe(0);
    expect(say(`LEAS ${newest};:OUTP:POW ON;:SYST:ERR?`)).toBe(OVER);
    expect(controller.isHigh('power')).toBe(false);
    expect(say(`LEAS:BEG ${number! + 1},b,1000;:SYST:ERR?`)).toBe(FINE);
  }
});

test('a memory that keeps nothing any more gives no lease', () => {
  const memory = emptyMemory();
  memory.writeMemory = () => undefined;
  const { say } = bench(memory);
  expect(say('LEAS:BEG 1,a,1000;:SYST:ERR?;:LEAS?')).toBe('-311,"Memory error";0,0');
});

/** What a run sends from its first line to its last, with the number of its lease. */
const linesOf = (lease: number): readonly string[] => [
  '\n*CLS;*IDN?',
  'SYST:PROT?;:SYST:ERR?',
  'LEAS?;:SYST:ERR?',
  `LEAS:BEG ${lease},bench-1,10000;:SYST:ERR?`,
  ...[
    'OUTP:RES ASS',
    'OUTP:POW ON',
    'OUTP:RES DEAS',
    'MEAS:CURR?',
    'ROUT:INT LOW',
    'OUTP:CS DEAS',
    'PULS:RES 100',
    'ARM:PULS 1,50,POW,1',
    'LOG:DATA?',
    '*CLS',
    'ARM:CLE;:OUTP:CS AUTO;:ROUT:INT PASS',
    '*RST',
    'SYST:WATC 20000',
    'LEAS:END',
  ].map((line) => `LEAS ${lease};:${line};:SYST:ERR?`),
];

/**
 * A run is killed, or stopped and wakes up later, at a byte of its conversation; another run takes over meanwhile, and what
 * the old one still has to say comes between two lines of the new one.
 */
function takeOver(random: Random, step: number): void {
  const one = bench();
  const { controller, send } = one;
  let saying: string | undefined;
  const moved: string[] = [];
  controller.onOutput = () => {
    if (saying !== undefined) moved.push(saying);
  };
  const old = linesOf(1).map((line) => `${line}\n`);
  for (const line of old.slice(0, step)) send(line);
  const cut = random.integer(0, old[step]!.length);
  send(old[step]!.slice(0, cut));

  send('\n');
  const newest = Number(one.say('LEAS?').split(',')[0]);
  const next = linesOf(newest + 1);
  const begun = next.findIndex((line) => line.startsWith('LEAS:BEG'));
  for (const line of next.slice(0, random.integer(begun + 1, next.length - 1))) send(`${line}\n`);
  if (random.next() < 0.5) send('\n');

  const before = stateOf(one);
  for (const [i, line] of [old[step]!.slice(cut), ...old.slice(step + 1)].entries()) {
    one.say('*CLS');
    saying = line;
    const answer = send(line);
    saying = undefined;
    const isWhole = i > 0 || cut === 0;
    if (isWhole && /^LEAS(:| )/.test(line)) expect(answer, line).toMatch(refusal(line));
    // A run that was refused its lease says nothing more.
    if (newest === 0 && step + i === begun) break;
  }
  expect(moved).toEqual([]);
  expect(stateOf(one)).toBe(before);
  expect(one.say(`LEAS ${newest + 1};:OUTP:POW ON;:SYST:ERR?`)).toBe(FINE);
  expect(controller.isHigh('power')).toBe(true);
}

/** What is refused answers nothing but the error; what only asks is answered to anybody. */
const refusal = (line: string): RegExp =>
  line.includes('MEAS:CURR?') ? /^\d+;101,"Lease is over"$/ : /^101,"Lease is over"$/;

test('a run that is killed or stopped at any step is refused from when another has taken over', () => {
  const random = new Random(TEST_SEED).fork('fence');
  const steps = linesOf(1).length;
  for (let trial = 0; trial < attempts(200, 2 * steps); trial++) takeOver(random, trial % steps);
});
