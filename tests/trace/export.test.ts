import { expect, test } from '@playwright/test';
import {
  bytesInMemory,
  checkRules,
  jsonLines,
  limited,
  openCapture,
  PULSE_DELAY,
  renderBreach,
  renderHtml,
  renderJsonLines,
  renderPcapng,
  renderText,
  renderTimeline,
  renderTraceEvents,
  renderVcd,
  TraceDecoder,
  TraceRecorder,
  writeVcd,
} from '../../src/trace/index.ts';
import type { TraceHead, TraceSource } from '../../src/trace/index.ts';
import { hertz, instant, ns } from '../../src/units/index.ts';
import type { Event, FrameEvent } from './good-trace.ts';
import { goodTrace, sourceOf } from './good-trace.ts';

const GOOD = sourceOf(goodTrace({ pulses: true, gapUs: 300 }));

test('a trace as text has one aligned line an event, with its time, measures and meaning', () => {
  const lines = renderText(GOOD).split('\n');
  expect(lines[0]).toBe(
    '26 frames, 1 empty CS assertions, 2 commands; times in ms on the clock of the trace',
  );
  expect(lines).toContain(
    '     2001.3500        150.0     2  40.0 + 9.0      read  TPM_ACCESS           a0                       valid activeLocality',
  );
  expect(lines).toContain('     2003.1500                                     >> TPM2_Shutdown, 12 bytes');
  expect(lines).toContain(
    '     2006.4500                                     << TPM_RC_SUCCESS, 10 bytes, dataAvail after 750 us',
  );
  expect(lines.filter((line) => line.includes('== suspended'))).toHaveLength(1);
});

test('text of commands alone leaves out the frames', () => {
  const text = renderText(GOOD, { commandsOnly: true });
  expect(text).toContain('>> TPM2_PCR_Read, 10 bytes');
  expect(text).toContain('<< TPM_RC_COMMAND_SIZE, 10 bytes, dataAvail after 900.75 ms');
  expect(text).not.toContain('TPM_STS');
});

test('equal polls in a row are shown as the first, a count and the last', () => {
  const events = goodTrace({ pulses: true, gapUs: 300 });
  const poll = events.filter((event) => event.kind === 'frame')[12]!;
  const polls = Array.from({ length: 9 }, (_, i) => {
    const fall = instant(10_000_000_000 + i * 1_000_000);
    const rise = instant(fall + 150_000);
    return [
      { ...poll, fall, rise },
      { kind: 'edge', line: 'INT_AP_L', isAsserted: true, at: instant(rise + 40_000) } as const,
      { kind: 'edge', line: 'INT_AP_L', isAsserted: false, at: instant(rise + 49_000) } as const,
    ];
  });
  const lines = renderText(sourceOf(polls.flat())).trimEnd().split('\n').slice(2);
  expect(lines.map((line) => line.trim().slice(0, 22).trim())).toEqual([
    '10000.0000        150.',
    '… 7 more like this',
    '10008.0000        150.',
  ]);
});

test('violations stand in the text at their time', () => {
  const violations = checkRules(GOOD, [limited(PULSE_DELAY, { most: 39 })]);
  expect(renderText(GOOD, { violations: violations.slice(0, 1) })).toContain(
    '     2000.1900                                     !! pulse-delay: 40 us was seen; allowed: at most 39 us. [CHIP 1.4] [CHIP 3]',
  );
});

test('a recorder that lost events says so in its text and in its VCD', () => {
  const recorder = new TraceRecorder({ events: 4 });
  for (let i = 0; i < 10; i++) recorder.mark(`step ${i}`, instant(i));
  expect(renderText(recorder)).toContain('6 earlier events were overwritten and are not shown');
  expect(renderVcd(recorder, { sck: hertz(1e6) })).toContain('6 earlier events were overwritten');
  expect(renderJsonLines(recorder)).toContain('"dropped":6');
});

