import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Evidence, Result, Run } from '../../src/evidence/verify/model.ts';
import type { Statement } from '../../src/evidence/verify/verify.ts';
import { filesIn, verifyFolder } from '../../src/evidence/verify/verify.ts';
import { statementOf } from '../../src/evidence/index.ts';
import { envelopeOf, keySigner } from '../../src/evidence/sign.ts';
import { decide } from '../../src/evidence/verify/decide.ts';
import { madeEvidence, writeMade } from './made.ts';

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

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

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

/** Changes the evidence as a person would, in the file and nowhere else. */
function edited(change: (evidence: Mutable<Evidence>) => void): readonly string[] {
  return troubleAfter('evidence.json', (bytes) => {
    const evidence = JSON.parse(bytes.toString()) as Mutable<Evidence>;
    change(evidence);
    return Buffer.from(`${JSON.stringify(evidence, undefined, 2)}\n`);
  });
}

/** The same, to be written to. */
type Mutable<T> = T extends string | number | boolean | null
  ? T
  : { -readonly [Key in keyof T]: Mutable<T[Key]> };

const listOf = (run: Mutable<Run>): Mutable<Result>[] => run.results;

test('evidence that nobody touched holds, and is a go', () => {
  const { trouble, statement } = verifyFolder(folder, key);
  expect(trouble).toEqual([]);
  expect(statement?.predicate.h1hil_qualification.decision.verdict).toBe('go');
});

/** A kind of mutation: what it does by a seed, and the words with which it has to be found. */
type Mutation = (seed: number) => { readonly trouble: readonly string[]; readonly named: readonly string[] };

const journalLines = (seed: number, change: (lines: string[], at: number) => void) => {
  const [rig, at] = [['sim', 'sim-no-irq'][seed % 2]!, 1 + drawn(seed, 'line', 9)];
  const file = `runs/run-${rig}/journal.jsonl`;
  const trouble = troubleAfter(file, (bytes) => {
    const lines = bytes.toString().split('\n');
    change(lines, at);
    return Buffer.from(lines.join('\n'));
  });
  return { file, trouble, name: madeEvidence().runs[0]!.results[at - 1]!.test };
};

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
    return { trouble, named: [`${file}: it was added`] };
  },
  'a dropped test': (seed) => {
    const at = drawn(seed, 'test', 10);
    let name = '';
    const trouble = edited(({ runs }) => {
      name = listOf(runs[seed % 2]!).splice(at, 1)[0]!.test;
    });
    return { trouble, named: [`"${name}" is missing`] };
  },
  'the order of results': (seed) => {
    const at = drawn(seed, 'test', 9);
    let name = '';
    const trouble = edited(({ runs }) => {
      const results = listOf(runs[seed % 2]!);
      [results[at], results[at + 1]] = [results[at + 1]!, results[at]!];
      name = results[at].test;
    });
    return { trouble, named: ['order', name] };
  },
  'another outcome': (seed) => {
    const at = drawn(seed, 'test', 10);
    let name = '';
    const trouble = edited(({ runs }) => {
      const one = listOf(runs[seed % 2]!)[at]!;
      one.outcome = 'inconclusive';
      name = one.test;
    });
    return { trouble, named: [name, 'outcome', '"inconclusive" is there'] };
  },
  'a renamed rig': (seed) => ({
    trouble: edited(({ runs }) => {
      runs[seed % 2]!.rig = `other-${seed}`;
    }),
    named: [
      '.rig',
      `"other-${seed}" is there`,
      seed % 2 === 0 ? '"sim" was signed' : '"sim-no-irq" was signed',
    ],
  }),
  "a waiver's date": (seed) => ({
    trouble: edited(({ policy }) => {
      policy.waivers[0]!.until = `20${30 + (seed % 60)}-01-01`;
    }),
    named: [
      'waivers',
      'CHIP 4.4',
      'until',
      `"20${30 + (seed % 60)}-01-01" is there`,
      '"2026-12-24" was signed',
    ],
  }),
  'a looser policy': (seed) => {
    const least = drawn(seed, 'least', 1000) / 1001;
    const trouble = edited(({ policy }) => {
      policy.margins[0]!.least = least;
    });
    return { trouble, named: ['margins', 'pulse-width', 'least', `${least} is there, 1 was signed`] };
  },
  'a looser policy as it was written': (seed) => ({
    trouble: troubleAfter('qualification.yaml', (bytes) =>
      Buffer.from(bytes.toString().replace('below: 0.01', `below: 0.${10 + (seed % 80)}`)),
    ),
    named: ['qualification.yaml: line 9', `below: 0.${10 + (seed % 80)}`],
  }),
  "a test dropped from a run's journal": (seed) => {
    const { file, trouble, name } = journalLines(seed, (lines, at) => {
      const plan = JSON.parse(lines[0]!) as { tests: unknown[] };
      plan.tests.splice(at - 1, 1);
      lines[0] = JSON.stringify(plan);
    });
    return { trouble, named: [file, name] };
  },
  "another end in a run's journal": (seed) => {
    const { file, trouble, name } = journalLines(seed, (lines, at) => {
      lines[at] = lines[at]!.replace(/"outcome":"[^"]+"/, '"outcome":"failed"');
    });
    return { trouble, named: [file, name, 'failed in the journal'] };
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
      const isFound = trouble.some((one) => named.every((word) => one.includes(word)));
      if (!isFound) unfound.push({ seed, trouble, named });
    }
    expect(unfound).toEqual([]);
    expect(verifyFolder(folder, key).trouble).toEqual([]);
  });

