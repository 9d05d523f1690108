import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { TraceSource, Violation } from '../trace/index.ts';
import {
  beginningOf,
  renderBreach,
  renderJsonLines,
  renderPcapng,
  renderText,
  renderTimeline,
  renderTraceEvents,
  renderVcd,
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

const FORMATS: Readonly<
  Record<string, (source: TraceSource, options: ExportOptions) => string | Uint8Array>
> = {
  '.txt': (source, { violations = [] }) => renderText(source, { violations }),
  '.vcd': (source, { sckHz }) => renderVcd(source, { sck: hertz(sckHz) }),
  '.pcapng': (source) => renderPcapng(source),
  '.jsonl': (source) => renderJsonLines(source),
  '.json': (source) => renderTraceEvents(source),
  '.svg': renderPicture,
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
  const content = render(source, options);
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new UsageError(
      `The export cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}
