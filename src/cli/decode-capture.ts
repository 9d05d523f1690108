import { basename } from 'node:path';
import type {
  Capture,
  CaptureOptions,
  EndingSink,
  Finding,
  Opened,
  Rule,
  RuleReport,
  TraceHead,
  Violation,
} from '../trace/index.ts';
import {
  examineSetup,
  FrameCensus,
  jsonLines,
  openByContent,
  openCapture,
  RuleJudge,
  TextWriter,
  TraceMeasures,
  teeToEnd,
  withFix,
  withoutEnd,
} from '../trace/index.ts';
import { EXIT } from './exit-code.ts';
import { renderMeasures, showMeasures } from './measure-table.ts';
import { exitCodeOfReport, notJudged, renderVerdicts, showVerdicts } from './rule-verdicts.ts';
import type { ExportOptions } from './trace-export.ts';
import { ExportFile } from './trace-export.ts';
import { writeOut } from './write-out.ts';

/** What the user wants to know of a capture. */
export interface DecodeRequest {
  readonly file: string;
  readonly capture: CaptureOptions;
  readonly isJson: boolean;
  readonly commandsOnly: boolean;
  /** Rules to judge the capture by; undefined when no verdicts are wanted. */
  readonly rules: readonly Rule[] | undefined;
  /** Rules to measure the capture by; undefined when no measures are wanted. */
  readonly measured: readonly Rule[] | undefined;
  readonly exportTo:
    | { readonly file: string; readonly options: Omit<ExportOptions, 'isJudged' | 'title' | 'head'> }
    | undefined;
  /** Correct mistakes of the set-up where the evidence is clear. */
  readonly fixes: boolean;
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Reads a capture once, prints everything that was asked for, and returns the exit code. */
export function decodeCapture(request: DecodeRequest): number {
  const opened = openNamed(request.file, request.capture);
  return new Pass(request.fixes ? fixed(request.file, opened) : opened, request).run();
}

/** Says which channels were taken by their content, where no name says it. */
function openNamed(file: string, options: CaptureOptions): Opened {
  const opened = openByContent(file, options);
  if (opened.byContent)
    say(`By content: ${opened.byContent.text} It is read with ${opened.byContent.option}.`);
  if (opened.capture.resolution === Infinity)
    say(
      'The capture states no sample rate: times are counted as if a sample took 1 us, and no rule about a time is judged. State it: --sample-rate HZ.',
    );
  return opened;
}

/** Maximum number of mistakes that are mended one after the other. */
const MAX_FIXES = 4;

/** Reads the frames, then opens the capture with its set-up corrected, as long as a mistake is found. */
function fixed(file: string, opened: Opened): Opened {
  let now = opened;
  for (let fixes = 0; fixes < MAX_FIXES; fixes++) {
    const census = new FrameCensus();
    now.capture.replay(census.sink);
    const finding = findingsOf(census, now).find(({ fix }) => fix !== undefined);
    if (finding?.fix === undefined) break;
    say(`Fixed: ${finding.text} It is read with ${finding.option}.`);
    const options = withFix(now.options, finding.fix);
    now = { capture: openCapture(file, options), options, byContent: undefined };
  }
  return now;
}

const findingsOf = (census: FrameCensus, { capture, options }: Opened): readonly Finding[] =>
  capture.waves === undefined ? [] : examineSetup(census, capture.waves, options);

const inWords = ({ text, option }: Finding): string =>
  `!! Set-up: ${text}${option === undefined ? '' : ` Try ${option}${option.includes('NAME') ? '' : ', or --fix'}.`}`;

const headOf = ({ dropped, resolution, watched, missing }: Capture): TraceHead => ({
  dropped,
  resolution,
  watched,
  missing,
});

/** One pass through a capture. */
class Pass {
  readonly #print = new Printer();
  readonly #census = new FrameCensus();
  readonly #judge: RuleJudge | undefined;
  readonly #measures: TraceMeasures | undefined;
  readonly #told: ((violation: Violation) => void)[] = [];
  readonly #rules: readonly Rule[];
  #findings: readonly Finding[] | undefined;

