import { expect, test } from '@playwright/test';
import type { WireFrame } from '../../src/trace/index.ts';
import { KEPT_WAIT_BYTES, TraceDigest, TraceRecorder } from '../../src/trace/index.ts';
import { instant } from '../../src/units/index.ts';

const at = (us: number) => instant(us * 1000);

/** Read of ACCESS with `waits` wait bytes. [CHIP 10.2, frame 2] */
function frame(from: number, waits = 2, data = [0xa0]): WireFrame {
  const stall = Array.from({ length: waits }, (_, i) => (i === waits - 1 ? 1 : 0));
  const sent = [0x80, 0xd4, 0, 0, ...stall.map(() => 0), ...data.map(() => 0)];
  return {
    sent: Uint8Array.from(sent),
    received: Uint8Array.of(0, 0, 0, 0, ...stall, ...data),
    pollAt: 4,
    polled: waits,
    fall: at(from),
    rise: at(from + 180),
  };
}

test('every kind of event comes back as it was recorded', () => {
  const recorder = new TraceRecorder();
  recorder.power(true, at(0));
  recorder.edge('TPM_RST_L', false, at(1));
  recorder.mark('step 1', at(2));
  recorder.select(at(3), at(1003));
  recorder.frame(frame(2000));
  recorder.edge('INT_AP_L', true, at(2213));
  recorder.log('warn', 'Timeout during flow control', at(2300));
  recorder.failure(at(2400), at(2410), 'SPI transaction failed');
  expect(recorder.events()).toEqual([
    { kind: 'power', isOn: true, at: 0 },
    { kind: 'edge', line: 'TPM_RST_L', isAsserted: false, at: 1000 },
    { kind: 'mark', text: 'step 1', at: 2000 },
    { kind: 'select', fall: 3000, rise: 1_003_000 },
    {
      kind: 'frame',
      sent: Uint8Array.of(0x80, 0xd4, 0, 0, 0, 0, 0),
      received: Uint8Array.of(0, 0, 0, 0, 0, 1, 0xa0),
      pollAt: 4,
      polled: 2,
      fall: 2_000_000,
      rise: 2_180_000,
      elided: 0,
      ending: 'complete',
    },
    { kind: 'edge', line: 'INT_AP_L', isAsserted: true, at: 2_213_000 },
    { kind: 'log', level: 'warn', text: 'Timeout during flow control', at: 2_300_000 },
    { kind: 'failure', from: 2_400_000, to: 2_410_000, text: 'SPI transaction failed' },
  ]);
  expect(recorder.dropped).toBe(0);
});

test('of a long stall the first and last wait bytes, the data and the count are kept', () => {
  const recorder = new TraceRecorder();
  recorder.frame(frame(0, 5000, [1, 2, 3]));
  const [event] = recorder.events();
  if (event?.kind !== 'frame') throw new Error('A frame was recorded.');
  expect(event.polled).toBe(5000);
  expect(event.elided).toBe(5000 - 2 * KEPT_WAIT_BYTES);
  expect([...event.received]).toEqual([0, 0, 0, 0, ...Array<number>(15).fill(0), 1, 1, 2, 3]);
});

test('a full ring of events drops the oldest and counts them', () => {
  const recorder = new TraceRecorder({ events: 8 });
  for (let i = 0; i < 11; i++) recorder.mark(`step ${i}`, at(i));
  expect(recorder.dropped).toBe(3);
  expect(recorder.events().map((event) => event.kind === 'mark' && event.text)).toEqual([
    ...[3, 4, 5, 6, 7, 8, 9, 10].map((i) => `step ${i}`),
  ]);
});

test('a full ring of bytes drops the frames whose bytes are gone and no other event is altered', () => {
  const recorder = new TraceRecorder({ bytes: 1024 });
  for (let i = 0; i < 100; i++) recorder.frame(frame(1000 * i, 2, Array<number>(16).fill(i)));
  const kept = recorder.events();
  expect(recorder.dropped).toBe(100 - kept.length);
  // 22 bytes each way: 23 frames fill 1012 bytes, and a 24th does not lie together.
  expect(kept).toHaveLength(23);
  kept.forEach((event, i) => {
    if (event.kind !== 'frame') throw new Error('Only frames were recorded.');
    expect([...event.received.subarray(6)]).toEqual(Array<number>(16).fill(77 + i));
  });
});

test('a frame longer than a quarter of the ring keeps its head and its tail', () => {
  const recorder = new TraceRecorder({ bytes: 1024 });
  const sent = Uint8Array.from({ length: 600 }, (_, i) => i & 0xff);
  recorder.frame({ sent, received: sent, pollAt: 4, polled: 1, fall: at(0), rise: at(9) });
  const [event] = recorder.events();
  if (event?.kind !== 'frame') throw new Error('A frame was recorded.');
  expect([event.sent.length, event.elided]).toEqual([256, 344]);
  expect([event.sent[0], event.sent[11], event.sent[12], event.sent[255]]).toEqual([
    0,
    11,
    356 & 0xff,
    599 & 0xff,
  ]);
});

test('an edge that is stamped late is replayed at its own moment', () => {
  const recorder = new TraceRecorder();
  recorder.frame(frame(0));
  recorder.frame(frame(1000));
  recorder.edge('INT_AP_L', true, at(220));
  expect(recorder.events().map(({ kind }) => kind)).toEqual(['frame', 'edge', 'frame']);
});

test('a cleared recorder is empty, and so is its count of losses', () => {
  const recorder = new TraceRecorder({ events: 2 });
  for (let i = 0; i < 5; i++) recorder.frame(frame(i * 1000));
  recorder.clear();
  expect([recorder.events(), recorder.dropped, recorder.length]).toEqual([[], 0, 0]);
});

test('the memory of the default recorder is at most 2 MiB', () => {
  expect(new TraceRecorder().memory).toBeLessThan(2 << 20);
});

test('two runs of the same frames and times have one digest, and a byte or a nanosecond changes it', () => {
  const digest = (...frames: WireFrame[]) => {
    const taken = new TraceDigest();
    for (const one of frames) taken.frame(one);
    return taken.hex();
  };
  const first = digest(frame(0), frame(1000));
  expect(digest(frame(0), frame(1000))).toBe(first);
  expect(digest(frame(1000), frame(0))).not.toBe(first);
  expect(digest(frame(0), frame(1000, 2, [0xa1]))).not.toBe(first);
  expect(digest(frame(0), { ...frame(1000), rise: instant(1_180_001) })).not.toBe(first);
});

test('a digest over more than its buffer equals that of its recorder replayed', () => {
  const live = new TraceDigest();
  const recorder = new TraceRecorder();
  for (let i = 0; i < 3000; i++) {
    live.frame(frame(1000 * i));
    recorder.frame(frame(1000 * i));
  }
  const replayed = new TraceDigest();
  recorder.replay(replayed);
  expect(live.hex()).toBe(replayed.hex());
});
