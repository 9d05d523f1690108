import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signer } from '../../src/evidence/index.ts';
import { keySigner, parsePolicy, writeEvidence } from '../../src/evidence/index.ts';
import type { Evidence, Run, Test } from '../../src/evidence/verify/model.ts';
import { sha256 } from '../../src/evidence/verify/envelope.ts';
import { runOf } from '../../src/evidence/verify/run.ts';

/** A policy that the made runs fulfil. */
export const POLICY = `name: made
firmware: { version: 0.5.4, image: simulated }
comparedWith: 0.4.25
rigs:
  - { rig: sim, kind: simulated, suites: [bring-up, soak], before: old }
  - { rig: sim-no-irq, kind: simulated, suites: [bring-up], before: old }
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

/** The rules that the made policy may name, with their sources. */
export const RULE_SOURCES: ReadonlyMap<string, string> = new Map([['pulse-width', '[CHIP 3]']]);

/** The moment of the made decision. */
export const DECIDED = '2026-11-30T12:00:00.000Z';

/** A test that passed. */
export const passed = (driver: string, title: string, more: Partial<Test> = {}): Test => ({
  ...{ name: `${driver} › bring-up/a.suite.ts › ${title}`, suite: 'bring-up', driver, outcome: 'pass' },
  ...{ lacks: [], says: '', trace: sha256(title), cites: [], soak: null },
  ...more,
});

const TESTS: readonly Test[] = ['recommended', 'linux-6.1'].flatMap((driver) => [
  passed(driver, 'identity', { cites: ['CHIP 4.1'] }),
  passed(driver, 'ready line', { cites: ['CHIP 3'] }),
  passed(driver, 'wake', { cites: ['DRIVER 1.5'] }),
  passed(driver, 'switch', { outcome: 'skipped', lacks: ['interrupt-switch'], says: 'no switch' }),
  passed(driver, 'soak', { suite: 'soak', soak: { runs: 400, failures: 0 } }),
]);

const rigText = (rig: string): string => `description: ${rig}\nboard: { kind: sim }\n`;
const ENDS: Readonly<Record<string, string>> = { pass: 'passed', skipped: 'skipped', 'not run': 'not run' };

function journalOf(id: string, tests: readonly Test[]): string {
  const planned = tests.map(({ name, suite, driver, cites }) => ({
    ...{ suite, profile: driver, title: name, path: ` › ${name}`, sources: cites },
  }));
  const ends = tests.map(({ outcome, trace, lacks, says, soak }, test) => ({
    ...{ kind: 'test', test, outcome: ENDS[outcome] ?? 'failed', ms: 1, digest: trace },
    cells: soak === null ? [] : [{ table: 'Soaks: made', row: 'soak', text: soakText(soak) }],
    ...(outcome === 'skipped' && { skip: { reason: says, skip: { kind: 'rig lacks', needs: lacks } } }),
  }));
  return [{ kind: 'plan', run: id, tests: planned }, ...ends, { kind: 'end', status: 'passed', ms: 9 }]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

const soakText = ({ runs, failures }: NonNullable<Test['soak']>): string =>
  `pass: ${failures} of ${runs}, below 0.7 %`;

const PULSES = {
  ...{ name: 'pulse-width', unit: 'us', limit: '4 to 16 or 100 to 250 us', count: 9, least: 6.5, most: 12 },
  ...{ margin: 2.5, worstAtMs: 1, sample: [6.5, 9, 12] },
};

/** Files of a run in which everything passed. */
export function madeFiles(rig: string, tests = TESTS): ReadonlyMap<string, string> {
  const id = `run-${rig}`;
  const summary = {
    ...{ id, rig, chip: 'simulated H1, Cr50 0.5.4', commit: 'e03a53c', seed: 1 },
    ...{ end: '2026-11-29T12:00:00.000Z', versions: { node: '22.1.0' }, verdict: 'pass', because: [] },
    ...{ undeclared: [], selection: { rigHash: sha256(rigText(rig)) } },
    passed: tests.filter(({ outcome }) => outcome === 'pass').length,
  };
  return new Map([
    ['rig.yaml', rigText(rig)],
    ['journal.jsonl', journalOf(id, tests)],
    ['measures.jsonl', `${JSON.stringify({ test: 'ready line', rows: [PULSES] })}\n`],
    ['summary.json', `${JSON.stringify(summary)}\n`],
  ]);
}

/** A run in which everything passed. */
export const madeRun = (rig: string, files = madeFiles(rig)): Run =>
  runOf((name) => files.get(name)!, {
    ...{ isReal: false, objections: [] },
    before: {
      ...{ run: 'run-old', version: '0.4.25' },
      changes: [
        {
          ...{ name: 'table: 5 ms late, linux-6.1', before: 'failed', after: 'used' },
          ...{ direction: 'better', clauses: ['CHIP 3'] },
        },
      ],
    },
  });

/** Evidence that is a go. */
export const madeEvidence = (): Evidence => ({
  ...{ policy: parsePolicy(POLICY, 'made', RULE_SOURCES).policy, policyText: POLICY, decided: DECIDED },
  runs: [madeRun('sim'), madeRun('sim-no-irq')],
});

/** Writes evidence into an empty folder, signed; without a signer by a key beside it. @returns the public key as PEM */
export function writeMade(folder: string, evidence = madeEvidence(), signer?: Signer): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const file = join(folder, '..', 'key.pem');
  if (signer === undefined)
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const collected = ['sim', 'sim-no-irq'].map((rig) => ({
    run: madeRun(rig),
    files: new Map([...madeFiles(rig)].map(([name, text]) => [name, Buffer.from(text)])),
  }));
  const more = new Map([['package-lock.json', '{"lockfileVersion":3}\n']]);
  writeEvidence(folder, { evidence, collected, more }, signer ?? keySigner(file));
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
