import { readFileSync } from 'node:fs';
import { openCapture } from '../src/trace/import/capture.ts';
import { TraceDecoder } from '../src/trace/decode/decoder.ts';
import { NOTHING } from '../src/trace/events.ts';
import { tee } from '../src/trace/tee.ts';
import { RuleJudge } from '../src/trace/rules/judge.ts';
import { RULES } from '../src/trace/rules/rules.ts';
import { CHANNELS } from './samples.ts';

/** What the one decode of this process found and took. */
export interface DecodeFigures {
  readonly frames: number;
  readonly commands: number;
  readonly violations: number;
  /** From the opening of the file to the last command, or to the verdicts. */
  readonly tookMs: number;
  /** The most memory this process ever held, Node and the loader of TypeScript included. */
  readonly peakMiB: number;
}

/** `decode-once.ts FILE decode|judge`: decodes a capture in a process of its own. */
function decodeOnce(file: string, isJudged: boolean): DecodeFigures {
  const began = process.hrtime.bigint();
  const capture = openCapture(file, file.endsWith('.export') ? { names: CHANNELS } : {});
  let frames = 0;
  let commands = 0;
  let violations = 0;
  const listener = { access: () => frames++, command: () => commands++ };
  if (isJudged) {
    const judge = new RuleJudge(RULES);
    capture.replay(tee(judge, { ...NOTHING, frame: listener.access }));
    violations = judge.report().violations.length;
  } else {
    const decoder = new TraceDecoder(listener);
    capture.replay(decoder);
    decoder.end();
  }
  const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
  return {
    frames,
    commands,
    violations,
    tookMs,
    peakMiB: peakMiB(),
  };
}

/** Not the resource usage of this process, which begins with what its parent held. */
const peakMiB = (): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

const [file = '', task] = process.argv.slice(2);
process.stdout.write(JSON.stringify(decodeOnce(file, task === 'judge')));
