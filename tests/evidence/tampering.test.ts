import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { madeAgain } from '../../src/evidence/index.ts';
import { envelopeOf, keySigner } from '../../src/evidence/sign.ts';
import { sha256 } from '../../src/evidence/verify/envelope.ts';
import type { Evidence } from '../../src/evidence/verify/model.ts';
import type { Statement } from '../../src/evidence/verify/statement.ts';
import { statementOf } from '../../src/evidence/verify/statement.ts';
import { filesIn, textOf, verifyFolder } from '../../src/evidence/verify/verify.ts';
import { madeRun, RULE_SOURCES, writeMade } from './made.ts';

let root: string;
let folder: string;
let key: KeyObject;

test.beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'h1-hil-evidence-'));
  folder = join(root, 'evidence');
  mkdirSync(folder);
  key = createPublicKey(writeMade(folder));
});

test.afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A number from 0 up to `below`, by a seed and a place. */
const drawn = (seed: number, place: string, below: number): number =>
  createHash('sha256').update(`${seed} ${place}`).digest().readUInt32BE() % below;

/** Does something to a file of the evidence, checks it, and puts the file back. */
function troubleAfter(file: string, change: (text: Buffer) => Buffer | undefined): readonly string[] {
  const before = readFileSync(join(folder, file));
  const after = change(before);
  if (after === undefined) unlinkSync(join(folder, file));
  else writeFileSync(join(folder, file), after);
  const { trouble } = verifyFolder(folder, key);
  writeFileSync(join(folder, file), before);
  return trouble;
}

/** The same, to be written to. */
type Mutable<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer One)[]
    ? Mutable<One>[]
    : { -readonly [Key in keyof T]: Mutable<T[Key]> };

