import { z } from 'zod';
import { checkedYaml, textOfFile } from '../written/index.ts';
import { printable, UsageError } from '../units/index.ts';
import { citedAs, CLAUSES, clausesOfRule } from './requirements/index.ts';
import type { Demand, Policy } from './verify/model.ts';

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

const ruleOf = (rules: ReadonlyMap<string, string>) =>
  z
    .string('a rule is wanted')
    .refine((id) => rules.has(id), 'a rule that h1-hil rules lists, such as pulse-width, is wanted');

/** A list in which nothing stands twice: a thing that is asked for twice is a slip. */
const onceEach = <T>(list: z.ZodType<T[]>, nameOf: (one: T) => string = String) =>
  list.refine((all) => new Set(all.map(nameOf)).size === all.length, 'each may stand here once');

const rig = z.strictObject({
  rig: word,
  kind: oneOf(['real', 'simulated']),
  suites: onceEach(z.array(word).min(1, 'one suite at least is wanted')),
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

const claim = z.strictObject({
  suite: word,
  test: word.optional(),
  below: z.number('a rate is wanted').gt(0, 'a rate above 0 is wanted').lt(1, 'a rate below 1 is wanted'),
  confidence: z
    .number('a share is wanted')
    .gt(0.5, 'a share above 0.5 is wanted')
    .lt(1, 'a share below 1 is wanted'),
});

const schemaOf = (rules: ReadonlyMap<string, string>) =>
  z
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
      rigs: onceEach(
        z.array(rig, 'a list of rigs is wanted').min(1, 'one rig at least is wanted'),
        (one) => one.rig,
      ),
      drivers: onceEach(z.array(word, 'a list of drivers is wanted').min(1, 'one driver at least is wanted')),
      skips: z.array(word).optional(),
      claims: z.array(claim).optional(),
      margins: z
        .array(
          z.strictObject({
            rule: ruleOf(rules),
            least: z.number('a number in the unit of the rule is wanted'),
          }),
        )
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
      ({ firmware, rigs }) =>
        firmware.image !== 'simulated' || rigs.every(({ kind }) => kind === 'simulated'),
      'a real rig has firmware with an image: the SHA-256 of it is wanted in firmware.image',
    )
    .refine(
      ({ comparedWith, rigs }) =>
        comparedWith === undefined || rigs.every(({ before }) => before !== undefined),
      'with comparedWith every rig needs before: the rig with the last release',
    );

/** A policy as it is written. */
export type PolicyData = z.output<ReturnType<typeof schemaOf>>;

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
  readonly drivers: readonly string[];
  /** The last release; undefined when it is compared with none. */
  readonly comparedWith: string | undefined;
  /** `before`: the rig with the last release. */
  readonly rigs: readonly Pick<PolicyData['rigs'][number], 'rig' | 'kind' | 'suites' | 'before'>[];
}

const MAX_BYTES = 256 * 1024;

/** Reads a policy. `rules`: each rule of the trace with its source. @throws PolicyWrong with every place and a right example */
export function readPolicy(file: string, rules: ReadonlyMap<string, string>): Plan {
  const text = textOfFile(
    file,
    MAX_BYTES,
    (reason, cause) => new PolicyWrong(`The policy in ${file} cannot be read: ${reason}.`, { cause }),
  );
  return parsePolicy(text, file, rules);
}

/** @throws PolicyWrong with every place and a right example */
export function parsePolicy(text: string, file: string, rules: ReadonlyMap<string, string>): Plan {
  const data = checkedYaml(text, { schema: schemaOf(rules) }, (problems) => {
    const lines = problems.map(({ line, column, what }) => `${file}:${line}:${column}: ${what}`);
    return new PolicyWrong(`${lines.join('\n')}\nA right file:\n${POLICY_EXAMPLE}`);
  });
  return planOf(data, text, rules);
}

/** The plan of a policy that was checked. */
export function planOf(data: PolicyData, text: string, rules: ReadonlyMap<string, string>): Plan {
  const { name, firmware, comparedWith, commit = 'clean', maxAgeDays = 30, seed = 1 } = data;
  const { rigs, drivers, skips = [], waivers = [] } = data;
  return {
    ...{ text, seed, drivers, comparedWith, rigs },
    policy: {
      ...{ title: name, firmware: firmware.version, isAnyCommit: commit === 'any', maxAgeDays, skips },
      image: firmware.image === 'simulated' ? null : firmware.image,
      demands: demandsOf(data, rules),
      waivers: waivers.map(({ requirement, test, change, ...waiver }) => ({
        of: requirement !== undefined ? 'requirement' : test !== undefined ? 'test' : 'change',
        name: requirement ?? test ?? change ?? '',
        ...waiver,
      })),
    },
  };
}

/** Everything that the policy asks for, one by one. */
function demandsOf(data: PolicyData, rules: ReadonlyMap<string, string>): Demand[] {
  const { rigs, drivers, claims = [], margins = [], comparedWith } = data;
  return [
    { kind: 'rig', name: 'every run' },
    ...rigs.flatMap(({ rig, kind, suites }): Demand[] => {
      const at = { isReal: kind === 'real', ...(rig !== '*' && { rig }) };
      const name = `${rig} (${kind})`;
      const each = suites.flatMap((suite) => drivers.map((driver) => ({ suite, driver })));
      return [
        { kind: 'rig', name, ...at },
        ...each.map(({ suite, driver }): Demand => ({
          ...{ kind: 'suite', name: `${suite}, ${driver}, on ${name}`, ...at, suite, driver },
        })),
      ];
    }),
    ...requiredOf(data, rules),
    ...claims.flatMap(({ suite, test, below, confidence }) =>
      drivers.map((driver): Demand => {
        const of = test === undefined ? suite : `${suite}, ${test}`;
        const name = `${of}, ${driver}: rate below ${below}, confidence ${confidence}`;
        return {
          ...{ kind: 'claim', name, suite, driver, below, confidence },
          ...(test !== undefined && { title: test }),
        };
      }),
    ),
    ...margins.map(({ rule, least }): Demand => ({
      ...{ kind: 'margin', name: `${rule}: at least ${least}`, rules: [rule], least },
    })),
    ...(comparedWith === undefined
      ? []
      : [{ kind: 'comparison', name: `with ${comparedWith}`, version: comparedWith } as const]),
  ];
}

/** A clause of the chip is shown by a test or a rule; one of a driver by a test with each driver. */
function requiredOf(
  { drivers, requirements = {} }: PolicyData,
  rules: ReadonlyMap<string, string>,
): Demand[] {
  const { groups = [], also = [], real = [] } = requirements;
  return CLAUSES.filter(
    ({ id, binds, kind }) =>
      also.includes(id) || real.includes(id) || groups.some((group) => group === `${binds} ${kind}`),
  ).flatMap(({ id, binds }): Demand[] => {
    const base = {
      kind: 'requirement',
      cited: citedAs(id),
      ...(real.includes(id) && { isReal: true }),
    } as const;
    if (binds === 'driver') return drivers.map((driver) => ({ ...base, name: `${id}, ${driver}`, driver }));
    const about = [...rules].filter(([, source]) => clausesOfRule(source).includes(id));
    return [{ ...base, name: id, rules: about.map(([rule]) => rule) }];
  });
}
