import { expect, test } from '@playwright/test';
import type { Rule, RuleOptions } from '../../src/trace/index.ts';
import {
  checkRules,
  FRAME_AFTER_PULSE,
  hexOf,
  judgeTrace,
  limited,
  NEXT_BY_TEST,
  PULSE_DELAY,
  PULSE_PER_FRAME,
  PULSE_WIDTH,
  RULES,
  showViolation,
  TEST_AT_REGISTERS,
  WAKE_PULSE_WIDTH,
} from '../../src/trace/index.ts';
import { instant, later, ms, us } from '../../src/units/index.ts';
import type { Event, FrameEvent } from './good-trace.ts';
import { goodTrace, sourceOf } from './good-trace.ts';

const WITH_PULSES = { pulses: true, gapUs: 300 };
const WITHOUT_PULSES = { pulses: false, gapUs: 2500 };

const frames = (events: Event[]): FrameEvent[] => events.filter((event) => event.kind === 'frame');

/** The nth frame that reads or writes these data. */
function frameWith(events: Event[], register: number, data: readonly number[]): FrameEvent {
  const found = frames(events).find(
    ({ sent, received }) =>
      sent[3] === register &&
      [sent, received].some((bytes) => Buffer.from(bytes.subarray(6)).equals(Buffer.from(data))),
  );
  if (!found) throw new Error('The good trace has no such frame.');
  return found;
}

const ruleNamed = (id: string): readonly Rule[] => RULES.filter((rule) => rule.id === id);

const edges = (events: Event[], line: string) =>
  events.filter((event) => event.kind === 'edge').filter((event) => event.line === line);

const select = (events: Event[]) => events.find((event) => event.kind === 'select')!;

function remove(events: Event[], event: Event | undefined): void {
  const index = events.indexOf(event!);
  if (index < 0) throw new Error('The good trace has no such event.');
  events.splice(index, 1);
}

/** The look at TPM_STS after the sleep, in idle, becomes a read of TPM_DATA_FIFO. */
function readFifoInIdle(events: Event[]): FrameEvent {
  const [, look] = frames(events).filter(({ received }) => hexOf(received.subarray(6)) === '80 3f 00 04');
  look!.sent[3] = 0x24;
  return look!;
}

