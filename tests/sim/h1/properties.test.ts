import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import type { FrameDisturbance, TimingOptions } from '../../../src/sim/index.ts';
import type { Duration } from '../../../src/units/index.ts';
import { ms, ns, seconds, us } from '../../../src/units/index.ts';
import { hex, Pins } from './pins.ts';

const VERSIONS = ['0.0.16', '0.0.17', '0.0.25', '0.3.10', '0.3.22', '0.4.18', '0.5.4', '0.5.29', '0.5.280'];

type Operation =
  | { readonly kind: 'select' | 'deselect' | 'release reset' | 'assert reset' | 'power on' | 'power off' }
  | { readonly kind: 'bytes'; readonly bytes: readonly number[] }
  | { readonly kind: 'wait'; readonly duration: Duration }
  | { readonly kind: 'disturb'; readonly disturbance: FrameDisturbance };

/** Bytes that reach further than chance alone: headers of real registers with random sizes and data. */
const frameBytes = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 24 }),
  fc
    .tuple(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x000, 0x008, 0x014, 0x018, 0x024, 0xf00, 0xf90, 0xfe0, 0x1018),
      fc.array(fc.constantFrom(0x00, 0x02, 0x20, 0x40, 0x80, 0xff), { maxLength: 80 }),
    )
    .map(([size, register, data]) => [size, 0xd4, register >> 8, register & 0xff, ...data]),
);

const duration = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map((count) => us(count)),
  fc.integer({ min: 0, max: 100 }).map((count) => ms(count)),
  fc.integer({ min: 0, max: 40 }).map((count) => seconds(count)),
);

const disturbance: fc.Arbitrary<FrameDisturbance> = fc.oneof(
  fc.constant({}),
  fc.record({ waitBytes: fc.constantFrom(0, 1, 9, 600, Infinity) }),
  fc.record({ stallTime: fc.constantFrom(us(0), us(90), ms(20)) }),
  fc.record({ busyAfter: fc.constantFrom(us(5), ms(3)), earlyReady: fc.boolean() }),
  fc.record({
    pulse: fc.record({
      delayBy: fc.constantFrom(us(0), us(3), ms(2)),
      againAfter: fc.constantFrom(us(4), us(50)),
    }),
  }),
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: frameBytes.map((bytes) => ({ kind: 'bytes' as const, bytes })) },
  { weight: 6, arbitrary: duration.map((d) => ({ kind: 'wait' as const, duration: d })) },
  { weight: 5, arbitrary: fc.constant({ kind: 'select' as const }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'deselect' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'assert reset' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'release reset' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'power off' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'power on' as const }) },
  { weight: 1, arbitrary: disturbance.map((d) => ({ kind: 'disturb' as const, disturbance: d })) },
);

function perform(pins: Pins, step: Operation): void {
  const { chip, clock } = pins;
  switch (step.kind) {
    case 'select':
      chip.select();
      break;
    case 'deselect':
      chip.deselect();
      break;
    case 'bytes':
      for (const byte of step.bytes) {
        const miso = pins.byte(byte);
        if (!Number.isInteger(miso) || miso < 0 || miso > 255) throw new Error(`MISO carried ${miso}.`);
      }
      break;
    case 'wait':
      clock.advance(step.duration);
      break;
    case 'assert reset':
    case 'release reset':
      chip.setReset(step.kind === 'assert reset');
      break;
    case 'power on':
    case 'power off':
      chip.setPower(step.kind === 'power on');
      break;
    case 'disturb':
      chip.disturb = () => step.disturbance;
      break;
  }
}

/**
 * Counters never fall, INT_AP_L alternates with as many assertions as pulses counted, and there are no more of them than
 * frames with data. Before 0.0.26 an empty CS assertion may make one too, or cut a frame in two. [CHIP 7]
 */
function checkInvariants(pins: Pins, before: Pins['chip']['counters'], mayDouble: boolean): void {
  const { counters } = pins.chip;
  for (const key of Object.keys(before) as (keyof typeof before)[])
    if (counters[key] < before[key]) throw new Error(`${key} fell from ${before[key]} to ${counters[key]}.`);
  if (counters.readyPulses !== pins.pulses.length)
    throw new Error(`${counters.readyPulses} pulses counted, ${pins.pulses.length} seen.`);
  const open = pins.pulses.filter(({ end }) => end === undefined).length;
  if (open !== (pins.chip.readyIsAsserted ? 1 : 0)) throw new Error(`${open} pulses have no end.`);
  const isOld = / 0\.0\.(16|17|25)$/.test(pins.chip.description);
  const selects = counters.frames + (isOld ? counters.emptySelects : 0);
  if (!mayDouble && counters.readyPulses > selects)
    throw new Error(`${counters.readyPulses} pulses follow ${selects} frames.`);
}

