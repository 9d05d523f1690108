import { expect, test } from '@playwright/test';
import { ms, us } from '../../../src/units/index.ts';
import type { HardwareFrame } from '../../golden/vectors.ts';
import { bytesOf, hardwareFrames } from '../../golden/vectors.ts';
import { hex, Pins } from './pins.ts';

/** The TPM's answers in the capture, by the beginning of the command. [CHIP 10.2] */
const ANSWERS: readonly (readonly [string, string])[] = [
  ['80 01 00 00 00 0c 00 00 01 45', '80 01 00 00 00 0a 00 00 00 00'],
  ['80 01 00 00 00 0c 00 00 01 44', '80 01 00 00 00 0a 00 00 00 00'],
  // NV_Read: 31 bytes; the last one is not in the selection.
  ['80 02 00 00 00 23 00 00 01 4e', '80 02 00 00 00 1f 00*7 0c 00 0a 02 00*8 f2 00 00 01 00 00'],
  ['80 02 00 00 00 41 00 00 01 82', '80 02 00 00 00 13 00*13'],
  ['80 01 00 00 00 0e 20 00 00 00', '80 01 00 00 00 0d 00 00 00 00 00 18 00'],
];

/** What the host did between two listed frames and the selection leaves out. [CHIP 4.3] */
const BETWEEN: Readonly<Record<number, (pins: Pins) => void>> = {
  30: (pins) => {
    pins.clock.advance(ms(5));
  },
  200: (pins) => {
    pins.read(0x24, 1);
    pins.write(0x18, [0x40]);
    pins.write(0x18, [0x40]);
  },
  318: (pins) => {
    pins.write(0x18, [0x40]);
    pins.write(0x18, [0x40]);
  },
};

/** Frames before which the command of the frame before must be done. */
const AFTER_COMMAND: ReadonlySet<number> = new Set([20, 69, 83, 329]);

/** The ready byte is the first 01 after the header; FF and 00 before it are wait bytes. [CHIP 1.3] */
const waitBytesOf = ({ miso }: HardwareFrame): number => miso.indexOf(0x01, 4) - 4;

function answer(command: readonly number[]): readonly number[] {
  const text = hex(command);
  const found = ANSWERS.find(([start]) => text.startsWith(start));
  if (!found) throw new Error(`The capture has no such command: ${text}`);
  return bytesOf(found[1]);
}

test('every captured frame is answered byte for byte with the captured wait counts [CHIP 10.2]', () => {
  const pins = new Pins({ timing: { taskLatency: us(20), commandTime: ms(20) } }).ready();
  pins.engine.answer = answer;
  let waitBytes = 0;
  pins.chip.disturb = () => ({ waitBytes });
  let played = 0;
  for (const frame of hardwareFrames()) {
    BETWEEN[frame.number]?.(pins);
    if (AFTER_COMMAND.has(frame.number)) pins.clock.advance(ms(30));
    pins.pulses.length = 0;
    if (frame.mosi.length === 0) {
      if (frame.number === 28) pins.chip.setReset(true);
      pins.pulse(us(2));
      if (frame.number === 28) pins.chip.setReset(false);
      expect(pins.pulses, `frame ${frame.number}`).toEqual([]);
    } else {
      waitBytes = waitBytesOf(frame);
      expect(hex(pins.frame(frame.mosi)), `frame ${frame.number}: ${frame.remark}`).toBe(hex(frame.miso));
      expect(pins.pulses, `frame ${frame.number}`).toHaveLength(1);
    }
    played++;
  }
  expect(played).toBe(68);
});
