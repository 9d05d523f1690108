import type { CaptureBytes } from '../import/capture-bytes.ts';
import type { Capture, CaptureOptions } from '../import/capture.ts';
import { openCapture, openLevels } from '../import/capture.ts';
import { findChannels, NONE, UnnamedChannels } from '../import/channels.ts';
import type { Finding } from './finding.ts';
import { withFix } from './finding.ts';
import { beginningOfWaves } from './sample.ts';
import type { Channels, Wiring } from './wiring.ts';
import { bestReading } from './wiring.ts';
import { wiringFinding } from './wiring-finding.ts';

/** A capture, and the options by which it is read. */
export interface Opened {
  readonly capture: Capture;
  readonly options: CaptureOptions;
  /** What was taken from the levels, because no name says it. */
  readonly byContent: Finding | undefined;
}

/**
 * Opens a capture. Where no name says which channel is which line of the bus, the way of reading by which its frames
 * address a TPM says it.
 *
 * @throws CaptureError when it is no capture that can be read, or when there is no such way.
 */
export function openByContent(from: string | CaptureBytes, options: CaptureOptions): Opened {
  try {
    return { capture: openCapture(from, options), options, byContent: undefined };
  } catch (error) {
    const byContent = error instanceof UnnamedChannels ? findByContent(from, options) : undefined;
    if (byContent?.fix === undefined) throw error;
    const found = withFix(options, byContent.fix);
    return { capture: openCapture(from, found), options: found, byContent };
  }
}

function findByContent(from: string | CaptureBytes, options: CaptureOptions): Finding | undefined {
  const { format, waves } = openLevels(from, options);
  if (waves === undefined) return undefined;
  const channels: Channels = Object.fromEntries(findChannels(format, waves.names, options.channels));
  const given: Wiring = {
    channels,
    invertsCs: options.invert?.includes('cs') === true,
    samplesFalling: options.mode === 1 || options.mode === 2,
  };
  const beginning = beginningOfWaves(waves);
  const reading = bestReading(beginning, given);
  if (reading === undefined || contradicts(reading.wiring.channels, channels, options)) return undefined;
  return wiringFinding('No name says which channels are the lines of the bus.', reading, given, {
    waves,
    beginning,
  });
}

/** Whether a line is on another channel than the one that the user named. */
const contradicts = (found: Channels, given: Channels, { channels: wanted = {} }: CaptureOptions): boolean =>
  (['cs', 'clk', 'mosi', 'miso'] as const).some(
    (net) =>
      wanted[net] !== undefined &&
      (wanted[net] === NONE ? found[net] !== undefined : found[net] !== given[net]),
  );