  private readonly capture: Capture;

  constructor(
    private readonly opened: Opened,
    private readonly request: DecodeRequest,
  ) {
    const { rules, measured } = request;
    const { capture } = opened;
    this.capture = capture;
    this.#rules = rules ?? measured ?? [];
    this.#measures = measured && new TraceMeasures();
    this.#judge =
      rules || measured
        ? new RuleJudge(this.#rules, {
            resolution: capture.resolution,
            watched: capture.watched,
            missing: capture.missing,
            found: (violation) => {
              if (rules) for (const tell of this.#told) tell(violation);
            },
          })
        : undefined;
  }

  run(): number {
    const { exportTo, rules, file } = this.request;
    const title = basename(file);
    const out =
      exportTo &&
      new ExportFile(exportTo.file, {
        ...exportTo.options,
        isJudged: rules !== undefined,
        title,
        head: headOf(this.capture),
      });
    try {
      this.#read(out);
      out?.finish(this.capture);
    } finally {
      out?.close();
    }
    if (exportTo) say(`Written: ${exportTo.file}`);
    const code = this.#answer();
    this.#print.end();
    return code;
  }

  #read(out: ExportFile | undefined): void {
    if (out?.exporter.breach) this.#told.push(out.exporter.breach);
    const judge = this.#judge;
    const sinks: EndingSink[] = [
      withoutEnd(this.#census.sink),
      ...(judge ? [withoutEnd(judge)] : []),
      ...(this.#measures ? [this.#measures] : []),
      ...(out ? [out.exporter.sink] : []),
      ...this.#listing(out),
    ];
    const all = teeToEnd(...sinks);
    this.capture.replay(all);
    all.end();
  }

  /** Lists frames and commands, as text or as JSON lines, when nothing else was asked for. */
  #listing(out: ExportFile | undefined): EndingSink[] {
    const { isJson, commandsOnly } = this.request;
    if (out || this.#judge) return [];
    const write = (text: string): void => {
      this.#print.add(text);
    };
    if (isJson) return [jsonLines(write, { ...headOf(this.capture), decoded: true })];
    return [new TextWriter(write, { commandsOnly, above: () => this.#found().map(inWords) })];
  }

  /** Prints verdicts, measures, and what is wrong with the set-up. Returns the exit code. */
  #answer(): number {
    const { isJson, rules, measured, exportTo } = this.request;
    const findings = this.#found();
    const report = this.#report(findings);
    const isListed = !exportTo && !report;
    if (isJson && isListed)
      for (const { text, option } of findings)
        this.#print.add(`${JSON.stringify({ kind: 'setup', text, option })}\n`);
    if (isJson || (exportTo && !report)) for (const finding of findings) say(inWords(finding));
    else if (!isListed) for (const finding of findings) this.#print.add(`${inWords(finding)}\n`);
    if (!report) return EXIT.pass;
    if (rules) this.#print.add(isJson ? renderVerdicts(report, findings) : showVerdicts(this.#rules, report));
    if (measured && this.#measures) {
      const { kinds } = this.#measures;
      this.#print.add(
        isJson ? renderMeasures(this.#rules, report, kinds) : showMeasures(this.#rules, report, kinds),
      );
    }
    return rules ? exitCodeOfReport(report) : EXIT.pass;
  }

  #report(findings: readonly Finding[]): RuleReport | undefined {
    const report = this.#judge?.report();
    const isWrong = findings.length > 0 && this.capture.missing.length === 0;
    return report && isWrong ? notJudged(this.#rules, report) : report;
  }

  #found(): readonly Finding[] {
    return (this.#findings ??= findingsOf(this.#census, this.opened));
  }
}

/** Number of characters that are gathered for one write. A write for each line would be slow. */
const GATHERED = 1 << 16;

/** Writes to standard output in large pieces. */
class Printer {
  #parts: string[] = [];
  #size = 0;

  add(text: string): void {
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size > GATHERED) this.end();
  }

  end(): void {
    if (this.#parts.length > 0) writeOut(this.#parts.join(''));
    this.#parts = [];
    this.#size = 0;
  }
}