/** For each rule one edge moved, added or removed, or one byte changed, that breaks this rule and no other. */
const MUTATIONS: Readonly<Record<string, (events: Event[]) => void>> = {
  'pulse-per-frame': (events) => {
    // The last frame before the host sleeps: the one after it comes in its time.
    const at = frames(events).indexOf(frameWith(events, 0x18, [0x80])) + 1;
    remove(events, edges(events, 'INT_AP_L')[2 * at]);
  },
  'no-pulse-for-empty-select': (events) => {
    events.push({
      kind: 'edge',
      line: 'INT_AP_L',
      isAsserted: true,
      at: later(select(events).rise, us(40)),
    });
  },
  'pulse-delay': (events) => {
    for (const [at, edge] of edges(events, 'INT_AP_L').slice(4, 6).entries())
      edge.at = instant(frames(events)[2]!.rise + 500 + 9000 * at);
  },
  'pulse-width': (events) => {
    const [asserted, deasserted] = edges(events, 'INT_AP_L').slice(4);
    deasserted!.at = later(asserted!.at, us(2));
  },
  'frame-after-pulse': (events) => {
    frames(events)[3]!.fall = later(frames(events)[2]!.rise, us(20));
  },
  'gap-without-pulse': (events) => {
    frames(events)[3]!.fall = later(frames(events)[2]!.rise, us(1500));
  },
  'wake-after-idle': (events) => {
    remove(events, select(events));
  },
  'wake-pulse-width': (events) => {
    const pulse = select(events);
    pulse.rise = instant(pulse.fall + 500);
  },
  'wake-settle': (events) => {
    select(events).rise = instant(select(events).fall + 2_950_000);
  },
  'cs-edges': (events) => {
    frameWith(events, 0x00, [0xa0]).ending = 'held';
  },
  'frame-whole': (events) => {
    const frame = frameWith(events, 0x18, [0x80, 0x3f, 0, 4]);
    frame.sent = frame.sent.subarray(0, 9);
    frame.received = frame.received.subarray(0, 9);
  },
  'frame-time': (events) => {
    frames(events)[0]!.fall = instant(1_200_000_000);
  },
  'header-not-ready': (events) => {
    frameWith(events, 0x18, [0x80, 0x3f, 0, 4]).received[3] = 1;
  },
  filler: (events) => {
    frameWith(events, 0x00, [0xa0]).received[1] = 0x80;
  },
  'write-length': (events) => {
    // Wait bytes are counted also where the recorder left them out.
    Object.assign(frameWith(events, 0x18, [0x40]), { polled: 602, elided: 600 });
  },
  'locality-claimed': (events) => {
    // Nobody took the locality.
    Object.assign(frameWith(events, 0x00, [0x02]).sent, [0x00, 0xd4, 0x0f, 0x90]);
    frameWith(events, 0x00, [0xa0]).received[6] = 0x80;
  },
  'access-stated': (events) => {
    frameWith(events, 0x00, [0xa0]).received[6] = 0xa2;
  },
  'ready-stated': (events) => {
    frameWith(events, 0x18, [0xc8]).received[6] = 0x88;
  },
  'locality-released': (events) => {
    frameWith(events, 0x00, [0x20]).sent[2] = 0x10;
  },
  'status-valid': (events) => {
    frameWith(events, 0x18, [0xc0]).received[6] = 0xc1;
  },
  'burst-respected': (events) => {
    frameWith(events, 0x18, [0xd0, 0x0a, 0, 4]).received[7] = 9;
  },
  'go-when-complete': (events) => {
    frameWith(events, 0x24, [0x80, 1, 0, 0, 0, 0x0a, 0, 0, 1, 0x7e]).sent[11] = 0x0b;
  },
  'burst-count': (events) => {
    frameWith(events, 0x18, [0x80, 0x3f, 0, 4]).received[7] = 0;
  },
  'burst-stated': (events) => {
    frameWith(events, 0x18, [0xc0, 0x3f, 0, 4]).received[7] = 62;
  },
  'data-expected': (events) => {
    const [, idle] = frames(events).filter(({ received }) => hexOf(received.subarray(6)) === '80 3f 00 04');
    idle!.received[6] = 0x90;
  },
  'status-after-reset': (events) => {
    frameWith(events, 0x18, [0x80, 0x3f, 0, 4]).received[6] = 0xc0;
  },
  'one-bit-writes': (events) => {
    const last = frames(events).at(-2)!;
    last.sent[6] = 0x41;
  },
  'status-order': (events) => {
    readFifoInIdle(events);
  },
  'expect-set': (events) => {
    frameWith(events, 0x18, [0xc8]).received[6] = 0xc0;
  },
  'expect-clear': (events) => {
    frameWith(events, 0x18, [0xc0]).received[6] = 0xc8;
  },
  'response-size': (events) => {
    frameWith(events, 0x24, [0x80, 1, 0, 0, 0, 0x0a, 0, 0, 0, 0]).received[11] = 0x0b;
  },
  'command-duration': (events) => {
    // TPM2_PCR_Read takes 0.9 s here, of 120 s; TPM2_GetCapability has 750 ms. [DRIVER 3.6]
    frameWith(events, 0x24, [0x80, 1, 0, 0, 0, 0x0a, 0, 0, 1, 0x7e]).sent[15] = 0x7a;
  },
  'reset-width': (events) => {
    edges(events, 'TPM_RST_L')[2]!.at = instant(25_000);
  },
  'no-frame-in-reset': (events) => {
    remove(events, edges(events, 'TPM_RST_L')[2]);
  },
  'no-frame-unpowered': (events) => {
    remove(
      events,
      events.find((event) => event.kind === 'power' && event.isOn),
    );
  },
  'no-frame-while-suspended': (events) => {
    remove(
      events,
      events.find((event) => event.kind === 'mark' && event.text === 'resumed'),
    );
  },
};

const broken = (events: Event[], options: RuleOptions = {}): string[] => [
  ...new Set(checkRules(sourceOf(events), RULES, options).map(({ rule }) => rule.id)),
];

/** What is known of the lines of a board that has no INT_AP_L. */
const NO_LINE: RuleOptions = { absent: ['INT_AP_L'] };

for (const options of [WITH_PULSES, WITHOUT_PULSES])
  test(`a good trace ${options.pulses ? 'with' : 'without'} ready pulses keeps every rule`, () => {
    const { violations, counts } = judgeTrace(
      sourceOf(goodTrace(options)),
      RULES,
      options.pulses ? {} : NO_LINE,
    );
    expect(violations.map(showViolation)).toEqual([]);
    for (const [id, { occasions }] of counts) expect(occasions, id).toBeGreaterThan(0);
  });

