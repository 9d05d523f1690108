import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { BUNDLED_PLAYWRIGHT, PLAYWRIGHT, runnerOf } from '../../src/cli/playwright.ts';
import { ROOT, SUITES } from '../../src/cli/root.ts';

/** The runner's words for a folder with this suite and a module beside it. */
function runnerFor(suite: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-runner-'));
  try {
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine/own.suite.ts'), suite);
    writeFileSync(join(folder, 'words.ts'), "export const WORD = 'x';\n");
    return runnerOf(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const IMPORTS: readonly (readonly [what: string, suite: string, isBundled: boolean])[] = [
  [
    'the fixtures and a module beside it',
    `import { test } from '${ROOT}fixtures/index.ts';\nimport { WORD } from '../words.ts';\n`,
    true,
  ],
  ['packages alone', "import { test } from '@playwright/test';\n", true],
  ['types of a source', `import type { Rig } from '${ROOT}src/rig/index.ts';\n`, true],
  ['a source', `import { ms } from '${ROOT}src/units/index.ts';\n`, false],
  ['a source in several lines', `import {\n  ms,\n  us,\n} from '${ROOT}src/units/index.ts';\n`, false],
  ['a source for what it does', `import '${ROOT}src/units/index.ts';\n`, false],
  ['a source while it runs', `const units = await import('${ROOT}src/units/index.ts');\n`, false],
  ['what another module takes over', `export * from '${ROOT}src/units/index.ts';\n`, false],
  ['a module that is not there', "import { x } from '../../elsewhere.ts';\n", false],
];

for (const [what, suite, isBundled] of IMPORTS)
  test(`suites that import ${what} are ${isBundled ? '' : 'not '}run with the bundle`, () => {
    expect(runnerFor(suite)).toEqual(isBundled ? BUNDLED_PLAYWRIGHT : [PLAYWRIGHT]);
  });

test('a module elsewhere that imports a source counts, and a suite that is not run does not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-runner-'));
  try {
    for (const name of ['plain', 'other']) mkdirSync(join(folder, 'suites', name), { recursive: true });
    writeFileSync(join(folder, 'suites/plain/a.suite.ts'), "import { WORD } from '../../words.ts';\n");
    writeFileSync(
      join(folder, 'suites/other/b.suite.ts'),
      `import { ms } from '${ROOT}src/units/index.ts';\n`,
    );
    writeFileSync(join(folder, 'words.ts'), "export const WORD = 'x';\n");
    const suites = join(folder, 'suites');
    expect(runnerOf(suites, ['plain'])).toEqual(BUNDLED_PLAYWRIGHT);
    expect(runnerOf(suites)).toEqual([PLAYWRIGHT]);
    writeFileSync(join(folder, 'words.ts'), `export { ms as WORD } from '${ROOT}src/units/index.ts';\n`);
    expect(runnerOf(suites, ['plain'])).toEqual([PLAYWRIGHT]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the suites of the project are run with the bundle, and a folder that is not there is not', () => {
  expect(runnerOf(SUITES)).toEqual(BUNDLED_PLAYWRIGHT);
  expect(runnerOf(join(ROOT, 'no-such-folder'))).toEqual([PLAYWRIGHT]);
});
