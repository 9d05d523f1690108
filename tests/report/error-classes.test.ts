import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';

const ROOT = join(import.meta.dirname, '..', '..');

/** An error class that is not below HilError states nobody. Those that are must state one: the compiler sees to it. */
const BARE = /class (\w+) extends Error\b/g;

/**
 * Classes that never leave their room: a refusal inside the simulated TPM becomes a response code; the sample of a capture, and
 * the check of a command before it goes to another TPM, catch the end of their own reading.
 */
const INSIDE = ['Error', 'HilError', 'Refusal', 'Enough', 'Unmarshalled'];

test('every error class but those that never leave their room states whom it blames', () => {
  const found: string[] = [];
  for (const folder of ['src', 'fixtures', 'suites', 'reports'])
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts') && !name.startsWith('out'))
        for (const [, one = ''] of readFileSync(join(ROOT, folder, name), 'utf8').matchAll(BARE))
          found.push(one);
  expect(found.filter((one) => !INSIDE.includes(one))).toEqual([]);
});
