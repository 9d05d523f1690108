import { expect, test } from '@playwright/test';
import type { TraceEvent } from '../../src/trace/index.ts';
import { instant, ms, us } from '../../src/units/index.ts';
import { compared, recordedEvents } from './recorded.ts';
import type { Frame } from './recorded.ts';

let healthy: readonly TraceEvent[] = [];
test.beforeAll(async () => {
  healthy = await recordedEvents();
});

const frames = (events: readonly TraceEvent[]): Frame[] => events.filter((event) => event.kind === 'frame');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The first frame whose bytes on MOSI begin so and whose bytes on MISO match, and its number among the frames. */
function find(events: readonly TraceEvent[], sent: string, received = /^/, from = 0): [Frame, number] {
  const all = frames(events);
  const at = all.findIndex(
    (one, i) => i >= from && hex(one.sent).startsWith(sent) && received.test(hex(one.received)),
  );
  if (at < 0) throw new Error(`There is no frame ${sent} that was answered ${String(received)}.`);
  return [all[at]!, at];
}

/** The same events with one frame replaced. */
const withFrame = (events: readonly TraceEvent[], old: Frame, changed: Partial<Frame>): TraceEvent[] =>
  events.map((event) => (event === old ? { ...old, ...changed } : event));

const changedAt = (bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array => {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
};

/** Offset of the data: behind the ready byte. */
const dataOf = ({ received }: Frame): number => received.indexOf(1, 4) + 1;

const edgesAfter = (events: readonly TraceEvent[], frame: Frame): TraceEvent[] =>
  events
    .filter((event) => event.kind === 'edge' && event.line === 'INT_AP_L' && event.at > frame.rise)
    .slice(0, 2);

const STS_READ = '83d40018';
const FIFO_READ = /^[0-9a-f]*/;

interface Planted {
  readonly what: string;
  readonly mutate: (events: readonly TraceEvent[]) => readonly [TraceEvent[], number];
  readonly kind: 'order' | 'value' | 'time';
  readonly behaviour: string;
  readonly says: RegExp;
}

/** A frame whose answer is changed behind its ready byte. */
const inAnswer =
  (sent: string, received: RegExp, at: number, ...values: readonly number[]): Planted['mutate'] =>
  (events) => {
    const [frame, number] = find(events, sent, received);
    return [
      withFrame(events, frame, { received: changedAt(frame.received, dataOf(frame) + at, ...values) }),
      number,
    ];
  };

/** INT_AP_L behind a frame. */
const afterFrame =
  (change: (edges: readonly TraceEvent[]) => readonly TraceEvent[]): Planted['mutate'] =>
  (events) => {
    const [frame, number] = find(events, '0ad40024');
    const edges = edgesAfter(events, frame);
    const at = events.indexOf(edges[0]!);
    const others = events.filter((event) => !edges.includes(event));
    return [[...others.slice(0, at), ...change(edges), ...others.slice(at)], number];
  };

const moved = (event: TraceEvent, by: number): TraceEvent =>
  event.kind === 'edge' ? { ...event, at: instant(event.at + by) } : event;

/** The bytes and times of the chip are literals of [CHIP 1.3], [CHIP 1.4], [CHIP 3], [CHIP 4.1], [CHIP 4.3]. */
const PLANTED: readonly Planted[] = [
  {
    what: 'another device id',
    mutate: inAnswer('83d40f00', /01e01a2800$/, 2, 0x29),
    kind: 'value',
    behaviour: 'TPM_DID_VID read',
    says: /says "e0 1a 29 00", a healthy chip "e0 1a 28 00"/,
  },
  {
    what: 'a burst count of 62 where 63 bytes have room',
    mutate: inAnswer(STS_READ, /01c03f0004$/, 1, 62),
    kind: 'value',
    behaviour: 'TPM_STS read',
    says: /burst 62", a healthy chip "[^"]*burst 63"/,
  },
  {
    what: 'a locality that is not granted',
    mutate: inAnswer('80d40000', /01a0$/, 0, 0x80),
    kind: 'value',
    behaviour: 'TPM_ACCESS read',
    says: /a healthy chip "[^"]*activeLocality/,
  },
  {
    what: 'a byte of the version',
    mutate: inAnswer('bfd40f90', /0142322d43/, 0, 0x43),
    kind: 'value',
    behaviour: 'TPM_FW_VER read',
    says: /says "43 32 2d 43/,
  },
  {
    what: 'a response code',
    mutate: inAnswer('89d40024', /0180010000000a00000000$/, 8, 0x01, 0x01),
    kind: 'value',
    behaviour: 'TPM2_Startup',
    says: /response code is .*(FAILURE|0x101).*, of a healthy chip TPM_RC_SUCCESS/,
  },
  {
    what: 'the size field of a response',
    mutate: inAnswer('89d40024', /0180010000000a00000000$/, 5, 11),
    kind: 'value',
    behaviour: 'TPM2_Startup',
    says: /size field says 11, of a healthy chip 10/,
  },
  {
    what: 'the tag of a response',
    mutate: inAnswer('89d40024', /0180010000000a00000000$/, 1, 0x02),
    kind: 'value',
    behaviour: 'TPM2_Startup',
    says: /tag is 0x8002, of a healthy chip 0x8001/,
  },
  {
    what: 'a PCR that is not zero',
    mutate: inAnswer('bed40024', /0180010000006000000000/, 40, 0x5a),
    kind: 'value',
    behaviour: 'TPM2_PCR_Read',
    says: /byte 40 of the answer and on are 5a/,
  },
  {
    what: 'a digest of other bytes',
    mutate: (events) => {
      const [, hash] = find(events, '14d40024', /./);
      const [frame, number] = find(events, '', /0180010000003400000000/, hash);
      return [
        withFrame(events, frame, { received: changedAt(frame.received, dataOf(frame) + 12, 0xff) }),
        number,
      ];
    },
    kind: 'value',
    behaviour: 'TPM2_Hash',
    says: /byte 12 of the answer and on are ff .*, of a healthy chip 03 90 58 c6/,
  },
  {
    what: 'the same random bytes twice',
    mutate: (events) => {
      const [first, at] = find(events, 'abd40024', /0180010000002c/);
      const [second, number] = find(events, 'abd40024', /0180010000002c/, at + 1);
      const bytes = first.received.subarray(dataOf(first), dataOf(first) + 44);
      return [
        withFrame(events, second, { received: changedAt(second.received, dataOf(second), ...bytes) }),
        number,
      ];
    },
    kind: 'value',
    behaviour: 'TPM2_GetRandom',
    says: /random bytes that begin with [0-9a-f]{16} came before/,
  },
  {
    what: 'random bytes that are all the same',
    mutate: inAnswer('abd40024', /0180010000002c/, 12, ...new Array<number>(32).fill(0x77)),
    kind: 'value',
    behaviour: 'TPM2_GetRandom',
    says: /32 random bytes are all 77/,
  },
  {
    what: 'a clock that began again',
    mutate: (events) => {
      const [frame, number] = find(events, '', /0180010000002[0-9a-f]00000000000000000000[0-9a-f]{4}/);
      return [
        withFrame(events, frame, {
          received: changedAt(frame.received, dataOf(frame) + 10, 0, 0, 0, 0, 0, 0, 0, 9),
        }),
        number,
      ];
    },
    kind: 'value',
    behaviour: 'TPM2_ReadClock',
    says: /a clock says 9, a healthy chip 3\d{4}/,
  },
  {
    what: 'a filler that is no wait byte',
    mutate: (events) => {
      const [frame, number] = find(events, STS_READ);
      return [withFrame(events, frame, { received: changedAt(frame.received, 5, 0x80) }), number];
    },
    kind: 'value',
    behaviour: 'TPM_STS read',
    says: /byte 5 of the frame is 80, of a healthy chip 00/,
  },
  {
    what: 'a first frame after a reset that is answered like any other',
    mutate: (events) => {
      const [frame, number] = find(events, '83d40f00', /^ffffffff/);
      const received = frame.received.map((byte) => (byte === 0xff ? 0 : byte));
      return [withFrame(events, frame, { received }), number];
    },
    kind: 'order',
    behaviour: 'TPM_DID_VID read',
    says: /was answered as a later frame; to a healthy chip it is the first one after a reset/,
  },
  {
    what: 'a frame in the middle that is answered like the first one',
    mutate: (events) => {
      const [frame, number] = find(events, STS_READ);
      return [
        withFrame(events, frame, { received: changedAt(frame.received, 0, 0xff, 0xff, 0xff, 0xff) }),
        number,
      ];
    },
    kind: 'order',
    behaviour: 'TPM_STS read',
    says: /was answered as the first frame after a reset/,
  },
  {
    what: 'a frame that is never answered',
    mutate: (events) => {
      const [frame, number] = find(events, STS_READ);
      const wire = { sent: new Uint8Array(60), received: new Uint8Array(60) };
      wire.sent.set(frame.sent);
      const rise = instant(frame.fall + us(700));
      return [
        delayed(withFrame(events, frame, { ...wire, polled: 56, rise, ending: 'timeout' }), frame, us(700)),
        number,
      ];
    },
    kind: 'order',
    behaviour: 'TPM_STS read',
    says: /never said ready; a healthy chip does after \d+ wait bytes/,
  },
  {
    what: 'a wait of 40 bytes',
    mutate: (events) => {
      const [frame, number] = find(events, STS_READ);
      const more = (bytes: Uint8Array): Uint8Array =>
        Uint8Array.from([...bytes.subarray(0, 4), ...new Array<number>(40).fill(0), ...bytes.subarray(4)]);
      const wire = { sent: more(frame.sent), received: more(frame.received), polled: frame.polled + 40 };
      const rise = instant(frame.rise + us(520));
      return [delayed(withFrame(events, frame, { ...wire, rise }), frame, us(520)), number];
    },
    kind: 'time',
    behaviour: 'wait bytes of a read',
    says: /wait bytes, .* us, were seen; a healthy chip needs 10 to 190 us/,
  },
  {
    what: 'no wait at all',
    mutate: (events) => {
      const [frame, number] = find(events, STS_READ);
      const waits = frame.received.indexOf(1, 4) - 4;
      const less = (bytes: Uint8Array): Uint8Array =>
        Uint8Array.from([...bytes.subarray(0, 4), ...bytes.subarray(4 + waits)]);
      const wire = { sent: less(frame.sent), received: less(frame.received), polled: 1 };
      const rise = instant(frame.fall + 9 * 8000 + 1000);
      return [withFrame(events, frame, { ...wire, rise }), number];
    },
    kind: 'time',
    behaviour: 'wait bytes of a read',
    says: /0 wait bytes/,
  },
  {
    what: 'a pulse that does not come',
    mutate: afterFrame(() => []),
    kind: 'order',
    behaviour: 'ready pulse',
    says: /no pulse was seen on INT_AP_L where a healthy chip gives one/,
  },
  {
    what: 'a second pulse',
    mutate: afterFrame((edges) => [...edges, ...edges.map((edge) => moved(edge, 15_000))]),
    kind: 'order',
    behaviour: 'ready pulse',
    says: /a pulse was seen on INT_AP_L that a healthy chip does not give/,
  },
  {
    what: 'a pulse 3 us after its frame',
    mutate: (events) => {
      const [frame] = find(events, '0ad40024');
      return afterFrame(([fall, rise]) => {
        const by = frame.rise + us(3) - (fall as { at: number }).at;
        return [moved(fall!, by), moved(rise!, by)];
      })(events);
    },
    kind: 'time',
    behaviour: 'ready pulse delay',
    says: /3 us was seen; a healthy chip needs 60 us to 146 us/,
  },
  {
    what: 'a pulse of 2 us',
    mutate: afterFrame(([fall]) => [fall!, { ...moved(fall!, 2000), isAsserted: false } as TraceEvent]),
    kind: 'time',
    behaviour: 'ready pulse width',
    says: /2 us was seen; a healthy chip needs 6.7 us to 12.1 us/,
  },
];

/** Everything behind a frame that takes longer comes later. */
function delayed(events: readonly TraceEvent[], frame: Frame, by: number): TraceEvent[] {
  return events.map((event) => {
    if ('fall' in event)
      return event.fall <= frame.fall
        ? event
        : { ...event, fall: instant(event.fall + by), rise: instant(event.rise + by) };
    if ('at' in event) return event.at <= frame.rise ? event : { ...event, at: instant(event.at + by) };
    return event;
  });
}

test('a healthy chip has no difference to its twin, and every register and command was compared', () => {
  const { differences, agreements, leftOut, frames: count } = compared(healthy);
  expect(differences).toEqual([]);
  expect(leftOut).toBe(0);
  expect(count).toBe(frames(healthy).length);
  for (const behaviour of [
    'TPM_STS read',
    'TPM_DATA_FIFO write',
    'TPM2_PCR_Read',
    'ready pulse',
    'reset',
    'boot',
    'wake',
  ])
    expect(agreements[behaviour]?.agreed, behaviour).toBeGreaterThan(0);
});

for (const { what, mutate, kind, behaviour, says } of PLANTED)
  test(`${what} is found as a difference of ${kind} in ${behaviour}, at its frame`, () => {
    const [events, number] = mutate(healthy);
    const { differences } = compared(events);
    const [first] = differences;
    expect([first?.class, first?.behaviour, first?.frame]).toEqual([kind, behaviour, number]);
    expect(first?.says).toMatch(says);
  });

test('a step of the test is the place of a difference', () => {
  const [frame] = find(healthy, 'abd40024', FIFO_READ);
  const events = withFrame(healthy, frame, { received: changedAt(frame.received, dataOf(frame) + 1, 0xff) });
  expect(compared(events).differences[0]?.step).toBe('1. ask');
});

/** A chip that is otherwise ours and of which the twin is not told. */
for (const { fault, kind, says } of [
  {
    fault: { kind: 'chip-slow-command', time: ms(90) } as const,
    kind: 'time',
    says: /answer is not there .* after the longest time of a healthy chip/,
  },
  {
    fault: { kind: 'chip-long-response', size: 300, commands: { from: 6 } } as const,
    kind: 'value',
    says: /size field says 300/,
  },
  {
    fault: { kind: 'chip-wakes-in', time: ms(3) } as const,
    kind: 'time',
    says: /wait bytes of a write: \d+ wait bytes/,
  },
])
  test(`a chip with ${fault.kind} of which the twin is not told differs by ${kind}`, async () => {
    const [first] = compared(await recordedEvents({ faults: [fault] })).differences;
    expect([first?.class ?? 'nothing', first?.says ?? '']).toEqual([kind, expect.stringMatching(says)]);
  });
