import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { rateBound, rateInterval } from './rates.ts';

/** How far a soak has come; a file of the run's folder, so that nothing is lost when the run ends. */
const schema = z.object({
  format: z.literal('h1-soak 1'),
  /** Profile, file and titles of its test. */
  titles: z.array(z.string()).readonly(),
  below: z.number(),
  confidence: z.number(),
  runs: z.number().int().min(0),
  failures: z.number().int().min(0),
  planned: z.number().int().min(1),
  /** Time on the board's clock, in milliseconds. */
  boardMs: z.number(),
  /** What it came to; absent while it is under way. */
  verdict: z.enum(['pass', 'fail', 'inconclusive']).optional(),
});
export type SoakState = Readonly<z.output<typeof schema>>;

/** Name of the folder of soaks in a run's folder. */
export const SOAKS = 'soaks';

const fileOf = (folder: string, titles: readonly string[]): string =>
  join(folder, SOAKS, `${createHash('sha256').update(titles.join('\n')).digest('hex').slice(0, 16)}.json`);

/** Keeps a soak's counts, whole or not at all. @throws what the file system throws */
export function writeSoak(folder: string, state: SoakState): void {
  const file = fileOf(folder, state.titles);
  mkdirSync(join(folder, SOAKS), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(state)}\n`);
  renameSync(`${file}.part`, file);
}

/** The counts of a soak in the folder of a run; undefined when there are none, or none that can be read. */
export const readSoak = (folder: string, titles: readonly string[]): SoakState | undefined =>
  readState(fileOf(folder, titles));

/** The soaks of a run that were under way when it ended, each as a sentence. */
export const openSoaks = (folder: string): string[] =>
  soaksOf(folder)
    .filter(({ verdict, runs }) => verdict === undefined && runs > 0)
    .map(
      (state) => `${state.titles.at(-1)}: undecided after ${showSoak(state)} h1-hil run --resume goes on.`,
    );

/** The soaks of a run that may go on: those that were under way, and those that ended undecided. */
export const undecidedSoaks = (folder: string): SoakState[] =>
  soaksOf(folder)
    .filter(({ verdict }) => verdict === undefined || verdict === 'inconclusive')
    .map((state) => ({ ...state, verdict: undefined }));

/** Every soak of a run's folder that can be read. */
export function soaksOf(folder: string): SoakState[] {
  try {
    return readdirSync(join(folder, SOAKS))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => readState(join(folder, SOAKS, name)))
      .filter((state) => state !== undefined);
  } catch {
    return [];
  }
}

function readState(file: string): SoakState | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** A rate as percent, with three digits. */
export const showPercent = (rate: number): string => `${(100 * rate).toPrecision(3)} %`;

/** Counts, the bound that the claim is about, and the interval beside it. */
export function showSoak({
  runs,
  failures,
  below,
  confidence,
}: Pick<SoakState, 'runs' | 'failures' | 'below' | 'confidence'>): string {
  const { from, to } = rateInterval(failures, runs, confidence);
  const bound = showPercent(rateBound(failures, runs, confidence));
  return `${failures} failures in ${runs} runs, so the rate lies below ${bound} with confidence ${confidence}; below ${showPercent(below)} was to be shown. With two sides it lies between ${showPercent(from)} and ${showPercent(to)}.`;
}
