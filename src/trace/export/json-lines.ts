import type { Duration } from '../../units/index.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { EndingSink, TracedLine, TraceSink } from '../events.ts';
import type { BusLine } from '../import/channels.ts';
import type { TraceSource } from '../source.ts';
import { teeToEnd, withoutEnd } from '../tee.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** What the first line of a trace file says of the recording: without it the trace would be judged by more than was seen. */
export interface TraceHead {
  /** Events that are missing at the beginning. */
  readonly dropped?: number;
  /** How far a stamp may be from the edge; infinite when nobody knows. */
  readonly resolution?: Duration;
  /** Lines that were recorded, whether or not they have an edge. */
  readonly watched?: readonly TracedLine[];
  /** Lines of the bus that were not. */
  readonly missing?: readonly BusLine[];
}

/** What a trace file holds beside the events. */
export interface JsonLinesOptions extends TraceHead {
  /** Also the decoded accesses and commands, each behind the events it is made of. */
  readonly decoded?: boolean;
}

/**
 * A trace as JSON Lines: one object a line, times in nanoseconds, bytes in hex. This is also our own trace file: what
 * is written here is read again by `openCapture`, bit for bit. Every line is given to `write` with its line feed.
 */
export function jsonLines(write: (line: string) => void, options: JsonLinesOptions = {}): EndingSink {
  const say = (line: object): void => {
    write(`${JSON.stringify(line)}\n`);
  };
  const { dropped = 0, resolution, watched = [], missing = [] } = options;
  say({
    kind: 'trace',
    version: 1,
    dropped,
    ...(resolution !== undefined && { resolutionNs: orNull(resolution) }),
    ...(watched.length > 0 && { watched }),
    ...(missing.length > 0 && { missing }),
  });
  const raw = withoutEnd(rawLines(say));
  return options.decoded === true ? teeToEnd(raw, decodedLines(say)) : raw;
}

/** The same of a whole trace. */
export function renderJsonLines(source: TraceSource, options: JsonLinesOptions = {}): string {
  const lines: string[] = [];
  const sink = jsonLines((line) => lines.push(line), { ...options, dropped: source.dropped });
  source.replay(sink);
  sink.end();
  return lines.join('');
}

function rawLines(say: (line: object) => void): TraceSink {
  return {
    frame: (frame) => {
      const { sent, received, pollAt, polled, fall, rise, elided = 0, ending = 'complete' } = frame;
      const { spareClocks = 0, hasGlitch = false } = frame;
      say({
        kind: 'frame',
        fallNs: fall,
        riseNs: rise,
        sent: hex(sent),
        received: hex(received),
        pollAt,
        polled,
        elided,
        ending,
        ...(spareClocks > 0 && { spareClocks }),
        ...(hasGlitch && { hasGlitch }),
      });
    },
    select: (fall, rise) => {
      say({ kind: 'select', fallNs: fall, riseNs: rise });
    },
    edge: (line, isAsserted, at) => {
      say({ kind: 'edge', line, isAsserted, atNs: at });
    },
    power: (isOn, at) => {
      say({ kind: 'power', isOn, atNs: at });
    },
    failure: (from, to, text) => {
      say({ kind: 'failure', fromNs: from, toNs: to, text });
    },
    log: (level, text, at) => {
      say({ kind: 'log', level, text, atNs: at });
    },
    mark: (text, at) => {
      say({ kind: 'mark', text, atNs: at });
    },
    unseen: (line, isUnseen, at) => {
      say({ kind: 'unseen', line, isUnseen, atNs: at });
    },
  };
}

function decodedLines(say: (line: object) => void): TraceDecoder {
  return new TraceDecoder({
    access: (access) => {
      say({
        kind: 'access',
        fallNs: access.fall,
        riseNs: access.rise,
        direction: access.direction,
        register: registerName(access.address),
        address: access.address,
        data: hex(access.data),
        meaning: meaningOf(access),
        waitBytes: access.waitBytes,
        spareBytes: access.spareBytes,
        pulses: access.pulses,
        pulseDelayNs: orNull(access.pulseDelay),
        pulseWidthNs: orNull(access.pulseWidth),
        flaws: access.flawNames,
      });
    },
    command: (exchange) => {
      say({
        kind: 'command',
        name: exchange.name,
        code: orNull(exchange.code),
        handles: exchange.handles,
        outcome: exchange.outcome,
        responseCode: orNull(exchange.responseCode),
        response: exchange.describeResponse(),
        beginNs: exchange.begun,
        goNs: orNull(exchange.go),
        availableNs: orNull(exchange.available),
        endNs: exchange.ended,
        commandBytes: hex(exchange.command),
        responseBytes: hex(exchange.response),
      });
    },
  });
}
