import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { Findings } from '../../src/cli/mutant-findings.ts';
import type { MutantSettings } from '../../src/cli/mutant-settings.ts';
import { MutantBuild } from '../../src/cli/mutant-runs.ts';
import type { JournalEntry } from '../../src/report/journal.ts';
import { mutantIn, titleWith } from '../../src/report/mutant-title.ts';
import { sampleOf } from '../../src/score/mutants/index.ts';
import { IS_THOROUGH } from '../thorough.ts';

const PATH = ' › recommended › content/pcr.suite.ts › PCR › one';

test('a title tells with which mutant its test is run', () => {
  expect(mutantIn(titleWith('a digest of 0 bytes ⟨sic⟩', '17'))).toEqual({
    title: 'a digest of 0 bytes ⟨sic⟩',
    id: '17',
  });
  expect(mutantIn('a digest of 0 bytes')).toBeUndefined();
});

test.describe('what is known of mutants whose tests shared a runner', () => {
  const failure = (rule: string): object => ({
    failure: { class: 'firmware', rule, because: 'wrong', message: 'wrong' },
  });
  const journalOf = (...ends: readonly (readonly [id: string, end: object])[]): JournalEntry[] =>
    [
      {
        kind: 'plan',
        run: '',
        tests: ends.map(([id]) => ({
          ...{ suite: 'fixtures', profile: 'recommended' },
          ...{ title: titleWith('one', id), path: titleWith(PATH, id) },
        })),
      },
      ...ends.map(([, end], at) => ({ kind: 'test', test: at, ms: 1, cells: [], breaches: [], ...end })),
    ] as JournalEntry[];

  test('a failure kills the mutant that was on, and no other', () => {
    const found = new Findings();
    found.add(
      journalOf(
        ['1', { outcome: 'passed' }],
        ['2', { outcome: 'failed', ...failure('chip-broke') }],
        ['3', { outcome: 'failed', ...failure('worker-died') }],
        ['4', { outcome: 'skipped' }],
        ['5', { outcome: 'not run' }],
      ),
    );
    expect(found.fateOf('1')).toBeUndefined();
    expect(found.fateOf('2')).toMatchObject({ fate: 'killed', suite: 'content', title: 'one' });
    expect(found.fateOf('3')).toEqual({ fate: 'hung' });
    expect(['1', '2', '3', '4', '5'].map((id) => found.hasEnded(id, PATH))).toEqual([
      ...[true, true, true, false, false],
    ]);
    expect(found.isDead('2')).toBe(false);
    for (let more = 0; more < 2; more++)
      found.add(journalOf(['2', { outcome: 'failed', ...failure('chip-broke') }]));
    expect(found.isDead('2')).toBe(true);
  });
});

test('mutants that are judged together have the fate of those that are judged alone', async () => {
  test.skip(!IS_THOROUGH, 'runs the suites on content with a dozen mutants, twice');
  test.setTimeout(1_200_000);
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-together-'));
  const settings: MutantSettings = {
    ...{ folder, seed: 7, profiles: ['recommended'], suites: ['content'], twin: 'strict' },
    ...{ testsMs: 4_000, jobs: 2, tell: () => undefined },
  };
  const fatesOf = async (isAlone: boolean): Promise<Record<string, string>> => {
    const build = new MutantBuild({ ...settings, isAlone });
    const sample = sampleOf(await build.prepare(), 12, 7);
    await build.learnReach();
    const fates: Record<string, string> = {};
    await build.judge(sample, ({ id, file, line }, { fate }) => {
      fates[`${file}:${line} ${id}`] = fate;
    });
    return fates;
  };
  try {
    const together = await fatesOf(false);
    expect(Object.keys(together)).toHaveLength(12);
    expect(together).toEqual(await fatesOf(true));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
