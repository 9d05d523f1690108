import type { Duration, Instant } from '../../units/index.ts';
import { ns } from '../../units/index.ts';
import type { FrameEnding, TracedLine, TraceLogLevel, TraceSink } from '../events.ts';
import { FRAME_ENDINGS, LOG_LEVELS, TRACED_LINES } from '../events.ts';
import type { TraceHead } from '../export/json-lines.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { beginningOfFile } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import { BUS_LINES } from './channels.ts';
import type { Chunks } from './chunks.ts';

const FORMAT = 'trace';
/** Of the format of our trace files. */
const VERSION = 1;
/** No line is longer: a frame has at most 4 MiB, two characters each for both directions. */
const MAX_LINE = 17 << 20;
const NEWLINE = 10;
/** More than the first line has. */
const MAX_HEAD = 4096;

/** What the first line says of the recording; nothing where the file was cut from a longer one. @throws CaptureError */
export function readTraceHead(file: CaptureBytes): Required<TraceHead> {
  const beginning = beginningOfFile(file, MAX_HEAD);
  const end = beginning.indexOf(NEWLINE);
  const first = Buffer.from(beginning.subarray(0, end < 0 ? beginning.length : end)).toString('utf8');
  const isWhole = end >= 0 || beginning.length < MAX_HEAD;
  return (isWhole ? lineOf(first, 0) : undefined)?.head() ?? new LineReader({}, 0).head();
}

/** Reads our own trace file: JSON Lines as `renderJsonLines` writes them. Decoded lines are passed over. */
export function importTrace(chunks: Chunks, sink: TraceSink): void {
  /** A line of which the rest has not come. */
  let parts: Uint8Array[] = [];
  let length = 0;
  let offset = 0;
  const endLine = (piece: Uint8Array): void => {
    if (length + piece.length > MAX_LINE)
      throw new CaptureError(FORMAT, offset, `a line has more than ${MAX_LINE} bytes.`);
    readLine(Buffer.concat([...parts, piece]).toString('utf8'), offset, sink);
    offset += length + piece.length + 1;
    parts = [];
    length = 0;
  };
  for (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      endLine(chunk.subarray(from, end));
      from = end + 1;
    }
    parts.push(chunk.slice(from));
    length += chunk.length - from;
    if (length > MAX_LINE) endLine(new Uint8Array(0));
  }
  endLine(new Uint8Array(0));
}

function readLine(text: string, offset: number, sink: TraceSink): void {
  lineOf(text, offset)?.tell(sink);
}

/** A line that is no blank one. @throws CaptureError */
function lineOf(text: string, offset: number): LineReader | undefined {
  if (text.trim() === '') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CaptureError(FORMAT, offset, 'a line is no JSON.', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new CaptureError(FORMAT, offset, 'a line is no object.');
  return new LineReader(parsed as Record<string, unknown>, offset);
}

/** One line's fields, each checked for its type as it is taken. */
class LineReader {
  constructor(
    private readonly line: Record<string, unknown>,
    private readonly offset: number,
  ) {}

  /** What the line says of the recording, if it is the first of a whole file. */
  head(): Required<TraceHead> {
    const { kind, dropped, resolutionNs, watched, missing } = this.line;
    if (kind !== 'trace') return { dropped: 0, resolution: ns(1), watched: [], missing: [] };
    return {
      dropped: dropped === undefined ? 0 : this.#count('dropped'),
      resolution:
        resolutionNs === null
          ? (Infinity as Duration)
          : ns(resolutionNs === undefined ? 1 : this.#count('resolutionNs')),
      watched: watched === undefined ? [] : this.#words('watched', TRACED_LINES),
      missing: missing === undefined ? [] : this.#words('missing', BUS_LINES),
    };
  }

  tell(sink: TraceSink): void {
    switch (this.line.kind) {
      case 'frame':
        this.#tellFrame(sink);
        break;
      case 'select':
        sink.select(this.#instant('fallNs'), this.#instant('riseNs'));
        break;
      case 'edge':
        sink.edge(
          this.#word<TracedLine>('line', TRACED_LINES),
          this.#boolean('isAsserted'),
          this.#instant('atNs'),
        );
        break;
      case 'power':
        sink.power(this.#boolean('isOn'), this.#instant('atNs'));
        break;
      case 'failure':
        sink.failure(this.#instant('fromNs'), this.#instant('toNs'), this.#text('text'));
        break;
      case 'log':
        sink.log(this.#word<TraceLogLevel>('level', LOG_LEVELS), this.#text('text'), this.#instant('atNs'));
        break;
      case 'mark':
        sink.mark(this.#text('text'), this.#instant('atNs'));
        break;
      case 'unseen':
        sink.unseen?.(
          this.#word<TracedLine>('line', TRACED_LINES),
          this.#boolean('isUnseen'),
          this.#instant('atNs'),
        );
        break;
      case 'trace':
        if (this.line.version !== undefined && this.line.version !== VERSION)
          this.#refuse(
            `its version is ${printable(JSON.stringify(this.line.version))}, and ${VERSION} can be read`,
          );
        break;
      case 'setup':
      case 'access':
      case 'command':
        break;
      default:
        this.#refuse(
          `${typeof this.line.kind === 'string' ? `"${printable(this.line.kind)}"` : 'an object'} is no kind of event`,
        );
    }
  }

  #tellFrame(sink: TraceSink): void {
    const sent = this.#bytes('sent');
    const received = this.#bytes('received');
    if (sent.length !== received.length) this.#refuse('sent and received differ in length');
    sink.frame({
      sent,
      received,
      pollAt: this.#number('pollAt'),
      polled: this.#number('polled'),
      fall: this.#instant('fallNs'),
      rise: this.#instant('riseNs'),
      elided: this.line.elided === undefined ? 0 : this.#number('elided'),
      ending: this.#word<FrameEnding>('ending', FRAME_ENDINGS),
      ...(this.line.spareClocks !== undefined && { spareClocks: this.#count('spareClocks') }),
      ...(this.line.hasGlitch !== undefined && { hasGlitch: this.#boolean('hasGlitch') }),
    });
  }

  #number(name: string): number {
    const value = this.line[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) this.#refuse(`${name} is no whole number`);
    return value;
  }

  #count(name: string): number {
    const value = this.#number(name);
    if (value < 0) this.#refuse(`${name} is below 0`);
    return value;
  }

  #words<T extends string>(name: string, words: readonly T[]): T[] {
    const value = this.line[name];
    const isList = Array.isArray(value) && value.every((each) => words.includes(each as T));
    if (!isList) this.#refuse(`${name} is no list of ${words.join(', ')}`);
    return value as T[];
  }

  #instant(name: string): Instant {
    return this.#number(name) as Instant;
  }

  #boolean(name: string): boolean {
    const value = this.line[name];
    if (typeof value !== 'boolean') this.#refuse(`${name} is neither true nor false`);
    return value;
  }

  #text(name: string): string {
    const value = this.line[name];
    if (typeof value !== 'string') this.#refuse(`${name} is no text`);
    return value;
  }

  #word<T extends string>(name: string, words: readonly T[]): T {
    const value = this.#text(name) as T;
    if (!words.includes(value)) this.#refuse(`${name} is "${printable(value)}"`);
    return value;
  }

  #bytes(name: string): Uint8Array {
    const text = this.#text(name);
    if (!/^([0-9a-f]{2})*$/.test(text)) this.#refuse(`${name} is not written in hex`);
    return Uint8Array.from(Buffer.from(text, 'hex'));
  }

  #refuse(problem: string): never {
    throw new CaptureError(FORMAT, this.offset, `${problem}.`);
  }
}