/** The statement in an envelope. */
function statementIn(bytes: Buffer): Statement {
  const { payload } = JSON.parse(bytes.toString()) as { payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Statement;
}

/** Changes the evidence in the envelope as a person without the key would: the signature stays. */
function edited(change: (evidence: Mutable<Evidence>) => void): readonly string[] {
  return troubleAfter('envelope.json', (bytes) => {
    const envelope = JSON.parse(bytes.toString()) as { payload: string };
    const statement = statementIn(bytes) as Mutable<Statement>;
    change(statement.predicate.h1hil_qualification.evidence);
    const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
    return Buffer.from(textOf({ ...envelope, payload }));
  });
}

/** Changes a file of lines with JSON, such as a journal. */
const inLines = (file: string, change: (lines: string[]) => void): readonly string[] =>
  troubleAfter(file, (bytes) => {
    const lines = bytes.toString().split('\n');
    change(lines);
    return Buffer.from(lines.join('\n'));
  });

const rigOf = (seed: number): string => ['sim', 'sim-no-irq'][seed % 2]!;
const TESTS = madeRun('sim').tests;

test('evidence that nobody touched holds, and is a go', () => {
  const { trouble, statement } = verifyFolder(folder, key);
  expect(trouble).toEqual([]);
  expect(statement?.predicate.h1hil_qualification.decision.verdict).toBe('go');
});

/** A kind of mutation: what it does by a seed, and the words with which it has to be found. */
type Mutation = (seed: number) => { readonly trouble: readonly string[]; readonly named: readonly string[] };

const SIGNATURE = 'envelope.json: the signature is not by this key';

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a bit of any file or of the envelope': (seed) => {
    const files = [...filesIn(folder), 'envelope.json'];
    const file = files[drawn(seed, 'file', files.length)]!;
    const trouble = troubleAfter(file, (bytes) => {
      const changed = Buffer.from(bytes);
      changed[drawn(seed, 'byte', bytes.length)]! ^= 1 << drawn(seed, 'bit', 8);
      return changed;
    });
    return { trouble, named: [file] };
  },
  'a file that is gone, or cut off': (seed) => {
    const files = [...filesIn(folder), 'envelope.json'];
    const file = files[drawn(seed, 'file', files.length)]!;
    const trouble = troubleAfter(file, (bytes) =>
      seed % 2 === 0 ? undefined : bytes.subarray(0, bytes.length - 1),
    );
    return { trouble, named: [file] };
  },
  'a file that was added': (seed) => {
    const file = `${['', 'runs/', 'runs/run-sim/'][seed % 3]!}more-${seed}.json`;
    writeFileSync(join(folder, file), '');
    const { trouble } = verifyFolder(folder, key);
    unlinkSync(join(folder, file));
    return { trouble, named: [`"${file}" was added`] };
  },
  'a test dropped from the envelope': (seed) => {
    const at = drawn(seed, 'test', TESTS.length);
    const trouble = edited(({ runs }) => runs[seed % 2]!.tests.splice(at, 1));
    return { trouble, named: [SIGNATURE, `run-${rigOf(seed)}" tests: "${TESTS[at]!.name}" was added`] };
  },
  'a test dropped from a journal': (seed) => {
    const at = drawn(seed, 'test', TESTS.length);
    const file = `runs/run-${rigOf(seed)}/journal.jsonl`;
    const trouble = inLines(file, (lines) => {
      const plan = JSON.parse(lines[0]!) as { tests: unknown[] };
      plan.tests.splice(at, 1);
      lines[0] = JSON.stringify(plan);
    });
    return { trouble, named: [file, `"${TESTS[at]!.name}" is missing`] };
  },
  'the order of results': (seed) => {
    const at = drawn(seed, 'test', TESTS.length - 1);
    const trouble = edited(({ runs }) => {
      const { tests } = runs[seed % 2]!;
      [tests[at], tests[at + 1]] = [tests[at + 1]!, tests[at]!];
    });
    return { trouble, named: [SIGNATURE, 'tests: the order is another one', TESTS[at]!.name] };
  },
  'another outcome in the envelope': (seed) => {
    const at = drawn(seed, 'test', TESTS.length);
    const trouble = edited(({ runs }) => {
      runs[seed % 2]!.tests[at]!.outcome = 'inconclusive';
    });
    return { trouble, named: [SIGNATURE, TESTS[at]!.name, 'outcome', '"inconclusive" was signed'] };
  },
  'another end in a journal': (seed) => {
    const at = drawn(seed, 'test', TESTS.length);
    const file = `runs/run-${rigOf(seed)}/journal.jsonl`;
    const trouble = inLines(file, (lines) => {
      lines[at + 1] = lines[at + 1]!.replace(/"outcome":"[^"]+"/, '"outcome":"failed"');
    });
    return { trouble, named: [file, TESTS[at]!.name, 'outcome: "no verdict" is there'] };
  },
  'a renamed rig': (seed) => ({
    trouble: edited(({ runs }) => {
      runs[seed % 2]!.rig = `other-${seed}`;
    }),
    named: [`run-${rigOf(seed)}" rig: "${rigOf(seed)}" is there, "other-${seed}" was signed`],
  }),
  'a renamed rig in a summary': (seed) => {
    const file = `runs/run-${rigOf(seed)}/summary.json`;
    const trouble = inLines(file, (lines) => {
      lines[0] = lines[0]!.replace(`"rig":"${rigOf(seed)}"`, `"rig":"other-${seed}"`);
    });
    return { trouble, named: [file, `rig: "other-${seed}" is there, "${rigOf(seed)}" was signed`] };
  },
  "a waiver's date": (seed) => {
    const until = `20${30 + (seed % 60)}-01-01`;
    const trouble = troubleAfter('qualification.yaml', (bytes) =>
      Buffer.from(bytes.toString().replace('2026-12-24', until)),
    );
    return { trouble, named: ['qualification.yaml', 'policyText line 16', until, '2026-12-24'] };
  },
  'a looser policy': (seed) => ({
    trouble: troubleAfter('qualification.yaml', (bytes) =>
      Buffer.from(bytes.toString().replace('below: 0.01', `below: 0.${10 + (seed % 80)}`)),
    ),
    named: ['qualification.yaml', 'policyText line 10', `below: 0.${10 + (seed % 80)}`],
  }),
  'the counts of a soak': (seed) => {
    const file = `runs/run-${rigOf(seed)}/journal.jsonl`;
    const trouble = inLines(file, (lines) => {
      lines[5] = lines[5]!.replace('0 of 400', `0 of ${1000 + seed}`);
    });
    return { trouble, named: [file, 'soak runs', `${1000 + seed} is there, 400 was signed`] };
  },
  'a margin': (seed) => {
    const file = `runs/run-${rigOf(seed)}/measures.jsonl`;
    const trouble = inLines(file, (lines) => {
      lines[0] = lines[0]!.replace('"margin":2.5', `"margin":${3 + seed}`);
    });
    return { trouble, named: [file, '"pulse-width" margin', `${3 + seed} is there, 2.5 was signed`] };
  },
};