test('text that is cut to its last lines says how many are left out', () => {
  const text = renderText(GOOD, { lines: 5 });
  expect(text).toMatch(/\d+ earlier lines are left out/);
  expect(text.trimEnd().split('\n')).toHaveLength(8);
});

test('a trace as VCD is read back with the same bytes, edges and pulses', () => {
  const vcd = renderVcd(GOOD, { sck: hertz(1e6), unitNs: 1 });
  expect(vcd).toContain('$comment Bit times are reconstructed at 1000000 Hz');
  const texts = (source: { replay: typeof GOOD.replay }) => {
    const found: string[] = [];
    const decoder = new TraceDecoder({
      access: (access) =>
        found.push(
          `${access.fall} ${access.rise} ${access.pulseFrom} ${access.pulseTo} ${Buffer.from(access.sent).toString('hex')} ${Buffer.from(access.received).toString('hex')}`,
        ),
      select: (fall, rise) => found.push(`${fall} ${rise}`),
    });
    source.replay(decoder);
    decoder.end();
    return found;
  };
  const back = openCapture(bytesInMemory(Buffer.from(vcd)));
  expect(texts(back)).toEqual(texts(GOOD));
});

/** Two frames of 30 MHz, 1.2 s apart. */
function fast(): Event[] {
  const [frame] = goodTrace({ pulses: false, gapUs: 300 }).filter(
    ({ kind }) => kind === 'frame',
  ) as FrameEvent[];
  return [0, 1_200_000_000].map((fall) => ({ ...frame!, fall: instant(fall), rise: instant(fall + 3000) }));
}

test('a VCD begins shortly before its first event and takes a coarser unit when it is long', () => {
  const frames = goodTrace({ pulses: true, gapUs: 300 }).filter(({ kind }) => kind === 'frame');
  const short = renderVcd(sourceOf(frames.slice(0, 1)), { sck: hertz(1e6) });
  expect(short).toContain('$timescale 1 ns $end');
  expect(short).toContain('\n#1999999900\n$dumpvars');
  expect(renderVcd(GOOD, { sck: hertz(1e6) })).toContain('$timescale 100 ns $end');
  // A bus of 30 MHz has changes every 17 ns, however long the trace is.
  expect(renderVcd(sourceOf(fast()), { sck: hertz(30e6) })).toContain('$timescale 1 ns $end');
});

test('a VCD is written in pieces no longer than one frame makes them, however long the trace is', () => {
  const frame = goodTrace({ pulses: true, gapUs: 300 }).find(({ kind }) => kind === 'frame') as FrameEvent;
  const { fall, rise } = frame;
  const longestOf = (count: number): number => {
    const frames = Array.from({ length: count }, (_, i) => ({
      ...frame,
      fall: instant(fall + i * 1_000_000),
      rise: instant(rise + i * 1_000_000),
    }));
    const lengths: number[] = [];
    writeVcd(sourceOf(frames), (piece) => lengths.push(piece.length), { sck: hertz(1e6), unitNs: 100 });
    // The header, and every frame.
    expect(lengths).toHaveLength(1 + count);
    return Math.max(...lengths.slice(1));
  };
  expect(longestOf(1000)).toBe(longestOf(10));
});

test('an edge inside a frame stands at its own time in a VCD', () => {
  const frame = goodTrace({ pulses: true, gapUs: 300 }).find(({ kind }) => kind === 'frame') as FrameEvent;
  const at = instant(frame.fall + 12_345);
  const lines = renderVcd(sourceOf([frame, { kind: 'edge', line: 'INT_AP_L', isAsserted: true, at }]), {
    sck: hertz(1e6),
    unitNs: 1,
  }).split('\n');
  const times = lines.filter((line) => line.startsWith('#')).map((line) => Number(line.slice(1)));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(lines[lines.indexOf('0%') - 1]).toBe(`#${at}`);
});

