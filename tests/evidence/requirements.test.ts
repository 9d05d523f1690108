import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import {
  CLAUSES,
  clausesOf,
  clausesOfRule,
  matrixOf,
  UNBINDING,
} from '../../src/evidence/requirements/index.ts';
import { citationLink } from '../../src/report/citations.ts';
import { RULES } from '../../src/trace/index.ts';

/** The clauses of the pages, as they are cited, with the digest of their text. */
function clausesOfPages(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const page of ['chip', 'driver', 'hosts']) {
    const text = readFileSync(`docs/sources/${page}.md`, 'utf8');
    const parts = text.split(/^((?:<a id="[^"]+"><\/a>)+)$/m);
    for (let i = 1; i < parts.length; i += 2) {
      const anchor = [...parts[i]!.matchAll(/"([^"]+)"/g)].at(-1)![1]!;
      const body = parts[i + 1]!.replace(/^\[[^\]]+\]: .*$/gm, '')
        .split(/\s+/)
        .filter(Boolean)
        .join(' ');
      found.set(nameOf(anchor), createHash('sha256').update(body).digest('hex').slice(0, 12));
    }
  }
  return found;
}

function nameOf(anchor: string): string {
  if (anchor === 'virtual-lab') return 'VIRTUAL-LAB';
  const [key = '', clause = ''] = anchor.split(/-(.*)/s);
  return `${key.toUpperCase()} ${clause}`.trim();
}

test('every clause of the pages binds somebody, or is said to bind nobody; and none is made up', () => {
  const pages = [...clausesOfPages().keys()];
  expect(pages.filter((id) => !UNBINDING.has(id) && !CLAUSES.some((one) => one.id === id))).toEqual([]);
  expect(CLAUSES.map(({ id }) => id).filter((id) => !pages.includes(id))).toEqual([]);
  expect([...UNBINDING.keys()].filter((id) => id !== 'HOSTS' && !pages.includes(id))).toEqual([]);
  expect(CLAUSES.filter(({ id }) => UNBINDING.has(id))).toEqual([]);
  expect(new Set(CLAUSES.map(({ id }) => id)).size).toBe(CLAUSES.length);
});

test('each sentence was written for its clause as it stands: after a change read it again, then set the digest', () => {
  const pages = clausesOfPages();
  const now = Object.fromEntries(CLAUSES.map(({ id }) => [id, pages.get(id)]));
  expect(now).toEqual(Object.fromEntries(CLAUSES.map(({ id, digest }) => [id, digest])));
});

test('every clause leads to its anchor', () => {
  expect(CLAUSES.map(({ id }) => citationLink(id)).filter((link) => link === undefined)).toEqual([]);
});

test('a citation is about its clause, with what stands behind the number; another document is about none', () => {
  const cited = [
    'CHIP 4.3 (STS)',
    'CHIP 4.3',
    'TRACE frame 30',
    'ORACLE S31',
    'BUGS L-12',
    'TPM2 Part 3, 9.3',
    'HOSTS',
  ];
  expect(clausesOf(cited)).toEqual(['CHIP 4.3', 'CHIP 10.2', 'CHIP 10.4']);
  expect(clausesOf(['DRIVER 1.1', 'DRIVER 1.10'])).toEqual(['DRIVER 1.1', 'DRIVER 1.10']);
  expect(clausesOfRule('[DRIVER 2.3] [CHIP 4.2, 4.3]')).toEqual(['DRIVER 2.3', 'CHIP 4.2', 'CHIP 4.3']);
});

test('the matrix has each test and rule once at its clauses, and names the tests that show none', () => {
  const { clauses, without } = matrixOf(
    [
      { name: 'one', sources: ['CHIP 3', 'CHIP 2'] },
      { name: 'one', sources: ['CHIP 3'] },
      { name: 'two', sources: ['TPM2 Part 3, 9.3'] },
      { name: 'two', sources: ['TPM2 Part 3, 9.3'] },
    ],
    [{ name: 'pulse-width', sources: ['[CHIP 3] [CHIP 4.6]'] }],
  );
  const of = (id: string): unknown => clauses.find((one) => one.id === id);
  expect(of('CHIP 3')).toMatchObject({ tests: ['one'], rules: ['pulse-width'] });
  expect(of('CHIP 2')).toMatchObject({ tests: ['one'], rules: [] });
  expect(of('CHIP 1.2')).toMatchObject({ tests: [], rules: [] });
  expect(without.map(({ name }) => name)).toEqual(['two']);
});

test('every rule of the trace shows a clause', () => {
  expect(RULES.filter(({ source }) => clausesOfRule(source).length === 0).map(({ id }) => id)).toEqual([]);
});