test('every byte of the envelope outside of the payload is looked at', () => {
  const envelope = readFileSync(join(folder, 'envelope.json'));
  const [from, to] = [envelope.indexOf('"payload": "') + 20, envelope.indexOf('"signatures"') - 20];
  const unfound: number[] = [];
  for (let at = 0; at < envelope.length; at++) {
    if (at > from && at < to) continue;
    const trouble = troubleAfter('envelope.json', (bytes) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 7);
      return changed;
    });
    if (!trouble.some((one) => one.startsWith('envelope.json'))) unfound.push(at);
  }
  expect(unfound).toEqual([]);
});

const EACH = Math.ceil(1000 / Object.keys(MUTATIONS).length);

for (const [name, mutate] of Object.entries(MUTATIONS))
  test(`${name}: ${EACH} seeds, all found, each with the right name`, () => {
    const unfound: object[] = [];
    for (let seed = 0; seed < EACH; seed++) {
      const { trouble, named } = mutate(seed);
      const told = trouble.join('\n');
      const isFound = trouble.length > 0 && named.every((word) => told.includes(word));
      if (!isFound) unfound.push({ seed, trouble, named });
    }
    expect(unfound).toEqual([]);
    expect(verifyFolder(folder, key).trouble).toEqual([]);
  });

/** What was changed by somebody with the key, who makes a new statement of it and signs that. */
function signedAnew(
  change: (evidence: Mutable<Evidence>, statement: Statement) => Statement | undefined,
  file?: { readonly name: string; readonly change: (text: string) => string },
): readonly string[] {
  const copy = join(root, 'anew');
  cpSync(folder, copy, { recursive: true });
  const statement = statementIn(readFileSync(join(folder, 'envelope.json')));
  const evidence = statement.predicate.h1hil_qualification.evidence as Mutable<Evidence>;
  if (file !== undefined) {
    const text = readFileSync(join(copy, file.name), 'utf8');
    expect(file.change(text)).not.toBe(text);
    writeFileSync(join(copy, file.name), file.change(text));
  }
  const digests = filesIn(copy).map((name) => [name, sha256(readFileSync(join(copy, name)))] as const);
  const other = change(evidence, statement) ?? statementOf(evidence, new Map(digests));
  writeFileSync(join(copy, 'envelope.json'), textOf(envelopeOf(other, keySigner(join(root, 'key.pem')))));
  const { trouble, statement: seen } = verifyFolder(copy, key);
  const again = madeAgain(copy, seen!, { commit: 'e03a53c', rules: RULE_SOURCES });
  rmSync(copy, { recursive: true });
  // The last release has no files here, so that its comparison is for another test.
  return [...trouble, ...again.trouble.filter((one) => !one.includes('there is no run run-old'))];
}

test('somebody with the key who changes nothing is not found', () => {
  expect(signedAnew(() => undefined)).toEqual([]);
});

