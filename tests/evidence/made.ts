import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Made } from '../../src/evidence/write.ts';
import { keySigner, parsePolicy, writeEvidence } from '../../src/evidence/index.ts';
import { decide } from '../../src/evidence/verify/decide.ts';
import type { Evidence, Result, Run } from '../../src/evidence/verify/model.ts';
import { sha256 } from '../../src/evidence/verify/verify.ts';

/** A policy that the made runs fulfil. */
export const POLICY = `name: made
firmware: { version: 0.5.4, image: simulated }
rigs:
  - { rig: sim, kind: simulated, suites: [bring-up, soak] }
  - { rig: sim-no-irq, kind: simulated, suites: [bring-up] }
drivers: [recommended, linux-6.1]
skips: [interrupt-switch]
claims:
  - { suite: soak, below: 0.01, confidence: 0.95 }
margins:
  - { rule: pulse-width, least: 1 }
requirements:
  also: [CHIP 3, CHIP 4.1, CHIP 4.4, DRIVER 1.5]
waivers:
  - { requirement: CHIP 4.4, owner: anna, reason: no suite looks at it, until: 2026-12-24 }
`;

/** The moment of the made decision. */
export const DECIDED = '2026-11-30T12:00:00.000Z';

/** A result that passed. */
export const result = (driver: string, title: string, more: Partial<Result> = {}): Result => ({
  ...{ test: ` › ${driver} › bring-up/a.suite.ts › ${title}`, suite: 'bring-up', driver, outcome: 'pass' },
  ...{ lacks: [], says: null, trace: sha256(title), clauses: [] },
  ...more,
});

/** A run in which everything passed. */
export function madeRun(rig: string): Run {
  const results = ['recommended', 'linux-6.1'].flatMap((driver) => [
    result(driver, 'identity', { clauses: ['CHIP 4.1'] }),
    result(driver, 'ready line', { clauses: ['CHIP 3'] }),
    result(driver, 'wake', { clauses: ['DRIVER 1.5'] }),
    result(driver, 'switch', { outcome: 'skipped', lacks: ['interrupt-switch'], says: 'no switch' }),
    result(driver, 'soak', { suite: 'soak' }),
  ]);
  return {
    ...{ id: `run-${rig}`, folder: `runs/run-${rig}`, rig, rigHash: sha256(rigText(rig)), isReal: false },
    ...{ chip: 'simulated H1, Cr50 0.5.4', firmware: '0.5.4', commit: 'e03a53c', seed: 1 },
    ...{ ended: '2026-11-29T12:00:00.000Z', versions: { node: '22.1.0' }, outside: [], doubts: [], results },
    measures: [{ rule: 'pulse-width', unit: 'us', count: 9, margin: 2.5, clauses: ['CHIP 3'] }],
    soaks: ['recommended', 'linux-6.1'].map((driver) => ({
      ...{ suite: 'soak', test: 'soak', driver, runs: 400, failures: 0 },
    })),
  };
}

const rigText = (rig: string): string => `description: ${rig}\nboard: { kind: sim }\n`;

/** Evidence that is a go. */
export const madeEvidence = (): Evidence => ({
  ...{ policy: parsePolicy(POLICY, 'made').policy, policyText: POLICY, decided: DECIDED },
  ...{ runs: [madeRun('sim'), madeRun('sim-no-irq')], comparisons: [] },
});

const ENDS = { pass: 'passed', fail: 'failed', skipped: 'skipped', 'not run': 'not run' } as const;

const journalOf = ({ results, id }: Run): string => {
  const tests = results.map(({ test, suite, driver }) => ({
    suite,
    profile: driver,
    title: test,
    path: test,
  }));
  const ends = results.map(({ outcome, trace }, test) => ({
    ...{ kind: 'test', test, outcome: ENDS[outcome as keyof typeof ENDS], ms: 1, digest: trace, cells: [] },
  }));
  return [{ kind: 'plan', run: id, tests }, ...ends, { kind: 'end', status: 'passed', ms: 9 }]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
};

const asCollected = (run: Run): Made['collected'][number] => ({
  run,
  files: new Map([
    ['rig.yaml', Buffer.from(rigText(run.rig))],
    ['journal.jsonl', Buffer.from(journalOf(run))],
    ['measures.jsonl', Buffer.from('{"test":"a","rows":[]}\n')],
    ['summary.json', Buffer.from('{"verdict":"pass"}\n')],
  ]),
});

/** Writes evidence into an empty folder, signed. @returns the public key as PEM */
export function writeMade(folder: string, evidence = madeEvidence(), keyFile?: string): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const file = keyFile ?? join(folder, '..', 'key.pem');
  if (keyFile === undefined)
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const collected = madeEvidence().runs.map(asCollected);
  const more = new Map([['package-lock.json', '{"lockfileVersion":3}\n']]);
  writeEvidence(folder, { evidence, decision: decide(evidence), collected, more }, keySigner(file));
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
