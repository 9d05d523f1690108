import { expect, test } from '@playwright/test';
import { ms, ns, us, ZERO } from '../../../src/units/index.ts';
import type { Scenario } from '../../golden/vectors.ts';
import { derivedScenarios, frameScenarios } from '../../golden/vectors.ts';
import { hex, Pins } from './pins.ts';

/** The tree whose files gave the answers. [CHIP 0] */
const NEWEST = '0.5.280';

/** Fast enough that a whole scenario passes within one 100 us pulse: the scenarios know no time but their notes. */
const BYTE = ns(100);
const PULSE_DELAY = us(1);
const PULSE_WIDTH = ns(500);
const AFTER_FRAME = us(2);

function pinsFor(scenario: Scenario): Pins {
  const isSlowTask = scenario.steps.some((step) => step.kind === 'frame' && step.taskWaits);
  const pins = new Pins({
    firmware: NEWEST,
    byteTime: BYTE,
    gap: AFTER_FRAME,
    timing: {
      waitBytes: scenario.waitBytes,
      pulseDelay: PULSE_DELAY,
      pulseWidth: PULSE_WIDTH,
      taskLatency: isSlowTask ? ms(1) : ZERO,
      commandTime: ZERO,
      resetTime: us(1),
      bootTime: us(1),
    },
  });
  pins.boot();
  if (!scenario.isFresh) pins.frame([0x80, 0xd4, 0, 0, 0, 0]);
  return pins;
}

function play(scenario: Scenario): void {
  const pins = pinsFor(scenario);
  const { engine, chip, clock } = pins;
  for (const step of scenario.steps) {
    if (step.kind === 'note') {
      follow(pins, step.line);
      continue;
    }
    pins.pulses.length = 0;
    engine.executed.length = 0;
    const miso = pins.frame(step.mosi, step.isHandledLate ? ZERO : AFTER_FRAME);
    expect(hex(miso), step.line).toBe(hex(step.miso));
    expect(pins.pulses.length, `ready pulses after ${step.line}`).toBe(step.pulses);
    if (step.level !== undefined) expect(chip.readyIsAsserted, step.line).toBe(step.level === 0);
    if (step.executes !== undefined) {
      clock.advance(ms(2));
      expect(engine.executed.map(hex), step.line).toEqual([hex(step.executes)]);
    } else {
      expect(engine.executed, step.line).toEqual([]);
    }
  }
}

function follow(pins: Pins, note: string): void {
  const size = /stub response size=(\d+)/.exec(note)?.[1];
  if (size !== undefined) {
    pins.engine.size = Number(size);
  } else if (note.includes('32 frames')) {
    fillFifo(pins);
  } else if (note.includes('31 frames')) {
    for (let frame = 0; frame < 31; frame++) append(pins, 64);
    append(pins, 62);
  } else if (note.includes('CS pulse, no clocks')) {
    pins.pulses.length = 0;
    pins.pulse();
    expect(pins.pulses, note).toEqual([]);
  } else if (note.includes('TPM reset')) {
    const before = pins.chip.counters.resets;
    pins.chip.setReset(true);
    pins.clock.advance(AFTER_FRAME);
    pins.chip.setReset(false);
    pins.clock.advance(AFTER_FRAME);
    expect(pins.chip.counters.resets - before, note).toBe(note.includes('accepted') ? 1 : 0);
  } else if (note.includes('100 us timer expires')) {
    pins.clock.advance(us(100));
    expect(pins.chip.readyIsAsserted, note).toBe(note.includes('INT_AP_L low'));
  } else {
    throw new Error(`No test knows what to do at "${note}".`);
  }
}

/** 2048 bytes of a command that says it has 2048. */
function fillFifo(pins: Pins): void {
  const start = [0x80, 0x01, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01, 0x44];
  for (let frame = 0; frame < 32; frame++) {
    const data = Array.from({ length: 64 }, (_, i) => (frame === 0 ? start[i] : undefined) ?? 0x11);
    const miso = pins.frame([0x3f, 0xd4, 0x00, 0x24, 0x00, ...data]);
    expect(hex(miso)).toBe(hex([0, 0, 0, 0, ...new Array<number>(65).fill(1)]));
  }
}

function append(pins: Pins, size: number): void {
  const miso = pins.frame([size - 1, 0xd4, 0x00, 0x24, 0x00, ...new Array<number>(size).fill(0x11)]);
  expect(hex(miso)).toBe(hex([0, 0, 0, 0, ...new Array<number>(size + 1).fill(1)]));
}

for (const scenario of frameScenarios())
  test(`firmware scenario ${scenario.name} is answered byte for byte [CHIP 10.4]`, () => {
    play(scenario);
  });

for (const scenario of derivedScenarios())
  test(`scenario ${scenario.name}`, () => {
    play(scenario);
  });

test('every scenario of the source is there', () => {
  expect(frameScenarios()).toHaveLength(32);
});
