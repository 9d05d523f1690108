import type { DifferenceClass } from './findings.ts';
import type { TapedFrame } from './tape.ts';
import { valueSays } from './words.ts';
import { readyAt } from './witness.ts';

const HEADER = 4;
const READY = 0x01;
const ONES = 0xff;

/** How the chip's answer in one frame differs from a healthy chip's answer to the same bytes. */
export interface FrameDifference {
  readonly class: DifferenceClass;
  readonly says: string;
}

/** Compares the defined bytes of two answers, and tells the first one that differs; undefined when none does. */
export function differenceOf(
  frame: TapedFrame,
  healthy: Uint8Array,
  isDefined: (at: number) => boolean = () => true,
): FrameDifference | undefined {
  const { received } = frame;
  const at = healthy.findIndex((byte, i) => byte !== received[i] && isDefined(i));
  if (at < 0) return undefined;
  const says = orderSays(frame, healthy, at);
  return says === undefined
    ? { class: 'value', says: valueSays(frame, healthy, at) }
    : { class: 'order', says };
}

function orderSays(frame: TapedFrame, healthy: Uint8Array, at: number): string | undefined {
  const ready = readyAt(frame);
  const healthyReady = healthy.indexOf(READY, HEADER);
  if (ready < 0 && healthyReady >= 0)
    return `never said ready; a healthy chip does after ${healthyReady - HEADER} wait bytes`;
  if (ready >= 0 && healthyReady < 0)
    return `said ready after ${ready - HEADER} wait bytes; a healthy chip does not answer this frame`;
  if (at >= HEADER) return undefined;
  if (frame.received[at] === ONES)
    return 'was answered as the first frame after a reset; to a healthy chip it is a later one';
  return healthy[at] === ONES
    ? 'was answered as a later frame; to a healthy chip it is the first one after a reset'
    : undefined;
}