test('every rule has a mutation that it owns', () => {
  expect(Object.keys(MUTATIONS).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

for (const [id, mutate] of Object.entries(MUTATIONS))
  test(`one edge or byte wrong breaks ${id} and no other rule`, () => {
    const events = goodTrace(id === 'gap-without-pulse' ? WITHOUT_PULSES : WITH_PULSES);
    mutate(events);
    expect(broken(events, id === 'gap-without-pulse' ? NO_LINE : {})).toEqual([id]);
  });

test('ids are unique, and every rule states its claim and its source', () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  for (const { title, source } of RULES) {
    expect(title).not.toBe('');
    expect(source).toMatch(/^\[(CHIP|DRIVER|BUGS) [\w.-]+\]/);
  }
});

test('a violation says when, which rule, what was seen, what is allowed and where it is written', () => {
  const events = goodTrace(WITH_PULSES);
  MUTATIONS['pulse-width']!(events);
  expect(checkRules(sourceOf(events)).map(showViolation)).toEqual([
    '2001.090 ms  pulse-width: 2 us was seen; allowed: 4 to 16 us. [CHIP 3] [CHIP 4.6]',
  ]);
});

test('a rule that needs a line nobody watched is refused, not passed', () => {
  const trace = sourceOf(goodTrace(WITHOUT_PULSES));
  const { violations, refusals } = judgeTrace(trace, [PULSE_PER_FRAME]);
  expect([violations, refusals.map(({ reason }) => reason)]).toEqual([
    [],
    ['The trace has no edge of INT_AP_L.'],
  ]);
});

test('a line that is known to be watched and shows no edge breaks the rule at every frame but the last, whose pulse may be yet to come', () => {
  const trace = sourceOf(goodTrace(WITHOUT_PULSES));
  const { violations } = judgeTrace(trace, [PULSE_PER_FRAME], { watched: ['INT_AP_L'] });
  expect(violations.length).toBe(frames(goodTrace(WITHOUT_PULSES)).length - 1);
});

test('a rule finer than the trace is refused with the reason', () => {
  const { refusals } = judgeTrace(sourceOf(goodTrace(WITH_PULSES)), [PULSE_WIDTH, WAKE_PULSE_WIDTH], {
    resolution: us(2),
  });
  expect(refusals.map(({ rule, reason }) => `${rule.id}: ${reason}`)).toEqual([
    'wake-pulse-width: Its limit, 1 to 10000 us, is finer than the trace, which resolves 2 us.',
  ]);
});

test('a limit is not broken by less than the trace resolves', () => {
  const events = goodTrace(WITH_PULSES);
  const [asserted, deasserted] = edges(events, 'INT_AP_L').slice(4);
  deasserted!.at = instant(asserted!.at + 3950);
  const trace = sourceOf(events);
  expect(checkRules(trace, [PULSE_WIDTH])).toHaveLength(1);
  expect(checkRules(trace, [PULSE_WIDTH], { resolution: instant(100) as never })).toHaveLength(0);
});

test('a rule with a limit of its own is judged by that limit', () => {
  const strict: Rule = limited(PULSE_DELAY, { most: 39 });
  expect(checkRules(sourceOf(goodTrace(WITH_PULSES)), [strict])[0]).toMatchObject({
    seen: '40 us',
    allowed: 'at most 39 us',
  });
});

test('a pulse that comes after the next frame has begun is no pulse for it', () => {
  const events = goodTrace(WITH_PULSES);
  const [asserted, deasserted] = edges(events, 'INT_AP_L').slice(4);
  asserted!.at = later(frames(events)[3]!.fall, us(10));
  deasserted!.at = later(asserted!.at, us(9));
  expect(checkRules(sourceOf(events), [FRAME_AFTER_PULSE])).toHaveLength(1);
});

test('a frame that follows its neighbour by more than 2 ms needs no pulse', () => {
  const events = goodTrace({ pulses: true, gapUs: 2500 });
  edges(events, 'INT_AP_L')[4]!.at = later(frames(events)[3]!.fall, us(10));
  expect(ms(2)).toBeLessThan(frames(events)[3]!.fall - frames(events)[2]!.rise);
  expect(checkRules(sourceOf(events), [FRAME_AFTER_PULSE])).toEqual([]);
});

test('every rule says whom it binds and what it looks at', () => {
  expect(RULES.filter(({ binds }) => binds === 'chip').map(({ id }) => id)).toContain('filler');
  expect(RULES.filter(({ binds }) => binds === 'host').map(({ id }) => id)).toContain('wake-after-idle');
  for (const { binds, about } of RULES) {
    expect(['chip', 'host', 'wire']).toContain(binds);
    expect(['frames', 'registers']).toContain(about);
  }
});

/** The good trace with one event put before another. */
function marked(text: string, before: Event, events: Event[]): Event[] {
  const at = 'fall' in before ? instant(before.fall - 1) : instant(0);
  events.splice(events.indexOf(before), 0, { kind: 'mark', text, at });
  return events;
}

test('what a test clocks itself is not held against the driver, and what the chip answers is judged all the same', () => {
  const events = goodTrace(WITH_PULSES);
  const frame = frames(events).at(-2)!;
  frame.sent[6] = 0x41;
  expect(broken(events)).toEqual(['one-bit-writes']);
  expect(broken(marked(NEXT_BY_TEST.frames, frame, events))).toEqual([]);
  frameWith(events, 0x00, [0xa0]).received[1] = 0x80;
  expect(broken(events)).toEqual(['filler']);
});

test('a test that uses registers chooses their order; the frames are still the driver’s', () => {
  const events = goodTrace(WITH_PULSES);
  const frame = readFifoInIdle(events);
  expect(broken(events)).toEqual(['status-order']);
  expect(broken(marked(TEST_AT_REGISTERS, frame, events))).toEqual([]);
  const after = frames(events)[frames(events).indexOf(frame) + 2]!;
  const before = frames(events)[frames(events).indexOf(frame) + 1]!;
  after.fall = later(before.rise, us(20));
  expect(broken(events)).toEqual(['frame-after-pulse']);
});

test('a pulse that a reset or a cut of the supply forestalled is not held against the chip', () => {
  const events = goodTrace(WITH_PULSES);
  const last = frames(events).at(-1)!;
  const pulse = edges(events, 'INT_AP_L').slice(-2);
  for (const edge of pulse) remove(events, edge);
  const reset = (after: number): Event[] => [
    ...events,
    { kind: 'edge', line: 'TPM_RST_L', isAsserted: true, at: later(last.rise, us(after)) },
  ];
  expect(broken(reset(20))).toEqual([]);
  expect(broken(reset(200_000))).toEqual(['pulse-per-frame']);
});

test('a frame on the heels of another, without its pulse, is the host’s fault', () => {
  const events = goodTrace(WITH_PULSES);
  const [, , third, fourth] = frames(events);
  for (const edge of edges(events, 'INT_AP_L').slice(4, 6)) remove(events, edge);
  fourth!.fall = later(third!.rise, us(20));
  const found = checkRules(sourceOf(events), [FRAME_AFTER_PULSE]);
  expect(found).toMatchObject([{ by: 'host', seen: '20 us and no pulse' }]);
});

test('a glitch on the clock is nobody’s word', () => {
  const events = goodTrace(WITH_PULSES);
  Object.assign(frameWith(events, 0x00, [0xa0]), { spareClocks: 3 });
  expect(checkRules(sourceOf(events))).toMatchObject([{ rule: { id: 'frame-whole' }, by: 'wire' }]);
});

test('a size field that the chip contradicts by its burstCount is the chip’s fault, a response left half read the host’s', () => {
  const chip = goodTrace(WITH_PULSES);
  MUTATIONS['response-size']!(chip);
  expect(checkRules(sourceOf(chip))).toMatchObject([{ rule: { id: 'response-size' }, by: 'chip' }]);
  const host = goodTrace(WITH_PULSES);
  const read = frameWith(host, 0x24, [0x80, 1, 0, 0, 0, 0x0a, 0, 0, 0, 0]);
  read.sent = read.sent.subarray(0, 14);
  read.received = read.received.subarray(0, 14);
  read.sent[0] = 0x87;
  frames(host)[frames(host).indexOf(read) + 1]!.received[6] = 0x90;
  expect(checkRules(sourceOf(host)).find(({ rule }) => rule.id === 'response-size')).toMatchObject({
    by: 'host',
  });
});

/** A release before 0.4.13 leaves dataAvail and burstCount behind; 0.3.n and 0.4.n are one line. [CHIP 0] [CHIP 7] */
for (const id of ['data-expected', 'burst-stated'])
  test(`${id} is judged from release 0.3.13 on, and where the version is not known`, () => {
    const events = goodTrace(WITH_PULSES);
    MUTATIONS[id]!(events);
    const judged = (firmware: string | undefined): number =>
      judgeTrace(sourceOf(events), ruleNamed(id), { firmware }).violations.length;
    expect(['0.3.9', '0.3.12', '0.4.12'].map(judged)).toEqual([0, 0, 0]);
    expect(['0.3.13', '0.4.13', '0.5.4', '0.5.280', undefined].map(judged)).toEqual([1, 1, 1, 1, 1]);
    const [refusal] = judgeTrace(sourceOf(events), ruleNamed(id), { firmware: '0.4.12' }).refusals;
    expect(refusal?.reason).toBe('Cr50 0.4.12 does not keep it; releases from 0.3.13 on do. [CHIP 7]');
  });
