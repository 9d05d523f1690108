import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Capture, CaptureOptions, EndingSink, RuleReport } from '../../../src/trace/index.ts';
import {
  bytesInMemory,
  examineSetup,
  FrameCensus,
  openCapture,
  RuleJudge,
  TextWriter,
  TraceDecoder,
} from '../../../src/trace/index.ts';

// Inputs of our own making, one folder a report from the field; texts are packed. The healthy capture behind most of them
// is a host that talks to an H1: 29 frames, TPM2_Startup and TPM2_GetRandom.

/** The bytes of an input; a name without .gz is that of the packed one. */
export function inputOf(name: string): Uint8Array {
  const path = join(import.meta.dirname, name);
  return /\.(csv|vcd)$/.test(name) ? gunzipSync(readFileSync(`${path}.gz`)) : readFileSync(path);
}

export const openInput = (name: string, options: CaptureOptions = {}): Capture =>
  openCapture(bytesInMemory(inputOf(name), 4096, basename(name)), options);

/** The input as a file in a folder, unpacked. */
export function writeInput(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, basename(name));
  writeFileSync(path, inputOf(name));
  return path;
}

function replayed(capture: Capture, sink: EndingSink): void {
  capture.replay(sink);
  sink.end();
}

/** `29 frames, TPM2_Startup TPM2_GetRandom`. */
export function framesAndCommands(capture: Capture): string {
  const names: string[] = [];
  let frames = 0;
  replayed(
    capture,
    new TraceDecoder({ access: () => frames++, command: (exchange) => names.push(exchange.describe()) }),
  );
  return `${frames} frames, ${names.join(' ')}`;
}

export const HEALTHY = '29 frames, TPM2_Startup TPM2_GetRandom';

export function textOf(capture: Capture): string {
  const parts: string[] = [];
  replayed(capture, new TextWriter((text) => parts.push(text)));
  return parts.join('');
}

export function judged(capture: Capture): RuleReport {
  const judge = new RuleJudge(undefined, {
    resolution: capture.resolution,
    watched: capture.watched,
    missing: capture.missing,
  });
  capture.replay(judge);
  return judge.report();
}

/** Ids of the broken rules, and of those that were not judged. */
export function verdicts(capture: Capture): { broken: string[]; refused: string[] } {
  const { counts, refusals } = judged(capture);
  return {
    broken: [...counts].filter(([, { violations }]) => violations > 0).map(([id]) => id),
    refused: refusals.map(({ rule }) => rule.id),
  };
}

/** What is found wrong with the set-up: the sentences, and the option that mends it. */
export function findings(capture: Capture, options: CaptureOptions = {}) {
  const census = new FrameCensus();
  capture.replay(census.sink);
  return examineSetup(census, capture.waves!, options);
}
