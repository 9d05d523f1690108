import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { KnownBug } from '../report/known-bug.ts';
import { KNOWN_BUG_NOTE } from '../report/annotations.ts';
import { writeRunSettings } from '../rig/index.ts';
import { HilError } from '../units/index.ts';
import { runStep } from './child.ts';
import { BUNDLED_PLAYWRIGHT } from './playwright.ts';
import { ROOT } from './root.ts';

/** A known bug and the folder of suites whose test tells of it, such as `suites/known-bugs`. */
export interface ListedBug extends KnownBug {
  readonly folder: string;
}

/** The part of the runner's JSON report that is used here: tests in suites. */
interface TestList {
  readonly suites: readonly ListedSuite[];
}

interface ListedSuite {
  readonly file: string;
  readonly suites?: readonly ListedSuite[];
  readonly specs: readonly {
    readonly tests: readonly {
      readonly annotations: readonly { readonly type: string; readonly description?: string }[];
    }[];
  }[];
}

/** The suites cannot be listed, or two of their known bugs contradict each other. */
export class KnownBugsUnclear extends HilError {
  readonly blames = 'test';
}

/**
 * Lists every known bug, in the order of the ids. They come from the tests of the suites, which are listed and not
 * run. A bug that is shown on the simulated board and on a kernel has one entry, for the simulated board.
 * @throws KnownBugsUnclear
 */
export async function listKnownBugs(): Promise<readonly ListedBug[]> {
  return mergeBugs(bugsOf((await listTests()).suites));
}

/** Lists every test with one driver. No rig is opened. */
async function listTests(): Promise<TestList> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-bugs-'));
  const file = join(folder, 'tests.json');
  const settings = {
    rig: 'sim',
    suites: join(ROOT, 'suites'),
    profiles: ['recommended'],
    seed: 1,
    folder,
    id: '',
    only: [],
  };
  try {
    const code = await runStep([...BUNDLED_PLAYWRIGHT, 'test', '--list', '--reporter', 'json'], {
      env: { ...writeRunSettings(settings), PLAYWRIGHT_JSON_OUTPUT_NAME: file },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (code !== 0)
      throw new KnownBugsUnclear(
        `The test runner could not list the suites and ended with ${code}. h1-hil run --list shows why.`,
      );
    return JSON.parse(readFileSync(file, 'utf8')) as TestList;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Known bugs with their folders. A test has the file that called `test`, which may be a shared one, so the folder is
 * that of the outermost suite.
 */
const bugsOf = (suites: readonly ListedSuite[]): ListedBug[] =>
  suites.flatMap((suite) =>
    toldBy(suite).map((bug) => ({ ...bug, folder: join('suites', dirname(suite.file)) })),
  );

const toldBy = ({ specs, suites = [] }: ListedSuite): KnownBug[] => [
  ...specs.flatMap(({ tests }) => tests).flatMap(({ annotations }) => KNOWN_BUG_NOTE.all(annotations)),
  ...suites.flatMap(toldBy),
];

/**
 * Keeps one entry for each id, in the order of the ids. @throws KnownBugsUnclear when two entries of one id
 * contradict each other, or are shown at the same place.
 */
export function mergeBugs(told: readonly ListedBug[]): readonly ListedBug[] {
  const bugs = new Map<string, ListedBug>();
  for (const bug of told) {
    const other = bugs.get(bug.id);
    if (other !== undefined && !isSameElsewhere(bug, other))
      throw new KnownBugsUnclear(
        `Known bug ${bug.id} is told twice, in ${other.folder} as "${other.title}" and in ${bug.folder} as "${bug.title}". Give one of them another id; one bug may be shown on the simulated board and on a kernel when both share one object.`,
      );
    if (other === undefined || bug.where.kind === 'simulated') bugs.set(bug.id, bug);
  }
  return [...bugs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether one entry is for the simulated board, the other for a kernel, and both tell the same bug. */
function isSameElsewhere(a: KnownBug, b: KnownBug): boolean {
  const kinds = [a.where.kind, b.where.kind].sort().join();
  const facts = ({ id, title, observable, has }: KnownBug): string =>
    JSON.stringify([id, title, observable, has]);
  return kinds === 'kernel,simulated' && facts(a) === facts(b);
}
