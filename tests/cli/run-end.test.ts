import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { Interrupts } from '../../src/cli/interrupts.ts';
import { endRun } from '../../src/cli/run-end.ts';
import type { RunContext, RunSummary } from '../../src/report/summary.ts';
import { readSummary } from '../../src/report/summary.ts';
import { run, Workplace } from './h1-hil.ts';

// Each step of the end of a run, with a failure in it: never a pass, and a sentence that names what failed.

test.describe.configure({ mode: 'default', timeout: 240_000 });

let place: Workplace;
let context: RunContext;
/** The folder of a run that has ended, as its runner left it. */
let left: string;
test.beforeAll(async () => {
  test.setTimeout(240_000);
  place = new Workplace();
  expect((await run(place.suites('random'))).code).toBe(0);
  const { id, start, host, user, versions, commit, rig, profiles, seed, selection, abilities } = readSummary(
    place.report,
  )!;
  context = { id, start, host, user, versions, commit, rig, profiles, seed, selection, abilities };
  left = join(place.folder, 'left');
  const made = ['html', 'allurerc.json', 'summary.json', 'run.lock', 'run.use'];
  cpSync(place.report, left, { recursive: true, filter: (name) => !made.includes(name.split('/').pop()!) });
});
test.afterAll(() => {
  place.remove();
});

/** Ends the run in a copy of its folder that was spoilt so. */
async function end(spoil: (folder: string) => void): Promise<{ summary: RunSummary; folder: string }> {
  const folder = join(place.folder, 'spoilt');
  rmSync(folder, { recursive: true, force: true });
  cpSync(left, folder, { recursive: true });
  spoil(folder);
  const interrupts = new Interrupts();
  try {
    const { summary } = await endRun(
      {
        context,
        abilities: { names: new Set(context.abilities), canInject: () => true },
        lease: { isInPlace: () => true },
        folder: {
          path: folder,
          descriptor: undefined,
          isInPlace: () => existsSync(folder),
          spendReserve: () => undefined,
          release: () => undefined,
        },
        end: { code: 0, wasInterrupted: false, wasOverTime: false },
        interrupts,
      },
      () => undefined,
    );
    return { summary, folder };
  } finally {
    interrupts.stop();
  }
}

const folderAt =
  (name: string) =>
  (folder: string): void => {
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name, 'in the way'), { recursive: true });
  };
const textAt =
  (name: string, text = '') =>
  (folder: string): void => {
    rmSync(join(folder, name), { recursive: true, force: true });
    writeFileSync(join(folder, name), text);
  };
const without =
  (name: string) =>
  (folder: string): void => {
    rmSync(join(folder, name), { recursive: true, force: true });
  };

const SPOILT: readonly [what: string, spoil: (folder: string) => void, says: RegExp][] = [
  ['no junit.xml', without('junit.xml'), /junit\.xml was not written\.$/],
  ['a folder as junit.xml', folderAt('junit.xml'), /junit\.xml was not written\.$/],
  ['an empty junit.xml', textAt('junit.xml'), /junit\.xml is cut/],
  ['a cut junit.xml', textAt('junit.xml', '<testsuites tests="1">\n<testsuite'), /junit\.xml is cut/],
  [
    'the junit.xml of another run',
    textAt('junit.xml', '<testsuites tests="7">\n</testsuites>'),
    /junit\.xml tells of 7 tests, and 1 were planned\.$/,
  ],
  ['no allure-results', without('allure-results'), /allure-results has 0 results, and 1 tests ended\.$/],
  ['a file as allure-results', textAt('allure-results'), /allure-results has 0 results/],
  [
    'an empty result of Allure',
    (folder) => {
      const results = join(folder, 'allure-results');
      const name = readdirSync(results).find((one) => one.endsWith('-result.json'))!;
      writeFileSync(join(results, name), '');
    },
    /^The report is not whole: .*JSON/,
  ],
  [
    'a result of Allure that is null',
    (folder) => {
      const results = join(folder, 'allure-results');
      const name = readdirSync(results).find((one) => one.endsWith('-result.json'))!;
      writeFileSync(join(results, name), 'null');
    },
    /^The report is not whole: /,
  ],
  [
    'globals of Allure that are cut',
    textAt('allure-results/x-globals.json', '{"errors": ['),
    /^The report is not whole: .*JSON/,
  ],
  [
    'a folder as environment.properties',
    folderAt('allure-results/environment.properties'),
    /^The report is not whole: .*environment\.properties/,
  ],
  ['a folder as allurerc.json', folderAt('allurerc.json'), /^The report is not whole: .*allurerc\.json/],
  ['a file as html', textAt('html'), /^The report is not whole: /],
  ['a folder as measures.jsonl', folderAt('measures.jsonl'), /^The report is not whole: .*EISDIR/],
  ['no journal', without('journal.jsonl'), /^The runner ended before it had told how the run went\.$/],
  ['a folder as journal', folderAt('journal.jsonl'), /^The runner ended before it had told/],
  ['an empty journal', textAt('journal.jsonl'), /^The runner ended before it had told/],
  [
    'a journal of something else',
    textAt('journal.jsonl', '7\nnull\n"x"\n'),
    /^The runner ended before it had told/,
  ],
  [
    'a journal that ends in another test',
    (folder) => {
      appendFileSync(join(folder, 'journal.jsonl'), '{"kind":"test","test":99,"outcome":"passed"}\n');
    },
    /^Line \d+ of the journal is not what the runner writes\.$/,
  ],
  [
    'the journal of another run',
    (folder) => {
      const file = join(folder, 'journal.jsonl');
      writeFileSync(file, readFileSync(file, 'utf8').replace(context.id, 'another'));
    },
    /^The journal is that of another run, which has taken the folder\.$/,
  ],
  [
    'a folder as summary.json',
    folderAt('summary.json'),
    /^The summary could not be written: .*summary\.json/,
  ],
  ['a folder as summary.json.part', folderAt('summary.json.part'), /^The summary could not be written: /],
  [
    'no folder any more',
    (folder) => {
      rmSync(folder, { recursive: true });
    },
    /./,
  ],
];

for (const [what, spoil, says] of SPOILT)
  test(`${what}: no pass, and a sentence that names it`, async () => {
    const { summary, folder } = await end(spoil);
    expect(summary.verdict).toBe('no verdict');
    expect(summary.because).toContainEqual(expect.stringMatching(says));
    expect(summary.because.join('\n')).not.toMatch(/^\s+at .*:\d+/m);
    // What is on the disk says the same, or nothing.
    expect(readSummary(folder)?.verdict ?? 'no verdict').toBe('no verdict');
  });

test('a folder that nobody spoilt: a pass, which is on the disk with the report', async () => {
  const { summary, folder } = await end(() => undefined);
  expect(summary).toMatchObject({ verdict: 'pass', because: [] });
  expect(readSummary(folder)).toMatchObject({ verdict: 'pass', id: context.id });
  expect(existsSync(join(folder, 'html', 'tables.html'))).toBe(true);
});
