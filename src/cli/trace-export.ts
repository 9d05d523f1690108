import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import type { EndingSink, TraceHead, TraceSource, Violation } from '../trace/index.ts';
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

/** What part of a trace is exported, and how. */
export interface ExportOptions {
  /** Clock rate for the bit times of a VCD. */
  readonly sckHz: number;
  /**
   * Part of the trace for a picture, in milliseconds on the clock of the trace. Without an end, the picture has as
   * much as fits.
   */
  readonly fromMs: number;
  readonly toMs?: number;
  /** Whether the trace is judged. A picture then shows the first breach, if there is one. */
  readonly isJudged: boolean;
  readonly title: string;
  /** What is known of the recording, for our own trace file. */
  readonly head: TraceHead;
}

type Write = (part: string | Uint8Array) => void;

/** Takes the events of a trace one by one, and writes them. */
export interface Exporter {
  readonly sink: EndingSink;
  /** Called for each breach when it is found. */
  readonly breach?: (violation: Violation) => void;
  /** Called at the end, for formats that have to read the trace again. */
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
  '.vcd': (write, { sckHz, head }) => ({
    sink: withoutEnd(NOTHING),
    finish: (source) => {
      writeVcd(source, write, { sck: hertz(sckHz), missing: head.missing ?? [] });
    },
  }),
  '.pcapng': (write) => ({ sink: pcapng(write) }),
  '.jsonl': (write, { head }) => ({ sink: jsonLines(write, head) }),
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

/** The formats by their file extensions, for the help. */
export const EXPORT_HELP =
  '.txt text, .vcd waves, .pcapng TPM commands for Wireshark, .jsonl our own trace, .json trace events for Perfetto, .svg a picture, .html a timeline to zoom';

/** An export file. It has another name while it is written, since the trace may be read from a file of that name. */
export class ExportFile {
  readonly exporter: Exporter;
  readonly #part: string;
  readonly #descriptor: number;

  /** @throws UsageError when the file's extension is of no format, or the file cannot be written. */
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

  /** Writes the rest and gives the file its name. @throws UsageError when the file cannot be written. */
  finish(source: TraceSource): void {
    this.exporter.finish?.(source);
    attempt(() => {
      renameSync(this.#part, this.file);
    });
  }

  /** Removes a file that was not finished. */
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
