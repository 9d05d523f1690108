import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../units/index.ts';

/** What one run is about: made by the command line, read by playwright.config.ts and nothing else. */
const schema = z.object({
  rig: z.string(),
  /** The folder of the suites, absolute. */
  suites: z.string(),
  profiles: z.array(z.string()).min(1),
  seed: z.number().int().min(0).max(0xffffffff),
  /** The folder of this run, absolute: results, report, marks of the rig's failures. */
  folder: z.string(),
  /** The run's id, by which its workers share the rig's lease; empty when a worker takes it itself. */
  id: z.string(),
  /** Path of the socket at which the process that has the rig's lease says so; absent where the kernel keeps it. */
  broker: z.string().optional(),
  /** Names of suites in their folder, all of them when empty. */
  only: z.array(z.string()),
  /** Tests that run at the same time; one when absent. */
  jobs: z.number().int().min(1).optional(),
  /** The whole run is ended after this. */
  limitMs: z.number().optional(),
  /** How one test is repeated: the command, and the options behind its place and its profile. */
  again: z.object({ run: z.string(), always: z.string() }).optional(),
  /** The claim of all soaks: a failure rate below this, with this confidence. */
  claim: z.object({ below: z.number(), confidence: z.number() }).optional(),
  /** The trace of every test is kept in the folder of the run. */
  keepTraces: z.boolean().optional(),
  /** A soak ends undecided after this time of the board's clock, in milliseconds. */
  soakForMs: z.number().optional(),
  /**
   * What a breach does that a passing test did not declare: it fails the test, is told in the summary, or is not
   * looked for. When absent, that depends on the board.
   */
  judging: z.enum(['strict', 'tell', 'off']).optional(),
  /** What a difference to the healthy twin does, in the same words; `off`: there is no twin. The board decides when absent. */
  twin: z.enum(['strict', 'tell', 'off']).optional(),
  /** The bug that is planted into the driver, in a run of the detection score. */
  planted: z.string().optional(),
  /** Modules of drivers that live outside of this repository, absolute. */
  drivers: z.array(z.string()).optional(),
});
export type RunSettings = z.output<typeof schema>;

const VARIABLE = 'H1_HIL_RUN';

/** For the environment of the test runner. */
export const writeRunSettings = (settings: RunSettings): Record<string, string> => ({
  [VARIABLE]: JSON.stringify(settings),
});

/** The run's settings; undefined when the test runner was started by hand. @throws UsageError when they are broken. */
export function readRunSettings(environment: NodeJS.ProcessEnv): RunSettings | undefined {
  const text = environment[VARIABLE];
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`The variable ${VARIABLE} does not hold the settings of a run.`, { cause });
  }
}

/** The suite files below a folder, in those of its folders that are named, or in all. */
export function suiteFiles(folder: string, only: readonly string[]): RegExp[] {
  const folders = only.length === 0 ? [folder] : only.map((name) => join(folder, name));
  return folders.map((path) => new RegExp(`^${literal(path)}/.*\\.suite\\.ts$`));
}

/** A text as a regular expression that finds it and nothing else. A slash at its end is left out. */
export const literal = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\/$/, '');
