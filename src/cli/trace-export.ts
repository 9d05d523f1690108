import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import type { EndingSink, TraceSource, Violation } from '../trace/index.ts';
import {
  BreachPicture,
  HtmlTimeline,
  jsonLines,
  NOTHING,
  pcapng,
  TextWriter,
  timeline,
  traceEvents,
  withoutEnd,
  writeVcd,
} from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { hertz, instant, UsageError } from '../units/index.ts';

/** What of a trace is written, and how. */
export interface ExportOptions {
  /** Clock rate from which bit times of a VCD are made. */
  readonly sckHz: number;
  /** Window of a picture, in ms on the clock of the trace; as much as fits when it has no end. */
  readonly fromMs: number;
  readonly toMs?: number;
  /** The trace is judged: a picture is then of the first breach, when there is one. */
  readonly isJudged: boolean;
  readonly title: string;
}

type Write = (part: string | Uint8Array) => void;

/** What takes a trace while it passes and writes it. */
export interface Exporter {
  readonly sink: EndingSink;
  /** Told each breach as it is found. */
  readonly breach?: (violation: Violation) => void;
  /** Writes what needs a reading of its own. */
  readonly finish?: (source: TraceSource) => void;
}

const FORMATS: Readonly<Record<string, (write: Write, options: ExportOptions) => Exporter>> = {
  '.txt': (write) => {
    const sink = new TextWriter(write);
    return {
      sink,
      breach: (violation) => {
        sink.breach(violation);
      },
    };
  },
  '.vcd': (write, { sckHz }) => ({
    sink: withoutEnd(NOTHING),
    finish: (source) => {
      writeVcd(source, write, { sck: hertz(sckHz) });
    },
  }),
  '.pcapng': (write) => ({ sink: pcapng(write) }),
  '.jsonl': (write) => ({ sink: jsonLines(write) }),
  '.json': (write) => ({ sink: traceEvents(write) }),
  '.svg': (write, options) => picture(write, options),
  '.html': (write, { title }) => {
    const sink = new HtmlTimeline(write, { title });
    return {
      sink,
      breach: (violation) => {
        sink.breach(violation);
      },
    };
  },
};

function picture(write: Write, { fromMs, toMs, isJudged }: ExportOptions): Exporter {
  const window = {
    from: instant(fromMs * 1e6),
    to: toMs === undefined ? (Infinity as Instant) : instant(toMs * 1e6),
  };
  if (!isJudged) return { sink: timeline(write, window) };
  const sink = new BreachPicture(write, window);
  return {
    sink,
    breach: (violation) => {
      sink.breach(violation);
    },
  };
}

/** What each ending stands for, for the help. */
export const EXPORT_HELP =
  '.txt text, .vcd waves, .pcapng TPM commands for Wireshark, .jsonl our own trace, .json trace events for Perfetto, .svg a picture, .html a timeline to zoom';

/** A file that is being written under another name: the trace may be read from the very file that is to be written. */
export class ExportFile {
  readonly exporter: Exporter;
  readonly #part: string;
  readonly #descriptor: number;

  /** @throws UsageError when no export goes by the ending, or the file cannot be written. */
  constructor(
    private readonly file: string,
    options: ExportOptions,
  ) {
    const make = FORMATS[extname(file)];
    if (make === undefined)
      throw new UsageError(`No export goes by the ending of ${file}. There are: ${EXPORT_HELP}.`);
    this.#part = `${file}.part`;
    this.#descriptor = attempt(() => openSync(this.#part, 'w'));
    this.exporter = make(writerTo(this.#descriptor), options);
  }

  /** Writes what is left and gives the file its name. @throws UsageError */
  finish(source: TraceSource): void {
    this.exporter.finish?.(source);
    attempt(() => {
      renameSync(this.#part, this.file);
    });
  }

  /** Leaves nothing behind but a finished file. */
  close(): void {
    closeSync(this.#descriptor);
    rmSync(this.#part, { force: true });
  }
}

/** @throws UsageError */
function writerTo(descriptor: number): Write {
  return (part) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    for (let at = 0; at < bytes.length;) at += attempt(() => writeSync(descriptor, bytes, at));
  };
}

/** @throws UsageError */
function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new UsageError(
      `The export cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}
