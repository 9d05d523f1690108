import type { Instant } from '../../units/index.ts';
import { between, inUs } from '../../units/index.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { hexOf, meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { EndingSink } from '../events.ts';
import type { TraceSource } from '../source.ts';
import { withoutEnd } from '../tee.ts';

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
 * pulses, log lines and marks on one time axis, in microseconds. Given to `write` piece by piece.
 */
export function traceEvents(write: (piece: string) => void, dropped = 0): EndingSink {
  const events = new EventWriter(write, dropped);
  const decoder = new TraceDecoder(eventsOf(events));
  return Object.assign(withoutEnd(decoder), {
    end: () => {
      decoder.end();
      write(']}');
    },
  });
}

/** The same of a whole trace. */
export function renderTraceEvents(source: TraceSource): string {
  const parts: string[] = [];
  const sink = traceEvents((part) => parts.push(part), source.dropped);
  source.replay(sink);
  sink.end();
  return parts.join('');
}

class EventWriter {
  #count = 0;

  constructor(
    private readonly write: (piece: string) => void,
    dropped: number,
  ) {
    write(`{"displayTimeUnit":"ns","otherData":{"dropped":${dropped}},"traceEvents":[`);
    for (const [track, tid] of Object.entries(TRACKS))
      this.#put({ ph: 'M', name: 'thread_name', pid: 1, tid, args: { name: TITLES[track as Track] } });
  }

  span(track: Track, name: string, [from, to]: readonly [Instant, Instant], args: object = {}): void {
    const [ts, dur] = [inUs(between(0 as Instant, from)), inUs(between(from, to))];
    this.#put({ ph: 'X', name, pid: 1, tid: TRACKS[track], ts, dur, args });
  }

  moment(track: Track, name: string, at: Instant): void {
    const ts = inUs(between(0 as Instant, at));
    this.#put({ ph: 'i', s: 't', name, pid: 1, tid: TRACKS[track], ts });
  }

  #put(event: object): void {
    this.write(`${this.#count++ === 0 ? '' : ',\n'}${JSON.stringify(event)}`);
  }
}

/** What each event of the trace is in the picture. */
function eventsOf(events: EventWriter): TraceListener {
  return {
    access: (access) => {
      const name = access.length < 4 ? 'no header' : `${access.direction} ${registerName(access.address)}`;
      events.span('frames', name, [access.fall, access.rise], {
        data: hexOf(access.data),
        meaning: meaningOf(access),
        waitBytes: access.waitBytes,
      });
      if (access.pulses > 0 && !Number.isNaN(access.pulseTo))
        events.span('ready', 'ready pulse', [access.pulseFrom, access.pulseTo]);
    },
    command: (exchange) => {
      events.span('commands', exchange.describe(), [exchange.begun, exchange.ended], {
        response: exchange.describeResponse(),
        outcome: exchange.outcome,
        latencyUs: Number.isNaN(exchange.available) ? null : inUs(exchange.latency),
      });
    },
    select: (fall, rise) => {
      events.span('frames', 'without a clock', [fall, rise]);
    },
    strayPulse: (from) => {
      events.moment('ready', 'pulse for no frame', from);
    },
    reset: (isAsserted, at) => {
      events.moment('supply', `TPM_RST_L ${isAsserted ? 'asserted' : 'deasserted'}`, at);
    },
    power: (isOn, at) => {
      events.moment('supply', `power ${isOn ? 'on' : 'off'}`, at);
    },
    failure: (from, to, text) => {
      events.span('frames', text, [from, to]);
    },
    log: (level, text, at) => {
      events.moment('log', `${level}: ${text}`, at);
    },
    mark: (text, at) => {
      events.moment('steps', text, at);
    },
  };
}