/** In whatever state the chip was left: switched on, out of reset and awake, it tells a legal status. */
function checkStatus(pins: Pins): void {
  const { chip, clock } = pins;
  chip.disturb = undefined;
  chip.deselect();
  chip.setPower(true);
  chip.setReset(false);
  clock.advance(seconds(1));
  pins.pulse(ms(1));
  pins.read(0x00, 1);
  const [flags, low, high, family] = pins.read(0x18, 4);
  const burst = low! | (high! << 8);
  if (burst < 1 || burst > 63) throw new Error(`The burst count is ${burst}.`);
  if (family !== 0x04 || (flags! & 0x80) === 0)
    throw new Error(`The status is ${hex([flags!, low!, high!, family!])}.`);
}

test('no sequence of bytes, edges, resets and time throws, hangs, breaks an invariant or leaves the chip dead', () => {
  let operations = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...VERSIONS),
      fc.integer(),
      fc.array(operation, { minLength: 100, maxLength: 120, size: 'max' }),
      (firmware, seed, steps) => {
        const pins = new Pins({ firmware, seed }).boot();
        const mayDouble = steps.some(
          (step) => step.kind === 'disturb' && step.disturbance.pulse?.againAfter !== undefined,
        );
        let before = pins.chip.counters;
        for (const step of steps) {
          perform(pins, step);
          checkInvariants(pins, before, mayDouble);
          before = pins.chip.counters;
        }
        operations += steps.length;
        checkStatus(pins);
        // Switched off and on, it has the status of a first power-up.
        pins.chip.disturb = undefined;
        pins.chip.deselect();
        pins.chip.setPower(false);
        pins.chip.setReset(true);
        pins.clock.advance(ms(1));
        pins.ready();
        if (hex(pins.read(0xf00, 4)) !== 'e0 1a 28 00') throw new Error('The chip does not answer any more.');
        if (hex(pins.read(0x18, 4)) !== '80 3f 00 04')
          throw new Error('The status is not that of a first power-up.');
      },
    ),
    { numRuns: 1000 },
  );
  expect(operations).toBeGreaterThanOrEqual(100_000);
});

/** A host that leaves the chip the time it needs. */
const pacedFrames = fc.array(frameBytes, { minLength: 1, maxLength: 40 });

test('with a millisecond between frames there is one pulse for each frame with data and none for empty ones', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('0.0.18', '0.3.22', '0.5.4', '0.5.280'),
      fc.integer(),
      pacedFrames,
      (firmware, seed, frames) => {
        const pins = new Pins({ firmware, seed, gap: ms(1) }).ready();
        for (const bytes of frames) pins.frame(bytes);
        const { counters } = pins.chip;
        return (
          pins.pulses.length === frames.filter((bytes) => bytes.length > 0).length &&
          counters.mergedFrames === 0 &&
          counters.lostFrames === 0
        );
      },
    ),
    { numRuns: 400 },
  );
});

test('whatever was written, STS tells family 1, stsValid and a burst of 1 to 63, and only known flags', () => {
  fc.assert(
    fc.property(fc.constantFrom(...VERSIONS), fc.integer(), pacedFrames, (firmware, seed, frames) => {
      const pins = new Pins({ firmware, seed, gap: ms(1) }).ready();
      return frames.every((bytes) => {
        pins.frame(bytes);
        const [flags, low, high, family] = pins.read(0x18, 4);
        const burst = low! | (high! << 8);
        return burst >= 1 && burst <= 63 && family === 0x04 && (flags! & 0x80) !== 0 && (flags! & 0x27) === 0;
      });
    }),
    { numRuns: 400 },
  );
});

test('what was written to the FIFO reaches the TPM byte for byte, however it was cut into frames', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 2048 }),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
      (command, sizes) => {
        // Vendor commands do not reach the TPM; a short command's code ends with what lies in the buffer, zeros here.
        const code = Buffer.concat([command, Buffer.alloc(10)]).readUInt32BE(6);
        fc.pre(code !== 0x20000000 && code !== 0xbaccd00a);
        const pins = new Pins({ timing: { taskLatency: ns(0), commandTime: ns(0) } }).ready();
        pins.write(0x18, [0x40]);
        for (let at = 0, i = 0; at < command.length; i++) {
          const part = command.subarray(at, at + sizes[i % sizes.length]!);
          pins.write(0x24, [...part]);
          at += part.length;
        }
        pins.write(0x18, [0x20]);
        return hex(pins.engine.executed[0]!) === hex([...command]);
      },
    ),
    { numRuns: 100 },
  );
});

test('pinned wait bytes are kept by every frame', () => {
  const frame = fc.tuple(fc.nat(64), fc.nat(12));
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), fc.nat(20), (frames, waitBytes) => {
      const timing: TimingOptions = { waitBytes };
      const pins = new Pins({ timing }).ready();
      return frames.every(([extra]) => {
        const miso = pins.frame([
          0x83,
          0xd4,
          0x0f,
          0x00,
          ...new Array<number>(waitBytes + 5 + extra).fill(0),
        ]);
        const expected = [0, 0, 0, 0, ...new Array<number>(waitBytes).fill(0), 1, 0xe0, 0x1a, 0x28, 0];
        return hex(miso) === hex([...expected, ...new Array<number>(extra).fill(0)]);
      });
    }),
    { numRuns: 100 },
  );
});
