import type { Duration, Instant } from '../units/index.ts';
import { between, showDuration } from '../units/index.ts';
import { LONG_PULSE_LATE } from './bands.ts';
import type { Findings } from './findings.ts';
import type { TapedEdge, TapedFrame, TapedSelect } from './tape.ts';

/** The edges of INT_AP_L on both chips, and what is needed to match them. */
export interface PulsesToMatch {
  readonly seen: readonly TapedEdge[];
  readonly healthy: readonly TapedEdge[];
  readonly resolution: Duration;
  readonly isLeftOut: (at: Instant) => boolean;
  readonly frames: readonly TapedSelect[];
}

const PULSE = 'ready pulse';

interface Pulse {
  readonly from: Instant;
  readonly to: Instant;
}

/** Makes pulses of edges. A pulse without an end ends at Infinity. */
function pulsesOf(edges: readonly TapedEdge[]): Pulse[] {
  const pulses: { from: Instant; to: Instant }[] = [];
  for (const { at, isAsserted } of edges) {
    const last = pulses.at(-1);
    if (isAsserted) pulses.push({ from: at, to: Infinity as Instant });
    else if (last?.to === Infinity) last.to = at;
  }
  return pulses;
}

/**
 * Pairs the pulses of both chips by their beginning. Tells each pulse that only one chip gave, and each pair with
 * different widths.
 */
export function matchPulses(parts: PulsesToMatch, findings: Findings): void {
  const seen = pulsesOf(parts.seen);
  const healthy = pulsesOf(parts.healthy);
  const near = 2 * parts.resolution + 1;
  let at = 0;
  for (const pulse of seen) {
    while (at < healthy.length && healthy[at]!.from < pulse.from - near)
      tell(parts, findings, healthy[at++]!, false);
    const twin = healthy[at];
    if (twin !== undefined && twin.from <= pulse.from + near) {
      at++;
      compareEnds(parts, findings, pulse, twin);
    } else tell(parts, findings, pulse, true);
  }
  for (; at < healthy.length; at++) tell(parts, findings, healthy[at]!, false);
}

function compareEnds(parts: PulsesToMatch, findings: Findings, pulse: Pulse, twin: Pulse): void {
  if (parts.isLeftOut(pulse.from) || pulse.to === Infinity || twin.to === Infinity) return;
  const longer = pulse.to - twin.to;
  if (longer >= -2 * parts.resolution - 1 && longer <= LONG_PULSE_LATE) {
    findings.agree(PULSE);
    return;
  }
  differ(
    parts,
    findings,
    pulse.from,
    `a pulse of ${showDuration(between(pulse.from, pulse.to))} was seen, of a healthy chip ${showDuration(between(twin.from, twin.to))}`,
  );
}

function tell(parts: PulsesToMatch, findings: Findings, { from }: Pulse, isSeen: boolean): void {
  if (parts.isLeftOut(from)) return;
  differ(
    parts,
    findings,
    from,
    isSeen
      ? 'a pulse was seen on INT_AP_L that a healthy chip does not give'
      : 'no pulse was seen on INT_AP_L where a healthy chip gives one',
  );
}

function differ({ frames }: PulsesToMatch, findings: Findings, at: Instant, says: string): void {
  const frame = lastBefore(frames, at);
  findings.differ({
    class: says.startsWith('a pulse of') ? 'time' : 'order',
    at,
    frame: frame?.index ?? -1,
    step: frame?.step ?? '',
    behaviour: PULSE,
    says: `${frame === undefined ? 'before the first frame' : `after frame ${frame.index}`}, ${PULSE}: ${says}.`,
  });
}

/** The frame that a pulse answers: the last one that has ended by then. */
function lastBefore(selects: readonly TapedSelect[], at: Instant): TapedFrame | undefined {
  let last: TapedFrame | undefined;
  for (const { rise, frame } of selects) {
    if (rise > at) break;
    last = frame ?? last;
  }
  return last;
}
