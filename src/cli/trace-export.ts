import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import type { TraceSource, Violation } from '../trace/index.ts';
import {
  beginningOf,
  renderBreach,
  renderPcapng,
  renderText,
  renderTimeline,
  renderTraceEvents,
  writeJsonLines,
  writeVcd,
} from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { hertz, later, ms, UsageError } from '../units/index.ts';

interface ExportOptions {
  /** Clock rate from which bit times of a VCD are made. */
  readonly sckHz: number;
  /** Window of a picture, in ms since the first event; as much as fits when it has no end. */
  readonly fromMs: number;
  readonly toMs?: number;
  /** Breaches of the rules it was judged by: the picture is then of the first one. */
  readonly violations?: readonly Violation[];
}

type Write = (part: string | Uint8Array) => void;

/** Those that grow with every byte of a trace are written piece by piece. */
const FORMATS: Readonly<Record<string, (source: TraceSource, write: Write, options: ExportOptions) => void>> =
  {
    '.txt': (source, write, { violations = [] }) => {
      write(renderText(source, { violations }));
    },
    '.vcd': (source, write, { sckHz }) => {
      writeVcd(source, write, { sck: hertz(sckHz) });
    },
    '.pcapng': (source, write) => {
      write(renderPcapng(source));
    },
    '.jsonl': (source, write) => {
      writeJsonLines(source, write);
    },
    '.json': (source, write) => {
      write(renderTraceEvents(source));
    },
    '.svg': (source, write, options) => {
      write(renderPicture(source, options));
    },
  };

function renderPicture(source: TraceSource, { fromMs, toMs, violations }: ExportOptions): string {
  const breach = violations?.[0];
  if (breach !== undefined) return renderBreach(source, breach);
  const beginning = beginningOf(source);
  return renderTimeline(source, {
    from: later(beginning, ms(fromMs)),
    to: toMs === undefined ? (Infinity as Instant) : later(beginning, ms(toMs)),
  });
}

/** What each ending stands for, for the help. */
export const EXPORT_HELP =
  '.txt text, .vcd waves, .pcapng TPM commands for Wireshark, .jsonl our own trace, .json trace events for Perfetto, .svg a picture';

/** Writes a trace in the format of the file's ending. @throws UsageError */
export function exportTrace(source: TraceSource, file: string, options: ExportOptions): void {
  const render = FORMATS[extname(file)];
  if (render === undefined)
    throw new UsageError(`No export goes by the ending of ${file}. There are: ${EXPORT_HELP}.`);
  // The trace may be read from the very file that is to be written.
  const part = `${file}.part`;
  const descriptor = attempt(() => openSync(part, 'w'));
  try {
    render(source, writerTo(descriptor), options);
    attempt(() => {
      renameSync(part, file);
    });
  } finally {
    closeSync(descriptor);
    rmSync(part, { force: true });
  }
}

/** @throws UsageError */
const writerTo =
  (descriptor: number): Write =>
  (part) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    for (let at = 0; at < bytes.length;) at += attempt(() => writeSync(descriptor, bytes, at));
  };

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