for (const [what, change, named] of [
  [
    'a better outcome',
    ({ runs }) => {
      runs[0]!.tests[3]!.outcome = 'pass';
    },
    'switch" outcome: "skipped" is there, "pass" was signed',
  ],
  [
    'a better margin',
    ({ runs }) => {
      runs[0]!.measures[0]!.margin = 3.5;
    },
    '"pulse-width" margin: 2.5 is there, 3.5 was signed',
  ],
  [
    'better counts of a soak',
    ({ runs }) => {
      runs[1]!.tests[4]!.soak!.runs = 4000;
    },
    'soak" soak runs: 400 is there, 4000 was signed',
  ],
  [
    'a doubt that is left out',
    ({ runs }) => {
      runs[0]!.commit = 'e03a53d';
    },
    '"run-sim" commit: "e03a53c" is there, "e03a53d" was signed',
  ],
  [
    'a waiver that holds longer',
    ({ policy }) => {
      policy.waivers[0]!.until = '2030-01-01';
    },
    'policy waivers "CHIP 4.4" until: "2026-12-24" is there, "2030-01-01" was signed',
  ],
  [
    'a smaller margin that is asked for',
    ({ policy }) => {
      policy.demands.find(({ kind }) => kind === 'margin')!.least = 0.1;
    },
    '"pulse-width: at least 1" least: 1 is there, 0.1 was signed',
  ],
  [
    'a demand that is left out',
    ({ policy }) => {
      policy.demands.splice(1, 1);
    },
    'policy demands: "sim (simulated)" was added',
  ],
  [
    'a dropped test',
    ({ runs }) => {
      runs[0]!.tests.splice(2, 1);
    },
    'wake" was added',
  ],
] as readonly (readonly [string, (evidence: Mutable<Evidence>) => void, string])[])
  test(`somebody with the key is found who signs ${what}`, () => {
    const trouble = signedAnew((evidence) => {
      change(evidence);
      return undefined;
    });
    expect(trouble.join('\n')).toContain(named);
  });

test('a decision, a result and names of tests that the evidence does not give are found, though they are signed', () => {
  const decided = signedAnew((_, statement) => {
    const other = structuredClone(statement) as Mutable<Statement>;
    other.predicate.h1hil_qualification.decision.criteria[0]!.state = 'waived';
    other.predicate.passedTests.pop();
    return other;
  }).join('\n');
  expect(decided).toContain('decision criteria "every run" state: "shown" is there, "waived" was signed');
  expect(decided).toContain('soak" (2) was added');
  const result = signedAnew((_, statement) => {
    const other = structuredClone(statement) as Mutable<Statement>;
    other.predicate.result = 'FAILED';
    return other;
  });
  expect(result).toEqual(['result: "PASSED" is there, "FAILED" was signed']);
});

test('a margin in a file of measures that its own values do not leave is found, though all of it is signed anew', () => {
  const trouble = signedAnew(
    ({ runs }) => {
      runs[0]!.measures[0]!.margin = 3.5;
      return undefined;
    },
    {
      name: 'runs/run-sim/measures.jsonl',
      change: (text) => text.replace('"margin":2.5', '"margin":3.5'),
    },
  );
  expect(trouble.join('\n')).toContain(
    'pulse-width: a margin of 3.5 is told of \\"ready line\\", and its values leave 2.5',
  );
});

test('a test whose end was changed in the journal alone does not fit the counts of the summary', () => {
  const trouble = signedAnew(() => undefined, {
    name: 'runs/run-sim/journal.jsonl',
    change: (text) => text.replace('"outcome":"skipped"', '"outcome":"passed"'),
  });
  expect(trouble.join('\n')).toContain('its summary counts 8 passed, its journal 9');
});

test('a key that did not sign accepts nothing', () => {
  const place = join(root, 'other');
  mkdirSync(join(place, 'evidence'), { recursive: true });
  const other = createPublicKey(writeMade(join(place, 'evidence')));
  expect(verifyFolder(folder, other).trouble).toEqual([expect.stringContaining(SIGNATURE)]);
});
