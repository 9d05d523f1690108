import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { TraceSource } from '../trace/index.ts';
import {
  renderJsonLines,
  renderPcapng,
  renderText,
  renderTimeline,
  renderTraceEvents,
  renderVcd,
} from '../trace/index.ts';
import { hertz, instant, UsageError } from '../units/index.ts';

interface ExportOptions {
  /** Clock rate from which bit times of a VCD are made. */
  readonly sckHz: number;
  /** Window of a picture, in ms since the capture began. */
  readonly fromMs: number;
  readonly toMs: number;
}

const FORMATS: Readonly<
  Record<string, (source: TraceSource, options: ExportOptions) => string | Uint8Array>
> = {
  '.txt': (source) => renderText(source),
  '.vcd': (source, { sckHz }) => renderVcd(source, { sck: hertz(sckHz) }),
  '.pcapng': (source) => renderPcapng(source),
  '.jsonl': (source) => renderJsonLines(source),
  '.json': (source) => renderTraceEvents(source),
  '.svg': (source, { fromMs, toMs }) =>
    renderTimeline(source, { from: instant(fromMs * 1e6), to: instant(toMs * 1e6) }),
};

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
