import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { loadRig, parseRig, RigFileWrong, RigUnknown, RigUnreadable } from '../../src/rig/index.ts';
import { ms, us } from '../../src/units/index.ts';

/** The sentence a wrong file is met with. */
function complaint(text: string): string {
  try {
    parseRig(text, 'my.yaml');
  } catch (error) {
    if (error instanceof RigFileWrong) return error.message;
    throw error;
  }
  return 'no complaint';
}

const rig = (...board: readonly string[]): string =>
  ['description: a rig', 'board:', '  kind: sim', ...board.map((line) => `  ${line}`)].join('\n');

test('units stand in the names of the fields and are taken by them', () => {
  const { board } = parseRig(
    rig('chip: { pulseDelayUs: 40 }', 'faults:', '  - { kind: ready-late, byMs: 3 }'),
    'my.yaml',
  );
  expect(board).toMatchObject({
    kind: 'sim',
    chip: { pulseDelayUs: us(40) },
    faults: [{ kind: 'ready-late', by: ms(3) }],
  });
});

const WRONG = [
  {
    what: 'broken YAML',
    text: 'description: [one\nboard: {',
    line: /^my\.yaml:2:/,
  },
  {
    what: 'a field nobody knows',
    text: rig('frimware: 0.5.4'),
    line: /^my\.yaml:4:3: board: there is no field frimware; did you mean firmware\?/,
  },
  {
    what: 'a wrong kind of board',
    text: 'description: a rig\nboard:\n  kind: simulated\n',
    line: /^my\.yaml:3:9: board\.kind: there is no "simulated"; did you mean sim\?/,
  },
  {
    what: 'a version with two numbers',
    text: rig('firmware: "0.5"'),
    line: /^my\.yaml:4:13: board\.firmware: a Cr50 version/,
  },
  {
    what: 'a fault that does not exist',
    text: rig('faults:', '  - kind: ready-soon'),
    line: /^my\.yaml:5:\d+: board\.faults\.0\.kind: /,
  },
  {
    what: 'a negative time',
    text: rig('chip: { pulseDelayUs: -1 }'),
    line: /^my\.yaml:4:25: board\.chip\.pulseDelayUs: /,
  },
  { what: 'nothing at all', text: '', line: /^my\.yaml:1:1: description: it is missing; write a text$/m },
  {
    what: 'an alias without an anchor',
    text: 'description: *nobody\nboard: { kind: sim }',
    line: /^my\.yaml:1:/,
  },
] as const;

for (const { what, text, line } of WRONG)
  test(`${what} is met with file, line, what is wrong and a right example`, () => {
    const said = complaint(text);
    expect(said).toMatch(line);
    expect(said).toContain('A right one looks like this:');
  });

test('aliases that grow without end are refused', () => {
  const rows = Array.from(
    { length: 30 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
  );
  expect(complaint(`l0: &l0 [x]\n${rows.join('\n')}`)).toMatch(/^my\.yaml:1:1: .*alias/i);
});

test('any text at all is a rig or a complaint with a place', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (head, tail) => {
      expect(complaint(`${head}\n${rig()}\n${tail}`)).toMatch(/^(no complaint$|my\.yaml:\d+:\d+: )/);
    }),
  );
});

test('the right example of the complaint is right', () => {
  const example = complaint('').split('A right one looks like this:\n')[1]!.split('\nAll fields')[0]!;
  expect(complaint(example.replaceAll(/^ {2}/gm, ''))).toBe('no complaint');
});

test('a name that is nearly right is met with the right one', () => {
  expect(() => loadRig('sin')).toThrow(RigUnknown);
  expect(() => loadRig('sin')).toThrow(/did you mean sim\? Known rigs: .*raspberry-pi/);
});

test('a folder is not a rig file', () => {
  expect(() => loadRig(tmpdir())).toThrow(RigUnreadable);
});

test('a file without permission to read it is named', () => {
  test.skip(process.getuid?.() === 0, 'root may read every file');
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  try {
    const file = join(folder, 'secret.yaml');
    writeFileSync(file, rig());
    chmodSync(file, 0);
    expect(() => loadRig(file)).toThrow(/secret\.yaml cannot be read: EACCES/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
