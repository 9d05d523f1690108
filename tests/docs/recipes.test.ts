import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { FAULT_KINDS } from '../../src/board/index.ts';
import { PROFILES } from '../../src/driver/index.ts';
import { COMMANDS } from '../../src/sim/tpm/commands.ts';
import { ALL_COMMANDS } from '../../src/sim/tpm/library.ts';
import { RULES } from '../../src/trace/index.ts';
import { TPM_CC } from '../../src/wire/index.ts';
import { trackedFiles } from '../tracked-files.ts';

const GUIDE = readFileSync('CONTRIBUTING.md', 'utf8');
const FILES = trackedFiles('');

/** What CONTRIBUTING has a recipe for, each with a place that it names. */
const RECIPES: readonly (readonly [string, string])[] = [
  ['A suite', 'suites/<subject>/<noun>.suite.ts'],
  ['A rule', 'tests/trace/rules.test.ts'],
  ['A known bug', 'suites/known-bugs/drivers.ts'],
  ['A profile', 'fixtures/datasheets/<name>.ts'],
  ['A driver from elsewhere', 'tests/fixtures/drivers/odd-numbers.ts'],
  ['A fault', 'src/board/faults.ts'],
  ['A TPM command', 'src/wire/tpm-constants.ts'],
  ['A verb of the command line', 'src/cli/main.ts'],
  ['A rig', 'rigs/<name>.yaml'],
  ['A board', 'tests/boards/contract/contract.test.ts'],
];

/** The text of one recipe. */
function recipe(title: string): string {
  const [, text] = GUIDE.split(`\n## ${title}\n`);
  if (text === undefined) throw new Error(`CONTRIBUTING.md has no recipe "${title}".`);
  return text.split('\n## ')[0]!;
}

/** Paths of this repository that a text names; `<name>` stands for any. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`((?:src|fixtures|suites|tests|rigs|docs)\/[^`\s]*)`/g)].map(([, path]) => path!);

/** Whether a path is there, or a file of that form. */
function isThere(path: string): boolean {
  if (!path.includes('<')) return existsSync(path);
  const form = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/<\w+>/g, '[^/]+')}`);
  return FILES.some((file) => form.test(file));
}

const read = (file: string): string => readFileSync(file, 'utf8');

/** Those of `words` that no text of the files has. */
const missingIn = (words: readonly string[], files: readonly string[]): string[] => {
  const texts = files.map(read);
  return words.filter((word) => !texts.some((text) => text.includes(word)));
};

const filesUnder = (folder: string): string[] => FILES.filter((file) => file.startsWith(`${folder}/`));

for (const [title, place] of RECIPES)
  test(`the recipe "${title}" names files that are there`, () => {
    const paths = pathsIn(recipe(title));
    expect(paths).toContain(place);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

test('every file that CONTRIBUTING names is there', () => {
  const paths = pathsIn(GUIDE);
  expect(paths.length).toBeGreaterThan(25);
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
});

test('every rule stands in the files of its recipe', () => {
  const ids = RULES.map(({ id }) => `'${id}'`);
  expect(missingIn(ids, filesUnder('src/trace/rules'))).toEqual([]);
  expect(missingIn(ids, ['tests/trace/rules.test.ts'])).toEqual([]);
});

test('every profile stands in the files of its recipe', () => {
  const names = [...PROFILES.keys()];
  expect(names.filter((name) => !existsSync(`fixtures/datasheets/${name}.ts`))).toEqual([]);
  expect(
    missingIn(
      names.map((name) => `./${name}.ts`),
      ['fixtures/datasheets/index.ts'],
    ),
  ).toEqual([]);
  expect(
    missingIn(
      names.map((name) => `'${name}'`),
      ['tests/driver/profiles.test.ts'],
    ),
  ).toEqual([]);
});

test('every kind of fault is made by the simulated board, stands on its page, and is tried by a test', () => {
  const kinds = FAULT_KINDS.map((kind) => `'${kind}'`);
  expect(missingIn(kinds, filesUnder('src/boards/sim'))).toEqual([]);
  expect(
    missingIn(
      FAULT_KINDS.map((kind) => `\`${kind}\``),
      ['docs/simulated-chip.md'],
    ),
  ).toEqual([]);
  expect(missingIn(kinds, [...filesUnder('tests'), ...filesUnder('suites')].filter(isSource))).toEqual([]);
});

test('every command that the driver can send is made in src/tpm, and the chip has a file that answers it', () => {
  // The H1's library has no CreateLoaded; the driver knows how long it may take elsewhere. [DRIVER 3.6]
  const codes = Object.entries(TPM_CC).filter(([name]) => name !== 'CreateLoaded');
  const senders = [...filesUnder('src/tpm'), ...filesUnder('src/driver')].filter(isSource);
  expect(
    missingIn(
      codes.map(([name]) => `TPM_CC.${name}`),
      senders,
    ),
  ).toEqual([]);
  const chip = filesUnder('src/sim/tpm').filter((file) => file.endsWith('-commands.ts'));
  expect(
    missingIn(
      codes.map(([, code]) => `code: 0x${code.toString(16)}`),
      chip,
    ),
  ).toEqual([]);
});

test('every command of the chip is in the library of a release', () => {
  const codes = COMMANDS.map(({ code }) => code);
  expect(
    codes
      .filter((code) => !ALL_COMMANDS.has(code))
      .map((code) => `src/sim/tpm/library.ts: ${code.toString(16)}`),
  ).toEqual([]);
  expect([...ALL_COMMANDS].filter((code) => !codes.includes(code))).toEqual([]);
});

test('every verb stands in the help and in README', () => {
  const verbs = readdirSync('src/cli/commands')
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length));
  expect(verbs.length).toBeGreaterThan(10);
  expect(
    missingIn(
      verbs.filter((verb) => verb !== 'chip-serve').map((verb) => `./commands/${verb}.ts`),
      ['src/cli/main.ts'],
    ),
  ).toEqual([]);
  expect(
    missingIn(
      verbs.map((verb) => `h1-hil ${verb.replace('chip-serve', 'chip serve')}`),
      ['README.md', 'docs/chip-protocol.md'],
    ),
  ).toEqual([]);
});

test('every rig file stands in README', () => {
  const rigs = readdirSync('rigs').filter((name) => name.endsWith('.yaml'));
  expect(
    missingIn(
      rigs.map((name) => `\`${name.slice(0, -'.yaml'.length)}\``),
      ['README.md'],
    ),
  ).toEqual([]);
});

function isSource(file: string): boolean {
  return file.endsWith('.ts');
}
