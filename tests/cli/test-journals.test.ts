import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { playTest } from '../../fixtures/evidence/test-play.ts';
import { readProcedure } from '../../src/cli/procedure-file.ts';
import { runForSummary } from '../../src/cli/score-run.ts';
import { SUITES } from '../../src/cli/root.ts';
import { signatureOf, Stages } from '../../src/procedure/index.ts';
import { findPlanted } from '../../src/score/index.ts';
import { run, Workplace } from './h1-hil.ts';

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

/** Runs some suites of the project here, with one driver. */
async function runHere(
  suites: readonly string[],
  more: { rig?: string; profile?: string; planted?: string },
) {
  const { rig = place.rig, profile = 'recommended', planted } = more;
  await runForSummary(
    suites.map((suite) => join(SUITES, suite)),
    { rig, profiles: [profile], seed: 1, folder: place.report, ...(planted !== undefined && { planted }) },
  );
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(place.report, folder)).map((name) => join(place.report, folder, name));

test('the journal of each test plays without its suite: every frame, time, answer and log line is the same', async () => {
  test.setTimeout(240_000);
  // Callers at the same time, frames changed on their way, acts between two actions of a driver, several drivers.
  await runHere(
    [
      'recovery',
      'suspend-resume/command-in-flight',
      'known-bugs/resume',
      'known-bugs/ready-line',
      'bring-up/power',
    ],
    {},
  );
  const files = filesIn('journals');
  expect(files.length).toBeGreaterThan(30);
  const stages = new Stages();
  const wrong: string[] = [];
  for (const file of files) {
    const { procedure } = readProcedure(file);
    const { isSameTest, findings } = await playTest(procedure, await stages.open(procedure));
    const { title = '', unplayable = [] } = procedure.test ?? {};
    if (isSameTest !== true || findings.length > 0 || unplayable.length > 0)
      wrong.push(`${title}: ${unplayable.join(', ')} ${findings.map(signatureOf).join(', ')}`);
  }
  await stages.close();
  expect(wrong).toEqual([]);
});

/** Planted bugs whose failures are of different kinds. */
const PLANTED = [
  ['recommended: ready.delayWithout = 20000000', ['bring-up/firmware-version'], 'rule'],
  ['recommended: frame.timeoutBeatsReady = true', ['known-bugs/wait-states'], 'expectation'],
  ['chip: {"kind":"chip-busy","timeMs":30}', ['bring-up/identity'], 'error'],
  ['chip: {"pulseWidthUs":500}', ['bring-up/identity'], 'rule'],
] as const;

for (const [id, suites, kind] of PLANTED)
  test(`failed tests leave bundles that show the same failure: ${id}`, async () => {
    test.setTimeout(120_000);
    const bug = findPlanted(id);
    const board = { kind: 'sim', firmware: '0.5.4', ...(bug.kind === 'chip' && bug.board) };
    const rig = place.write('planted.yaml', JSON.stringify({ description: id, board }));
    await runHere(suites, { rig, ...(bug.kind === 'driver' && { planted: id }) });
    const bundles = filesIn('failed');
    const stages = new Stages();
    for (const file of bundles) {
      const { procedure, facts } = readProcedure(file);
      const { digest, findings } = await playTest(procedure, await stages.open(procedure));
      expect(findings.map(signatureOf), file).toContain(procedure.fails);
      expect(digest).toBe(facts?.digest);
    }
    await stages.close();
    expect(bundles.map((file) => readProcedure(file).procedure.fails?.split(' ')[0])).toContain(kind);
  });

test('the terminal names the command, and the command says that it is the same failure', async () => {
  test.setTimeout(120_000);
  const rig = place.write('wide.yaml', readFileSync('examples/wide-pulse.yaml'));
  const args = [
    'run',
    'bring-up/identity',
    '--rig',
    rig,
    '--profile',
    'recommended',
    '--report',
    place.report,
  ];
  const told = await run([...args, '--seed', '3']);
  expect(told.code).toBe(1);
  const [, file = ''] = /alone: h1-hil repro run (\S+\.h1repro)/.exec(told.stdout) ?? [];
  const played = await run(['repro', 'run', file]);
  expect([played.code, played.stderr]).toEqual([1, '']);
  expect(played.stdout).toContain('Failed  rule pulse-width (chip)');
  expect(played.stdout).toMatch(/Digest {2}\w{64}, as in the bundle\nVerdict same failure\n/);
  expect(played.stdout).toContain('Suite   h1-hil run bring-up/identity');
  const short = await run(['repro', 'minimise', file, '--json']);
  expect(JSON.parse(short.stdout)).toMatchObject({ to: 0, signature: 'rule pulse-width (chip)' });
});

test('an expectation that may be met now is not called a pass', async () => {
  test.setTimeout(120_000);
  await runHere(['known-bugs/wait-states'], { planted: 'recommended: frame.timeoutBeatsReady = true' });
  const [file = ''] = filesIn('failed');
  const { procedure } = readProcedure(file);
  expect(procedure.fails).toMatch(/^expectation /);
  const mended = place.write('mended.json', JSON.stringify({ ...procedure, driver: { row: 'recommended' } }));
  const played = await run(['repro', 'run', mended]);
  expect([played.code, played.stderr]).toEqual([4, '']);
  expect(played.stdout).toContain('Verdict not shown: the play differs from the failed test');
  const refused = await run(['repro', 'minimise', file]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('an expectation that stands in the program of its suite');
});

test('the journal of a rig that is not simulated wants a rig', async () => {
  const journal = {
    format: 'h1-procedure 1',
    driver: { row: 'recommended' },
    seed: 1,
    test: { title: 'one', rig: 'my-bench', seen: '0'.repeat(64), unplayable: [] },
    acts: [],
  };
  const played = await run(['repro', 'run', place.write('journal.json', JSON.stringify(journal))]);
  expect(played.code).toBe(2);
  expect(played.stderr).toContain('the rig my-bench, which is not simulated. Name the rig');
});
