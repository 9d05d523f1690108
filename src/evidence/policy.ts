import { z } from 'zod';
import { checkedYaml, textOfFile } from '../written/index.ts';
import { printable, UsageError } from '../units/index.ts';
import { CLAUSES } from './requirements/index.ts';
import type { Policy } from './verify/model.ts';

/** A policy is wrong. */
export class PolicyWrong extends UsageError {}

const word = z
  .string('a text is wanted')
  .min(1, 'a text is wanted, and this one is empty')
  .max(400, 'at most 400 characters are wanted')
  .refine((text) => printable(text) === text, 'control characters have no place here');
const version = z
  .string('a version such as 0.5.4 is wanted, in quotes where it has two numbers')
  .regex(/^\d+\.\d+\.\d+$/, 'a version has three numbers, such as 0.5.4');
const day = z
  .string('a date such as 2026-12-24 is wanted')
  .refine(isDay, 'a date such as 2026-12-24 is wanted');

function isDay(text: string): boolean {
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const clause = z
  .string('a clause such as CHIP 3 is wanted')
  .refine(
    (id) => CLAUSES.some((one) => one.id === id),
    'a clause that h1-hil requirements lists, such as CHIP 3, is wanted',
  );
const GROUPS = ['chip must', 'chip should', 'chip assumed', 'driver must', 'driver should'] as const;
const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, `one of ${words.join(', ')} is wanted`);

const rig = z.strictObject({
  rig: word,
  kind: oneOf(['real', 'simulated']),
  suites: z.array(word).min(1, 'one suite at least is wanted'),
  before: word.optional(),
});

const waiver = z
  .strictObject({
    requirement: clause.optional(),
    test: word.optional(),
    change: word.optional(),
    owner: word,
    reason: word,
    until: day,
  })
  .refine(
    ({ requirement, test, change }) =>
      [requirement, test, change].filter((one) => one !== undefined).length === 1,
    'requirement, test or change has to say what is waived, and only one of them',
  );

const schema = z
  .strictObject({
    name: word,
    firmware: z.strictObject({
      version,
      image: z
        .string('the SHA-256 of the image is wanted, or the word simulated')
        .regex(
          /^(simulated|[0-9a-f]{64})$/,
          'the SHA-256 of the image is wanted, as 64 small hexadecimal digits, or the word simulated',
        ),
    }),
    comparedWith: version.optional(),
    commit: oneOf(['clean', 'any']).optional(),
    maxAgeDays: z.number('a number of days is wanted').positive('more than 0 days are wanted').optional(),
    seed: z.number().int().min(0).max(0xffffffff).optional(),
    rigs: z.array(rig, 'a list of rigs is wanted').min(1, 'one rig at least is wanted'),
    drivers: z.array(word, 'a list of drivers is wanted').min(1, 'one driver at least is wanted'),
    skips: z.array(word).optional(),
    claims: z
      .array(
        z.strictObject({
          suite: word,
          test: word.optional(),
          below: z
            .number('a rate is wanted')
            .gt(0, 'a rate above 0 is wanted')
            .lt(1, 'a rate below 1 is wanted'),
          confidence: z
            .number('a share is wanted')
            .gt(0.5, 'a share above 0.5 is wanted')
            .lt(1, 'a share below 1 is wanted'),
        }),
      )
      .optional(),
    margins: z
      .array(z.strictObject({ rule: word, least: z.number('a number in the unit of the rule is wanted') }))
      .optional(),
    requirements: z
      .strictObject({
        groups: z.array(oneOf(GROUPS)).optional(),
        also: z.array(clause).optional(),
        real: z.array(clause).optional(),
      })
      .optional(),
    waivers: z.array(waiver).optional(),
  })
  .refine(
    ({ firmware, rigs }) => firmware.image !== 'simulated' || rigs.every(({ kind }) => kind === 'simulated'),
    'a real rig has firmware with an image: the SHA-256 of it is wanted in firmware.image',
  )
  .refine(
    ({ comparedWith, rigs }) =>
      comparedWith === undefined || rigs.every(({ before }) => before !== undefined),
    'with comparedWith every rig needs before: the rig with the last release',
  );

/** A right file, for people who have a wrong one. */
export const POLICY_EXAMPLE = `name: Cr50 0.5.4, quick gate
firmware:
  version: 0.5.4
  image: simulated
rigs:
  - rig: sim
    kind: simulated
    suites: [bring-up]
drivers: [recommended]
requirements:
  also: [CHIP 4.1]
waivers:
  - requirement: CHIP 4.4
    owner: anna
    reason: no suite looks at it yet
    until: 2026-12-24`;

/** How to come to what the policy asks for. */
export interface Plan {
  readonly policy: Policy;
  readonly text: string;
  readonly seed: number;
  /** The rig with the last release, by the rig that is compared with it. */
  readonly before: ReadonlyMap<string, string>;
}

const MAX_BYTES = 256 * 1024;

/** Reads a policy. @throws PolicyWrong with every place and a right example */
export function readPolicy(file: string): Plan {
  const text = textOfFile(
    file,
    MAX_BYTES,
    (reason, cause) => new PolicyWrong(`The policy in ${file} cannot be read: ${reason}.`, { cause }),
  );
  return parsePolicy(text, file);
}

/** @throws PolicyWrong with every place and a right example */
export function parsePolicy(text: string, file: string): Plan {
  const data = checkedYaml(text, { schema }, (problems) => {
    const lines = problems.map(({ line, column, what }) => `${file}:${line}:${column}: ${what}`);
    return new PolicyWrong(`${lines.join('\n')}\nA right file:\n${POLICY_EXAMPLE}`);
  });
  const { name, firmware, comparedWith = null, commit = 'clean', maxAgeDays = 30, seed = 1 } = data;
  const { rigs, drivers, skips = [], claims = [], margins = [], requirements = {}, waivers = [] } = data;
  return {
    ...{ text, seed },
    before: new Map(rigs.flatMap(({ rig, before }) => (before === undefined ? [] : [[rig, before]]))),
    policy: {
      ...{ name, comparedWith, commit, maxAgeDays, drivers, skips, margins },
      firmware: {
        version: firmware.version,
        image: firmware.image === 'simulated' ? null : firmware.image,
      },
      rigs: rigs.map(({ rig, kind, suites }) => ({ rig, kind, suites })),
      claims: claims.map(({ test = null, ...claim }) => ({ ...claim, test })),
      requirements: requiredOf(requirements),
      waivers: waivers.map(({ requirement = null, test = null, change = null, ...waiver }) => ({
        ...{ requirement, test, change },
        ...waiver,
      })),
    },
  };
}

function requiredOf({
  groups = [],
  also = [],
  real = [],
}: NonNullable<z.output<typeof schema>['requirements']>): Policy['requirements'] {
  return CLAUSES.filter(
    ({ id, binds, kind }) =>
      also.includes(id) || real.includes(id) || groups.some((group) => group === `${binds} ${kind}`),
  ).map(({ id, binds }) => ({ id, binds, isReal: real.includes(id) }));
}
