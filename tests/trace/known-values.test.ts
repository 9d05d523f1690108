import { expect, test } from '@playwright/test';
import { checkRules, hexOf, PULSE_WIDTH, RULES } from '../../src/trace/index.ts';
import { later, ms, us } from '../../src/units/index.ts';
import type { Event, FrameEvent } from './good-trace.ts';
import { goodTrace, sourceOf } from './good-trace.ts';

const WITH_PULSES = { pulses: true, gapUs: 300 };

const broken = (events: Event[]): string[] => [
  ...new Set(checkRules(sourceOf(events), RULES).map(({ rule }) => rule.id)),
];

const frames = (events: Event[]): FrameEvent[] => events.filter((event) => event.kind === 'frame');

const edges = (events: Event[], line: string) =>
  events.filter((event) => event.kind === 'edge').filter((event) => event.line === line);

/** The first frame that reads or writes these data of the register. */
function frameWith(events: Event[], register: number, data: readonly number[]): FrameEvent {
  return frames(events).find(
    ({ sent, received }) =>
      sent[3] === register &&
      [sent, received].some((bytes) => Buffer.from(bytes.subarray(6)).equals(Buffer.from(data))),
  )!;
}

/** The width of the nth pulse of the good trace, in microseconds. */
function withPulse(nth: number, width: number, of = goodTrace(WITH_PULSES)): Event[] {
  const [asserted, deasserted] = edges(of, 'INT_AP_L').slice(2 * nth);
  deasserted!.at = later(asserted!.at, us(width));
  return of;
}

for (const width of [3, 20, 40, 99, 251])
  test(`a ready pulse of ${width} us is neither a short nor a long one`, () => {
    expect(broken(withPulse(3, width))).toEqual(['pulse-width']);
  });

test('one long pulse among short ones is a breach, and so is a short one among long ones', () => {
  expect(broken(withPulse(3, 110))).toEqual(['pulse-width']);
  const long = goodTrace(WITH_PULSES);
  const pulses = edges(long, 'INT_AP_L').length / 2;
  for (let nth = 0; nth < pulses; nth++) withPulse(nth, 110, long);
  expect(broken(long)).toEqual([]);
  expect(broken(withPulse(3, 9, long))).toEqual(['pulse-width']);
});

test('pulses of another form may follow when the supply comes back', () => {
  const events = goodTrace(WITH_PULSES);
  for (let nth = 3; nth < edges(events, 'INT_AP_L').length / 2; nth++) withPulse(nth, 110, events);
  expect(checkRules(sourceOf(events), [PULSE_WIDTH])).toHaveLength(edges(events, 'INT_AP_L').length / 2 - 3);
  const { rise } = frames(events)[3]!;
  for (const isOn of [false, true]) events.push({ kind: 'power', isOn, at: later(rise, us(1)) });
  expect(checkRules(sourceOf(events), [PULSE_WIDTH])).toEqual([]);
});

test('a pulse may follow its frame late only while the chip may write flash', () => {
  const late = (nth: number): Event[] => {
    const events = goodTrace({ pulses: true, gapUs: 2500 });
    for (const edge of edges(events, 'INT_AP_L').slice(2 * nth, 2 * nth + 2))
      edge.at = later(edge.at, us(400));
    return events;
  };
  const all = frames(goodTrace(WITH_PULSES));
  const go = all.findLastIndex(({ sent }) => hexOf(sent.subarray(3)) === '18 00 00 20');
  // The sixth frame is within 3 s of the reset, the last one is not.
  expect(broken(late(5))).toEqual([]);
  expect(broken(late(go))).toEqual([]);
  expect(broken(late(all.length - 1))).toEqual(['pulse-delay']);
});

test('an access of TPM_ACCESS has to show what was written to it, whatever the driver makes of it', () => {
  const refused = goodTrace(WITH_PULSES);
  frameWith(refused, 0x00, [0xa0]).received[6] = 0x80;
  expect(broken(refused)).toContain('access-stated');
});

test('commandReady has to show in ready, and must not in idle', () => {
  const unset = goodTrace(WITH_PULSES);
  frameWith(unset, 0x18, [0xc0, 0x3f, 0, 4]).received[6] = 0x80;
  expect(broken(unset)).toEqual(['ready-stated']);
  const set = goodTrace(WITH_PULSES);
  const [, idle] = frames(set).filter(({ received }) => hexOf(received.subarray(6)) === '80 3f 00 04');
  idle!.received[6] = 0xc0;
  expect(broken(set)).toEqual(['ready-stated']);
});

test('many wait bytes are too many outside of flash writes', () => {
  const slow = (polled: number, seconds: number): Event[] => {
    const events = goodTrace(WITH_PULSES);
    const frame = frames(events).at(-1)!;
    const added = ms(1000 * seconds);
    Object.assign(frame, { polled, elided: polled - 2, rise: later(frame.rise, added) });
    for (const edge of edges(events, 'INT_AP_L').slice(-2)) edge.at = later(edge.at, added);
    return events;
  };
  expect(broken(slow(90, 0.02))).toEqual([]);
  expect(broken(slow(400, 0.003))).toEqual([]);
  expect(broken(slow(400, 0.02))).toEqual(['frame-time']);
});