/** What was changed by somebody with the key, who signs it anew. */
function signedAnew(change: (statement: Statement) => Statement): readonly string[] {
  const copy = join(root, 'anew');
  cpSync(folder, copy, { recursive: true });
  const envelope = JSON.parse(read('envelope.json')) as { payload: string };
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as Statement;
  const anew = envelopeOf(change(statement), keySigner(join(root, 'key.pem')));
  writeFileSync(join(copy, 'envelope.json'), `${JSON.stringify(anew, undefined, 2)}\n`);
  const { trouble } = verifyFolder(copy, key);
  rmSync(copy, { recursive: true });
  return trouble;
}

test('a decision that the evidence does not give is found with its criterion, though it is signed', () => {
  const trouble = signedAnew((statement) => {
    const { evidence, files } = statement.predicate.h1hil_qualification;
    const loose = { ...evidence, policy: { ...evidence.policy, waivers: [] } };
    return statementOf({ evidence: loose, files, decision: decide(evidence) });
  });
  expect(trouble.join('\n')).toContain(
    'requirement CHIP 4.4: waived was signed, and the evidence gives not shown',
  );
  expect(trouble.join('\n')).toContain('decision: go was signed, and the evidence gives not shown');
});

test('an outcome that the journal does not give is found with its test, though it is signed', () => {
  const trouble = signedAnew((statement) => {
    const { evidence, files } = statement.predicate.h1hil_qualification;
    const [run, ...rest] = evidence.runs;
    const [first, ...results] = run!.results;
    const better = {
      ...evidence,
      runs: [{ ...run!, results: [{ ...first!, outcome: 'fail' as const }, ...results] }, ...rest],
    };
    return statementOf({ evidence: better, files, decision: decide(better) });
  });
  expect(trouble.join('\n')).toMatch(
    /runs\/run-sim\/journal.jsonl: ".*identity" is fail in the evidence, and passed in the journal/,
  );
});

test('a key that did not sign accepts nothing', () => {
  const other = createPublicKey(keySignerKey());
  expect(verifyFolder(folder, other).trouble).toEqual([
    expect.stringContaining('envelope.json: the signature is not by this key'),
  ]);
});

function keySignerKey(): string {
  const place = join(root, 'other');
  mkdirSync(join(place, 'evidence'), { recursive: true });
  return writeMade(join(place, 'evidence'));
}
