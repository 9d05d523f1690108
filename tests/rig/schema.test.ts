import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { knownRigs, loadRig, rigJsonSchema } from '../../src/rig/index.ts';

test('rigs/schema.json is the schema that rig files are checked against', () => {
  const published: unknown = JSON.parse(
    readFileSync(new URL('../../rigs/schema.json', import.meta.url), 'utf8'),
  );
  expect(published, 'run: h1-hil rig schema > rigs/schema.json').toEqual(
    JSON.parse(JSON.stringify(rigJsonSchema())),
  );
});

for (const name of knownRigs())
  test(`rigs/${name}.yaml is a rig file and points its editor at the schema`, () => {
    const { file, description } = loadRig(name);
    expect(description).not.toBe('');
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=schema.json');
  });
