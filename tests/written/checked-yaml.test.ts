import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { z } from 'zod';
import { checkedYaml, textOfFile } from '../../src/written/index.ts';

const schema = z.strictObject({
  name: z.string(),
  size: z.enum(['small', 'large']).optional(),
  count: z.number().int().min(1).max(9).optional(),
  day: z.string().regex(/^\d+$/).optional(),
  owner: z.string().regex(/^@/, 'an owner begins with @').optional(),
  parts: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('wheel'), spokes: z.number() }),
        z.strictObject({ kind: z.literal('bell') }),
      ]),
    )
    .min(1)
    .optional(),
  place: z.union([z.string(), z.strictObject({ shelf: z.number(), row: z.number() })]).optional(),
});

class Refused extends Error {}

function complaint(text: string): string {
  try {
    checkedYaml(text, { schema }, (problems) => {
      const lines = problems.map(({ line, column, what }) => `${line}:${column}: ${what}`);
      return new Refused(lines.join('\n'));
    });
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
  return 'right';
}

for (const [what, text, said] of [
  ['nothing is wrong', 'name: a', 'right'],
  ['an empty file', '', '1:1: name: it is missing; write a text'],
  ['a list', '- a', '1:1: the file: a table is wanted, and a list of 1 stands there'],
  ['another type', 'name: 5', '1:7: name: a text is wanted, and 5 stands there'],
  ['nothing behind a name', 'name:', '1:6: name: a text is wanted, and nothing stands there'],
  [
    'a field spelt wrong',
    'name: a\nsise: small',
    '2:1: the file: there is no field sise; did you mean size?',
  ],
  [
    'a field like no other',
    'name: a\nxyzzy: 1',
    '2:1: the file: there is no field xyzzy; its fields are name, size, count, day, owner, parts, place',
  ],
  [
    'two fields that are not known',
    'name: a\nsise: small\nnmae: b',
    '2:1: the file: there is no field sise; did you mean size?\n3:1: the file: there is no field nmae; did you mean name?',
  ],
  ['a word spelt wrong', 'name: a\nsize: smal', '2:7: size: there is no "smal"; did you mean small?'],
  ['a word like no other', 'name: a\nsize: 7', '2:7: size: there is no 7; known: small, large'],
  ['too little', 'name: a\ncount: 0', '2:8: count: at least 1, and 0 is less'],
  ['too much', 'name: a\ncount: 12', '2:8: count: at most 9, and 12 is more'],
  ['no whole number', 'name: a\ncount: 1.5', '2:8: count: a whole number is wanted, and 1.5 stands there'],
  ["the schema's own words", 'name: a\nowner: ann', '2:8: owner: an owner begins with @, and "ann" is none'],
  ['an empty list', 'name: a\nparts: []', '2:8: parts: at least 1 entry, and an empty list is less'],
  [
    'a kind spelt wrong',
    'name: a\nparts:\n  - kind: weel\n',
    '3:11: parts.0.kind: there is no "weel"; did you mean wheel?',
  ],
  [
    'a field of another kind: the fields of this kind are told',
    'name: a\nparts:\n  - kind: bell\n    spokes: 3\n',
    '4:5: parts.0: there is no field spokes; its fields are kind',
  ],
  [
    'a table of a union: what is wrong inside of it',
    'name: a\nplace: { shelf: 1, raw: 2 }',
    '2:8: place.row: it is missing; write a number\n2:20: place: there is no field raw; did you mean row?',
  ],
  ['no kind of a union', 'name: a\nplace: 5', '2:8: place: a text or a table is wanted, and 5 stands there'],
  ['a control character', 'name: "a\\e[2J"', '1:7: name: control characters have no place here'],
  ['the same field twice', 'name: a\nname: b', '2:1: Map keys must be unique'],
] as const)
  test(what, () => {
    expect(complaint(text)).toBe(said);
  });

test('of many problems the first twenty are told', () => {
  const parts = Array.from({ length: 500 }, () => '  - kind: weel').join('\n');
  expect(complaint(`name: a\nparts:\n${parts}`).split('\n')).toHaveLength(20);
});

test('any value at all is right or has a problem with a place', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('name', 'size', 'count', 'parts', 'place', 'x'),
      (value, key) => {
        expect(complaint(JSON.stringify({ name: 'a', [key]: value }))).toMatch(/^(right$|\d+:\d+: \S)/);
      },
    ),
  );
});

test('a file that is too long, a folder and a missing file are refused with the reason', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  const read = (file: string) => () => textOfFile(file, 8, (reason) => new Refused(reason));
  try {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, 'name: abcdef');
    expect(read(file)).toThrow('it has more than 8 bytes');
    expect(read(folder)).toThrow('it is no plain file');
    expect(read(join(folder, 'b.yaml'))).toThrow(/ENOENT/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