test('commands and responses as pcapng are IPv4 and TCP packets of the TPM port, with the time of each', () => {
  const file = Buffer.from(renderPcapng(GOOD));
  const packets: { ports: number[]; payload: string; at: number; comment: string }[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    const length = file.readUInt32LE(at + 4);
    expect(file.readUInt32LE(at + length - 4)).toBe(length);
    if (file.readUInt32LE(at) !== 6) continue;
    const size = file.readUInt32LE(at + 20);
    const packet = file.subarray(at + 28, at + 28 + size);
    const option = at + 28 + ((size + 3) & ~3);
    packets.push({
      ports: [packet.readUInt16BE(20), packet.readUInt16BE(22)],
      payload: packet.subarray(40).toString('hex'),
      at: file.readUInt32LE(at + 12) * 2 ** 32 + file.readUInt32LE(at + 16),
      comment: file.subarray(option + 4, option + 4 + file.readUInt16LE(option + 2)).toString(),
    });
  }
  expect(file.readUInt32LE(0)).toBe(0x0a0d0d0a);
  expect(packets.map(({ payload }) => payload)).toEqual([
    '80010000000c000001450000',
    '80010000000a00000000',
    '80010000000a0000017e',
    '80010000000a00000142',
  ]);
  expect(packets.slice(0, 2).map(({ ports }) => ports)).toEqual([
    [50000, 2321],
    [2321, 50000],
  ]);
  expect(packets[0]).toMatchObject({ at: 2_005_100_000, comment: 'TPM2_Shutdown' });
  expect(packets[1]?.comment).toBe('TPM_RC_SUCCESS, dataAvail after 750 us');
});

test('a trace as trace events has its commands, frames and pulses as spans in microseconds', () => {
  const { traceEvents } = JSON.parse(renderTraceEvents(GOOD)) as {
    traceEvents: { ph: string; name: string; ts: number; dur: number }[];
  };
  const command = traceEvents.find(({ name }) => name === 'TPM2_Shutdown');
  expect(command).toMatchObject({ ph: 'X', ts: 2_003_150, dur: 3300 });
  expect(traceEvents.filter(({ name }) => name === 'ready pulse')).toHaveLength(26);
  expect(traceEvents.find(({ name }) => name === 'suspended')).toMatchObject({ ph: 'i' });
});

