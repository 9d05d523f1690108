import type { Instant } from '../../units/index.ts';
import { between, inUs } from '../../units/index.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { hexOf, meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { TraceSource } from '../source.ts';

/** Tracks of the picture, top to bottom. */
const TRACKS = { steps: 1, commands: 2, frames: 3, ready: 4, supply: 5, log: 6 } as const;
type Track = keyof typeof TRACKS;
const TITLES: Readonly<Record<Track, string>> = {
  steps: 'test steps',
  commands: 'TPM commands',
  frames: 'CS asserted',
  ready: 'INT_AP_L asserted',
  supply: 'power and TPM_RST_L',
  log: 'log',
};

/**
 * A trace as Chrome trace events, which https://ui.perfetto.dev and chrome://tracing open: commands, frames, ready
 * pulses, log lines and marks on one time axis, in microseconds.
 */
export function renderTraceEvents(source: TraceSource): string {
  const events: object[] = Object.entries(TRACKS).map(([track, tid]) => ({
    ph: 'M',
    name: 'thread_name',
    pid: 1,
    tid,
    args: { name: TITLES[track as Track] },
  }));
  const span = (track: Track, name: string, from: Instant, to: Instant, args: object = {}): void => {
    const [ts, dur] = [inUs(between(0 as Instant, from)), inUs(between(from, to))];
    events.push({ ph: 'X', name, pid: 1, tid: TRACKS[track], ts, dur, args });
  };
  const moment = (track: Track, name: string, at: Instant): void => {
    events.push({
      ph: 'i',
      s: 't',
      name,
      pid: 1,
      tid: TRACKS[track],
      ts: inUs(between(0 as Instant, at)),
    });
  };
  const decoder = new TraceDecoder({
    access: (access) => {
      const name = access.length < 4 ? 'no header' : `${access.direction} ${registerName(access.address)}`;
      span('frames', name, access.fall, access.rise, {
        data: hexOf(access.data),
        meaning: meaningOf(access),
        waitBytes: access.waitBytes,
      });
      if (access.pulses > 0 && !Number.isNaN(access.pulseTo))
        span('ready', 'ready pulse', access.pulseFrom, access.pulseTo);
    },
    command: (exchange) => {
      span('commands', exchange.describe(), exchange.begun, exchange.ended, {
        response: exchange.describeResponse(),
        outcome: exchange.outcome,
        latencyUs: Number.isNaN(exchange.available) ? null : inUs(exchange.latency),
      });
    },
    select: (fall, rise) => {
      span('frames', 'without a clock', fall, rise);
    },
    strayPulse: (from) => {
      moment('ready', 'pulse for no frame', from);
    },
    reset: (isAsserted, at) => {
      moment('supply', `TPM_RST_L ${isAsserted ? 'asserted' : 'deasserted'}`, at);
    },
    power: (isOn, at) => {
      moment('supply', `power ${isOn ? 'on' : 'off'}`, at);
    },
    failure: (from, to, text) => {
      span('frames', text, from, to);
    },
    log: (level, text, at) => {
      moment('log', `${level}: ${text}`, at);
    },
    mark: (text, at) => {
      moment('steps', text, at);
    },
  });
  source.replay(decoder);
  decoder.end();
  return JSON.stringify({
    displayTimeUnit: 'ns',
    otherData: { dropped: source.dropped },
    traceEvents: events,
  });
}
