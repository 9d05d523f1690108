import { expect, test } from '@playwright/test';
import type { Duration } from '../../../src/units/index.ts';
import { instant, later, ms, ns, us, ZERO } from '../../../src/units/index.ts';
import { capturedCommands, capturedFrames, hasCapture, waitBytesOf } from './capture.ts';
import { hex, Pins } from './pins.ts';

/** CS asserted without clocks while the host was in reset. [CHIP 10.2, frame 28] */
const HOST_IN_RESET = ms(200);

test('all 382 data frames of the captured boot are answered byte for byte, at their captured times [CHIP 0, TRACE]', () => {
  test.skip(!hasCapture(), 'The capture of a Chromebook boot is not beside this repository.');
  const frames = capturedFrames();
  const commands = capturedCommands(frames);
  // Vendor commands the chip answers itself; the captured answers stand in for the library alone.
  const forLibrary = commands.filter(({ command }) => command[6] !== 0x20);
  const pins = new Pins({
    timing: { pulseDelay: us(13), pulseWidth: us(7), taskLatency: ZERO, commandTime: ZERO },
  }).ready();
  const { clock, chip, engine } = pins;
  let executed = 0;
  engine.answer = () => forLibrary[executed++]!.response;
  let waitBytes = 0;
  chip.disturb = () => ({ waitBytes });

  const offset = clock.now() - frames[0]!.fallNs + 1000;
  const differing: string[] = [];
  let played = 0;
  frames.forEach((frame, index) => {
    clock.advanceTo(instant(frame.fallNs + offset));
    const command = commands.find(({ goFrame }) => goFrame === index);
    if (command) {
      // The response comes between the last status read that lacks it and the first that shows it.
      const from = frames[command.doneFrame - 1]!;
      const done = frames[command.doneFrame]!.fallNs - frame.riseNs;
      const busy = Math.max(from.riseNs - frame.riseNs, 0);
      chip.overrides = { command: () => ({ time: () => ns((done + busy) / 2 - 13_000) }) };
    }
    if (frame.mosi.length === 0) {
      pauseOf(frame.riseNs - frame.fallNs);
      return;
    }
    waitBytes = waitBytesOf(frame);
    chip.select();
    const miso = frame.mosi.map((byte) => pins.byte(byte));
    clock.advanceTo(instant(frame.riseNs + offset));
    chip.deselect();
    played++;
    if (hex(miso) !== hex(frame.miso))
      differing.push(`frame ${index}: ${hex(frame.mosi)} => ${hex(miso)}, captured ${hex(frame.miso)}`);
  });
  clock.advance(ms(1));

  expect(differing).toEqual([]);
  expect(played).toBe(382);
  expect(pins.pulses).toHaveLength(382);
  expect(engine.executed.map(hex)).toEqual(forLibrary.map(({ command }) => hex(command)));
  expect(commands.length - forLibrary.length).toBe(2);

  function pauseOf(width: number): void {
    const end = later(clock.now(), ns(width));
    chip.select();
    if (width > HOST_IN_RESET) {
      chip.setReset(true);
      clock.advance((width / 2) as Duration);
      chip.setReset(false);
    }
    clock.advanceTo(end);
    chip.deselect();
  }
});
