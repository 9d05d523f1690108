import { z } from 'zod';
import { checkedYaml, textOfFile } from '../written/index.ts';
import { printableLines, UsageError } from '../units/index.ts';

/** The plan of a night is wrong. */
export class PlanWrong extends UsageError {}

const word = z
  .string('a text is wanted')
  .min(1, 'a text is wanted, and this one is empty')
  .max(200, 'at most 200 characters are wanted')
  .refine(
    (text) => printableLines(text) === text && !text.includes('\n'),
    'control characters have no place here',
  )
  .refine((text) => !text.startsWith('-'), 'a text that begins with - would be read as an option');

const words = z.array(word, 'a list such as [sleep-wake] is wanted').min(1, 'the list is empty').max(100);

const UNITS_MS = { s: 1e3, m: 60e3, h: 3600e3 } as const;
const MAX_MS = 24 * UNITS_MS.h;

const span = z
  .string('a time such as 90s, 10m or 2h is wanted')
  .regex(/^\d{1,6}(\.\d{1,3})?(s|m|h)$/, 'a time such as 90s, 10m or 2h is wanted')
  .refine((text) => spanMs(text) > 0 && spanMs(text) <= MAX_MS, 'a time above 0 and up to 24h is wanted');

/** A time of a plan in milliseconds. */
export const spanMs = (text: string): number =>
  Number(text.slice(0, -1)) * UNITS_MS[text.slice(-1) as keyof typeof UNITS_MS];

const share = z
  .number('a number is wanted')
  .gt(0, 'a number above 0 is wanted')
  .lt(1, 'a number below 1 is wanted');

const selector = z
  .strictObject({
    board: z.enum(['linux', 'sim', 'virtual-lab', 'program'], 'linux, sim, virtual-lab or program is wanted'),
    firmware: word,
    controller: z.boolean('true or false is wanted'),
    health: z.enum(['good', 'unknown'], 'good or unknown is wanted: on no other rig a test runs'),
  })
  .partial();

/** Which rigs fit: every field that is there has to. */
export type Selector = z.output<typeof selector>;

const claim = z.strictObject({ below: share, confidence: share });

const shared = {
  name: word.regex(/^[\w.-]+$/, 'letters, digits, points, lines are wanted'),
  value: z.number('a number is wanted').min(0.1, 'a value of at least 0.1 is wanted').max(100).default(1),
  limit: span.default('2h'),
};
const MANY = 10_000_000;

const job = z
  .strictObject({
    ...shared,
    rigs: words.optional(),
    any: selector.optional(),
    every: selector.optional(),
    suites: words.optional(),
    drivers: words.optional(),
    grep: word.optional(),
    claim: claim.optional(),
    for: span.optional(),
    explore: z
      .strictObject({
        minutes: z.number('a whole number is wanted').int('a whole number is wanted').min(1).max(1440),
        drivers: words.optional(),
      })
      .optional(),
    sweep: z
      .strictObject({
        procedure: word,
        axis: z.array(word).min(1).max(2),
        drivers: words.optional(),
        repeats: z.number().int().min(1).max(MANY).optional(),
      })
      .optional(),
  })
  .refine(
    ({ suites, explore, sweep }) => [suites, explore, sweep].filter((one) => one !== undefined).length === 1,
    'a job has one of suites, explore and sweep',
  )
  .refine(
    ({ suites, rigs, any, every }) =>
      suites === undefined || [rigs, any, every].filter((one) => one !== undefined).length === 1,
    'a job with suites has one of rigs, any and every',
  )
  .refine(
    ({ suites, rigs, any, every, drivers, grep, claim: asked, for: time }) =>
      suites !== undefined ||
      [rigs, any, every, drivers, grep, asked, time].every((one) => one === undefined),
    'explore and sweep run on this host: rigs, drivers, grep, claim and for belong to suites',
  );

/** What is to be run, where, and for how long. */
export type Job = z.output<typeof job>;

const plan = z.strictObject({
  budget: span.default('8h'),
  rigs: words.optional(),
  jobs: z
    .array(job, 'a list of jobs is wanted')
    .min(1, 'no job is there')
    .max(200)
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'two jobs have the same name, by which the history knows them',
    ),
});

/** What a night runs. */
export type Plan = z.output<typeof plan>;

/** A right plan, for people who have a wrong one. */
export const PLAN_EXAMPLE = `budget: 8h
rigs: [sim, sim-no-irq]        # what there is; all of rigs/ without
jobs:
  - name: sleep
    any: { board: sim, firmware: 0.5.4 }   # on one that fits; another takes over
    suites: [sleep-wake, suspend-resume]
    drivers: [recommended]
    value: 3
  - name: soak
    rigs: [sim]                # on each of these
    suites: [soak]
    claim: { below: 0.01, confidence: 0.95 }
    limit: 2h
  - name: explore
    explore: { minutes: 10, drivers: [linux-6.1] }`;

const MAX_BYTES = 256 * 1024;

/** Reads a plan. @throws PlanWrong with every place and a right example */
export function readPlan(file: string): Plan {
  const text = textOfFile(
    file,
    MAX_BYTES,
    (reason, cause) =>
      new PlanWrong(`The plan ${printableLines(file)} cannot be read: ${reason}.`, { cause }),
  );
  return parsePlan(text, file);
}

/** @throws PlanWrong with every place and a right example */
export const parsePlan = (text: string, file: string): Plan =>
  checkedYaml(text, { schema: plan }, (problems) => {
    const lines = problems.map(({ line, column, what }) => `${file}:${line}:${column}: ${what}`);
    return new PlanWrong(`${lines.join('\n')}\nA right plan:\n${PLAN_EXAMPLE}`);
  });