test('a picture of one frame has its bytes, its times, its meaning and its note, and no other frame', () => {
  const svg = renderTimeline(GOOD, {
    from: instant(2_001_300_000),
    to: instant(2_001_700_000),
    title: 'a < b',
    notes: [{ at: instant(2_001_540_000), text: 'pulse-width: 2 us & no more' }],
  });
  expect(svg).toContain('>a &lt; b</text>');
  expect(svg).toContain('>#3 read TPM_ACCESS</text>');
  expect(svg).toContain('>valid activeLocality</text>');
  expect(svg).toContain('>pulse-width: 2 us &amp; no more</text>');
  expect(svg).toContain('>2001.3500 ms</text>');
  // 7 bytes on each of two wires, as goodTrace sends and receives them.
  const bytes = [...svg.matchAll(/text-anchor="middle">([0-9a-f]{2})<\/text>/g)].map(([, byte]) => byte);
  expect(bytes.join(' ')).toBe('80 d4 00 00 00 00 00 00 00 00 00 00 01 a0');
  // CS low, then the pulse: 40 us later, 9 us wide.
  const times = [...svg.matchAll(/font-size="10"[^>]*>([^<]+)<\/text>/g)].map(([, time]) => time);
  expect(times).toEqual(['150 us', '40 us', '9 us']);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).not.toContain('TPM_STS');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('a picture of a whole trace keeps every frame within its width', () => {
  const svg = renderTimeline(GOOD, { from: instant(0), to: instant(9e9) });
  expect(svg.match(/>#\d+ (read|write) /g)).toHaveLength(26);
  expect(svg).toContain('>TPM_RST_L</text>');
  const width = Number(/width="(\d+)"/.exec(svg)?.[1]);
  const ends = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map(
    ([, x, w]) => Number(x) + Number(w),
  );
  expect(Math.max(...ends)).toBeLessThan(width);
  const points = [...svg.matchAll(/(?<=[ "])([\d.]+),[\d.]+/g)].map(([, x]) => Number(x));
  expect(Math.max(...points)).toBeLessThanOrEqual(width);
});

test('a picture with more frames than it has room for says how many are left out', () => {
  const [poll] = goodTrace({ pulses: false, gapUs: 300 }).filter(({ kind }) => kind === 'frame');
  const polls = Array.from({ length: 75 }, (_, i): Event => {
    const fall = instant(i * 1_000_000);
    return { ...(poll as Extract<Event, { kind: 'frame' }>), fall, rise: instant(fall + 150_000) };
  });
  const svg = renderTimeline(sourceOf(polls), { from: instant(0), to: instant(1e9) });
  expect(svg).toContain('>15 CS assertions more are left out</text>');
});

test('long stalls and long data are shortened in a picture, and their bytes are counted', () => {
  const frame = goodTrace({ pulses: false, gapUs: 300 }).find(({ kind }) => kind === 'frame');
  const data = Array.from({ length: 64 }, (_, i) => i);
  const long = {
    ...(frame as Extract<Event, { kind: 'frame' }>),
    sent: Uint8Array.from([0x3f, 0xd4, 0, 0x24, ...Array<number>(20).fill(0), ...data]),
    received: Uint8Array.from([0, 0, 0, 0, ...Array<number>(19).fill(0), ...Array<number>(65).fill(1)]),
    polled: 20,
  };
  const svg = renderTimeline(sourceOf([long]), { from: instant(0), to: instant(9e9) });
  // 19 wait bytes: 4 shown, 15 counted; the ready byte. 64 data bytes: 22 shown, 41 counted, the last one shown.
  expect(svg).toContain('>+15</text>');
  expect(svg).toContain('>+41</text>');
  expect(svg).toContain('>3f</text>');
});

test('the picture of a breach shows two CS assertions before it, its own, and the next one', () => {
  const [breach] = checkRules(GOOD, [limited(PULSE_DELAY, { most: 39 })]).slice(5);
  const svg = renderBreach(GOOD, breach!);
  expect([...svg.matchAll(/>#(\d+) /g)].map(([, index]) => index)).toEqual(['3', '4', '5', '6']);
  expect(svg).toContain(
    '>pulse-delay: The ready pulse follows its frame in 250 us at most, later only while the chip may write flash</text>',
  );
  expect(svg).toContain('>40 us was seen; allowed: at most 39 us. [CHIP 1.4] [CHIP 3]</text>');
});

test('a window in which nothing lies is refused, and says where the trace is', () => {
  expect(() => renderTimeline(GOOD, { from: instant(9e9), to: instant(10e9) })).toThrow(
    /^Nothing lies from 9000\.0000 ms to 10000\.0000 ms: the trace goes from 2000\.0000 ms to \d+\.\d{4} ms\.$/,
  );
  expect(() => renderTimeline(sourceOf([]), { from: instant(0), to: instant(1000) })).toThrow(
    /the trace has no CS assertion\.$/,
  );
});

test('a picture without an end says where the trace ends', () => {
  const svg = renderTimeline(GOOD, { from: instant(0), to: instant(Infinity) });
  expect(svg).toMatch(/>from 0\.0000 ms to \d+\.\d{4} ms on the clock of the trace; not to scale</);
});

test('a trace as a page holds its frames, commands, steps and breaches, and needs nothing else', () => {
  const violations = checkRules(GOOD, [limited(PULSE_DELAY, { most: 39 })]).slice(0, 1);
  const html = renderHtml(GOOD, { title: 'a < b', violations });
  expect(html).toContain('<h1>a &lt; b</h1>');
  const items = JSON.parse(/^const ITEMS = (.*);$/m.exec(html)![1]!) as [number, number, number, string][];
  const lane = (index: number) => items.filter(([at]) => at === index);
  expect(lane(3)).toHaveLength(26 + 1);
  expect(lane(2).map(([, from, length, label]) => [from, length, label])[0]).toEqual([
    2_003_150,
    3300,
    'TPM2_Shutdown',
  ]);
  expect(lane(0).map(([, , , label]) => label)).toEqual(['suspended', 'resumed']);
  expect(lane(1).map(([, , , label]) => label)).toEqual(['pulse-delay']);
  expect(lane(4)).toHaveLength(26);
  expect(html).not.toMatch(/(src|href)=|https?:/);
});

test('what a trace says cannot end the script of its page', () => {
  const recorder = new TraceRecorder();
  recorder.mark('</script><script>alert(1)</script>', instant(5));
  recorder.mark('console: hello', instant(6));
  const html = renderHtml(recorder);
  expect(html.match(/<\/script>/g)).toHaveLength(1);
  expect(html).toContain('[7,0.006,0,"console: hello"');
});

test('a frame that was held low shows as such in every rendering', () => {
  const events: Event[] = goodTrace({ pulses: true, gapUs: 300 }).slice(0, 6);
  const frame = events.find((event) => event.kind === 'frame')!;
  frame.ending = 'held';
  const trace = sourceOf(events);
  expect(renderText(trace)).toContain('CS stays asserted');
  expect(renderJsonLines(trace)).toContain('"ending":"held"');
});

test('a trace file says what was recorded, and keeps what a frame lacks', () => {
  const head = {
    dropped: 3,
    resolution: ns(125),
    watched: ['INT_AP_L'],
    missing: ['miso'],
  } as const satisfies TraceHead;
  const lines: string[] = [];
  const sink = jsonLines((line) => lines.push(line), head);
  const frame = { sent: Uint8Array.of(1), received: Uint8Array.of(2), pollAt: 4, polled: -1 };
  sink.frame({ ...frame, fall: instant(1000), rise: instant(2000), spareClocks: 3, hasGlitch: true });
  sink.end();
  const read = openCapture(bytesInMemory(Buffer.from(lines.join(''))));
  expect(read).toMatchObject(head);
  expect(renderJsonLines(read, head)).toBe(lines.join(''));
});

for (const [what, first] of [
  ['a negative count', { kind: 'trace', version: 1, dropped: -1 }],
  ['a text for a count', { kind: 'trace', version: 1, dropped: 'many' }],
  ['a line that there is not', { kind: 'trace', version: 1, watched: ['SDA'] }],
  ['no list of lines', { kind: 'trace', version: 1, missing: 'miso' }],
  ['a resolution of half a nanosecond', { kind: 'trace', version: 1, resolutionNs: 0.5 }],
] as const)
  test(`a trace file whose first line has ${what} is refused with a sentence`, () => {
    expect(() => openCapture(bytesInMemory(Buffer.from(`${JSON.stringify(first)}\n`)))).toThrow(
      /trace.*byte 0/,
    );
  });

test('a VCD has no line that was not recorded, and x while nobody knows a level', () => {
  const source: TraceSource = {
    dropped: 0,
    replay: (sink) => {
      sink.edge('INT_AP_L', true, instant(1000));
      sink.unseen?.('INT_AP_L', true, instant(2000));
      sink.unseen?.('INT_AP_L', false, instant(3000));
      sink.frame({
        sent: Uint8Array.of(0x80),
        received: Uint8Array.of(0xff),
        pollAt: 4,
        polled: -1,
        fall: instant(4000),
        rise: instant(20_000),
      });
    },
  };
  const vcd = renderVcd(source, { sck: hertz(1e6), missing: ['miso'] });
  expect(vcd).not.toMatch(/MISO|^[01]\$$/m);
  expect(vcd).toMatch(/\n0%\n#\d+\nx%\n#\d+\n0%\n/);
});
