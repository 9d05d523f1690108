import { expect, test } from '@playwright/test';
import type { TraceEvent } from '../../src/trace/index.ts';
import type { TwinOptions } from '../../src/twin/index.ts';
import { later, us } from '../../src/units/index.ts';
import type { Frame } from './recorded.ts';
import { compared, recordedEvents } from './recorded.ts';

const SEED = 7;
const healthy = await recordedEvents({ seed: SEED });
const differences = (events: readonly TraceEvent[], options: Partial<TwinOptions>): string[] =>
  compared(events, options).differences.map(({ class: kind, behaviour }) => `${kind} ${behaviour}`);

const KNOWN = { chip: { seed: SEED }, sharedChance: 'yes' } as const;
const PERHAPS = { chip: { seed: SEED }, sharedChance: 'perhaps' } as const;
const OTHER = { chip: { seed: SEED + 1 }, sharedChance: 'perhaps' } as const;

/** Index of the read that ends the response to the second command for random bytes, of which 44 bytes are read at once. */
function secondRandom(): number {
  const reads = healthy.flatMap((event, at) =>
    event.kind === 'frame' && event.sent[0] === (0x80 | 43) && event.sent[3] === 0x24 ? [at] : [],
  );
  return reads[1] ?? -1;
}

/** The last byte of those random bytes is another one. */
function withOtherByte(): readonly TraceEvent[] {
  const at = secondRandom();
  const frame = healthy[at] as Frame;
  const received = frame.received.slice();
  received[received.length - 1]! ^= 1;
  return healthy.with(at, { ...frame, received });
}

/** The pulse behind that read comes 3 us later than it came, within the band of a healthy chip. */
function withLaterPulse(): readonly TraceEvent[] {
  const from = (healthy[secondRandom()] as Frame).rise;
  let left = 2;
  return healthy.map((event) => {
    if (event.kind !== 'edge' || event.line !== 'INT_AP_L' || event.at < from || left === 0) return event;
    left--;
    return { ...event, at: later(event.at, us(3)) };
  });
}

test('a twin that draws what the chip draws finds no difference', () => {
  for (const options of [KNOWN, PERHAPS, OTHER]) expect(differences(healthy, options)).toEqual([]);
});

test('it knows random bytes, as soon as it is known to draw the same', () => {
  expect(secondRandom()).toBeGreaterThan(0);
  const events = withOtherByte();
  for (const options of [KNOWN, PERHAPS])
    expect(differences(events, options)[0]).toBe('value TPM2_GetRandom');
  expect(differences(events, OTHER)).toEqual([]);
});

test('it knows each latency to the nanosecond', () => {
  const events = withLaterPulse();
  expect(differences(events, KNOWN)[0]).toBe('time ready pulse delay');
  for (const options of [PERHAPS, OTHER]) expect(differences(events, options)).toEqual([]);
});
