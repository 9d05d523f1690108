import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CaptureFiles } from './capture-writer.ts';
import { writeCaptures } from './capture-writer.ts';
import type { DecodeFigures } from './decode-once.ts';
import { median } from './measure.ts';
import type { Result } from './results.ts';
import { printResults } from './results.ts';

/**
 * Measures the time of decoding a capture, beside sigrok-cli with the same file in the same run. The start of the
 * peer is subtracted, and so is the start of Node. Each decode of ours is the first of its process.
 */
const SIZES = [
  { frames: 10_000, session: 50, vcd: 25 },
  // sigrok takes many minutes to import a dump of this size. The ratio is that of the smaller size.
  { frames: 100_000, session: 150, vcd: undefined },
] as const;
const MAX_MIB = 100;
const MAX_GROWTH = 1.2;
const ROUNDS = 3;

const CHANNELS = 'clk=CLK:mosi=MOSI:miso=MISO:cs=CS_L';

/** Formats that are measured beside VCD, which they take at most twice as long as. */
const BESIDE_VCD = [
  ['csv', 'CSV'],
  ['wideSession', 'session of 16 channels'],
  ['dsview', 'DSView'],
  ['logic', 'Logic 2'],
  ['logicExport', 'Logic 2 export'],
] as const;
const MAX_OF_VCD = 2;

/** Options of Node: the heap of the command line, and the loader of TypeScript. */
const AS_STARTED = ['--max-semi-space-size=4', '--import', 'tsx'];

type Files = Required<CaptureFiles>;

const folder = mkdtempSync(join(tmpdir(), 'h1-hil-bench-'));
const filesOf = (frames: number): Files => ({
  session: join(folder, `${frames}.sr`),
  vcd: join(folder, `${frames}.vcd`),
  csv: join(folder, `${frames}.csv`),
  wideSession: join(folder, `${frames}-wide.sr`),
  dsview: join(folder, `${frames}.dsl`),
  logic: join(folder, `${frames}.sal`),
  logicExport: join(folder, `${frames}.export`),
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** First line of its version; undefined when it is not installed. */
function sigrokVersion(): string | undefined {
  const { stdout, status } = spawnSync('sigrok-cli', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** How long one run of sigrok-cli takes, in ms. */
function sigrokMs(args: readonly string[]): number {
  const began = process.hrtime.bigint();
  execFileSync('sigrok-cli', args, { stdio: 'ignore' });
  return Number(process.hrtime.bigint() - began) / 1e6;
}

const spiArgs = ({ session }: Files): string[] => ['-i', session, '-P', `spi:${CHANNELS}`];
const vcdArgs = ({ vcd }: Files): string[] => ['-i', vcd, '-O', 'binary', '-o', '/dev/null'];

function decode(file: string, task: 'decode' | 'judge', frames: number): DecodeFigures {
  const runs = Array.from({ length: ROUNDS }, () => {
    const script = join(import.meta.dirname, 'decode-once.ts');
    const said = execFileSync(process.execPath, [...AS_STARTED, script, file, task], {
      encoding: 'utf8',
    });
    return JSON.parse(said) as DecodeFigures;
  });
  const [first] = runs;
  if (first?.frames !== frames || first.violations > 0)
    throw new Error(
      `${file} was decoded to ${JSON.stringify(first)}, and has ${frames} frames that keep all rules.`,
    );
  return {
    ...first,
    tookMs: median(runs.map(({ tookMs }) => tookMs)),
    peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
  };
}

function compared(name: string, ours: DecodeFigures, peerMs: number | undefined, goal: number): Result {
  return {
    name,
    value: `${ours.tookMs.toFixed(0)} ms`,
    peer: peerMs === undefined ? 'sigrok-cli is not installed' : `sigrok-cli ${(peerMs / 1000).toFixed(1)} s`,
    ratio: peerMs === undefined ? '' : `1/${(peerMs / ours.tookMs).toFixed(0)}`,
    goal: `at most 1/${goal}`,
    ...(peerMs !== undefined && { isMet: peerMs / ours.tookMs >= goal }),
  };
}

/** Compares another format with the value change dump of the same frames. */
function besideVcd(name: string, ours: DecodeFigures, vcd: DecodeFigures, most: number): Result {
  const ratio = ours.tookMs / vcd.tookMs;
  return {
    name,
    value: `${ours.tookMs.toFixed(0)} ms`,
    peer: `our VCD ${vcd.tookMs.toFixed(0)} ms`,
    ratio: ratio.toFixed(2),
    goal: `at most ${most}`,
    isMet: ratio <= most,
  };
}

function memory(name: string, [small, large]: readonly [number, number]): Result {
  const growth = large / small;
  return {
    name,
    value: `${small.toFixed(0)} and ${large.toFixed(0)} MiB`,
    peer: '',
    ratio: growth.toFixed(2),
    goal: `at most ${MAX_MIB} MiB, within ${MAX_GROWTH}`,
    isMet: Math.max(small, large) <= MAX_MIB && growth <= MAX_GROWTH && growth >= 1 / MAX_GROWTH,
  };
}

function measure(): Result[] {
  const results: Result[] = [];
  const peaks: Partial<Record<keyof Files, number>>[] = [];
  const version = sigrokVersion();
  if (version === undefined)
    say('sigrok-cli is not installed: our own times are given, and no ratio can be.');
  else say(`The peer is ${version}.`);
  writeCaptures(1, filesOf(1));
  const startMs = version === undefined ? 0 : sigrokMs(spiArgs(filesOf(1)));
  for (const { frames, session, vcd } of SIZES) {
    const files = filesOf(frames);
    const count = frames.toLocaleString('en');
    say(`Writing a capture of ${count} frames ...`);
    const samples = writeCaptures(frames, files);
    say(`Decoding its ${samples.toLocaleString('en')} samples ...`);
    const judged = decode(files.session, 'judge', frames);
    const dumped = decode(files.vcd, 'decode', frames);
    const peak: Partial<Record<keyof Files, number>> = { session: judged.peakMiB, vcd: dumped.peakMiB };
    peaks.push(peak);
    for (const [format, name] of BESIDE_VCD) {
      const figures = decode(files[format], 'decode', frames);
      peak[format] = figures.peakMiB;
      results.push(besideVcd(`${name} to commands, ${count} frames`, figures, dumped, MAX_OF_VCD));
    }
    if (version !== undefined) say(`Decoding them with sigrok-cli, which takes a while ...`);
    const peer = (args: readonly string[]): number | undefined =>
      version === undefined ? undefined : sigrokMs(args) - startMs;
    results.push(compared(`samples to verdicts, ${count} frames`, judged, peer(spiArgs(files)), session));
    if (vcd !== undefined)
      results.push(compared(`VCD to commands, ${count} frames`, dumped, peer(vcdArgs(files)), vcd));
  }
  const [small, large] = peaks as [(typeof peaks)[0], (typeof peaks)[0]];
  const grown = (name: string, format: keyof Files): Result =>
    memory(`peak memory, ${name}`, [small[format]!, large[format]!]);
  results.push(
    grown('samples to verdicts', 'session'),
    grown('VCD to commands', 'vcd'),
    ...BESIDE_VCD.map(([format, name]) => grown(`${name} to commands`, format)),
  );
  return results;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
try {
  const results = measure();
  printResults(results, values.json);
  if (results.some(({ isMet }) => isMet === false)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
