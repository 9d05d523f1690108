import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { SCHEMA_VERSION } from '../../src/history/migrations.ts';
import Database from 'libsql';
import {
  HistoryUnusable,
  morningOf,
  NoHistory,
  NOTHING_KNOWN,
  openHistory,
  RunUnclear,
} from '../../src/history/index.ts';
import { withoutPassword } from '../../src/history/postgres.ts';
import { attempts } from '../thorough.ts';
import { madeLab, madeMeasure, madeResult, madeRun, madeTests } from '../../bench/made-runs.ts';
import type { Server } from './postgres-server.ts';
import { startPostgres, WITHOUT_POSTGRES } from './postgres-server.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));
const WRITERS = 4;
const RESULTS = 300;

let folder = '';
let server: Server | undefined;

test.describe.configure({ mode: 'serial' });
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-history-'));
  if (WITHOUT_POSTGRES === undefined) server = startPostgres();
});
test.afterAll(() => {
  server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const kind of ['SQLite', 'PostgreSQL'] as const)
  test.describe(kind, () => {
    test.skip(kind === 'PostgreSQL' && WITHOUT_POSTGRES !== undefined, WITHOUT_POSTGRES ?? '');
    const place = (): string => (kind === 'SQLite' ? join(folder, 'history.sqlite') : server!.url);

    test('4 writers at once on an empty place, each killed in the middle: what was told is there, and nothing is half', async () => {
      test.setTimeout(120_000);
      const told: string[] = [];
      for (let round = 0; round < attempts(20, 3); round++) {
        const writers = Array.from({ length: WRITERS }, (_, at) =>
          startWriter(place(), `r${round}w${at}`, told),
        );
        await Promise.all(writers.map(({ first }) => first));
        for (const { child } of writers) child.kill('SIGKILL');
        await Promise.all(writers.map(({ ended }) => ended));
      }
      expect(told.length).toBeGreaterThanOrEqual(WRITERS * attempts(20, 3));
      const history = await openHistory(place());
      try {
        const runs = await history.runs();
        const names = new Set(runs.map(({ run }) => run));
        expect(told.filter((name) => !names.has(name))).toEqual([]);
        for (const run of runs.slice(0, attempts(10_000, 60)))
          expect((await history.whole(run)).results.length, run.run).toBe(RESULTS);
      } finally {
        await history.close();
      }
    });

    test('a record is read as it was written, and a second time it changes nothing', async () => {
      const [one, other] = madeTests(2);
      const record = madeRun(
        'whole-1',
        [madeResult(one!, 'fail'), madeResult(other!, 'skipped', { says: 'no power; "it" \'lacks\'' })],
        {
          ...{ because: ['a 20 % chance'], seed: 0xffffffff, started: Date.parse('2028-01-01T03:00:00') },
          measures: [madeMeasure('gap', [1.5, 2.25, 1e-7], -3)],
          cells: [{ table: 'a', row: 'ß 漢', profile: 'p', text: '', tone: null }],
        },
      );
      const history = await openHistory(place());
      try {
        expect([await history.save(record), await history.save(record)]).toEqual([true, false]);
        expect(await history.whole(await history.head('whole'))).toEqual(record);
        expect((await history.head('latest')).run).toBe('whole-1');
      } finally {
        await history.close();
      }
    });

    test('a word that names no run, or several, is refused with what to do', async () => {
      const history = await openHistory(place());
      try {
        await expect(history.head('none-such')).rejects.toThrow(RunUnclear);
        await expect(history.head('r0w')).rejects.toThrow(/runs have an id that begins with r0w/);
        await expect(history.head('latest~999999')).rejects.toThrow(/it has fewer runs/);
        await expect(history.head("' or 1=1 --")).rejects.toThrow(RunUnclear);
      } finally {
        await history.close();
      }
    });

    test('a newer schema is not touched', async () => {
      const history = await openHistory(place());
      await setVersion(place(), 99);
      await history.close();
      await expect(openHistory(place())).rejects.toThrow(/newer h1-hil: its schema is version 99/);
      await setVersion(place(), SCHEMA_VERSION);
    });
  });

test('both databases say the same of one lab', async () => {
  test.skip(WITHOUT_POSTGRES !== undefined, WITHOUT_POSTGRES ?? '');
  const last = '2029-11-30';
  const mornings = [];
  for (const place of [join(folder, 'lab.sqlite'), server!.url]) {
    const history = await openHistory(place, { mayMake: true });
    try {
      for (const run of madeLab({ runs: 60, tests: 45, nights: 15, last, seed: 3 })) await history.save(run);
      const morning = morningOf(await history.night({ night: last, nights: 15 }), NOTHING_KNOWN);
      const tests = await history.tests({ from: '2029-01-01' });
      mornings.push(JSON.stringify([morning, tests], (name, value: unknown) => (name === 'id' ? 0 : value)));
    } finally {
      await history.close();
    }
  }
  expect(mornings[0]).toBe(mornings[1]);
  expect(mornings[0]).toContain('"state":"new"');
});

test('what is no history is refused in words, and stays as it is', async () => {
  const text = join(folder, 'text.sqlite');
  writeFileSync(text, 'this is a text of more than sixteen characters');
  await expect(openHistory(text, { mayMake: true })).rejects.toThrow(NoHistory);
  await expect(openHistory(join(folder, 'missing.sqlite'))).rejects.toThrow(
    /There is no history in .*h1-hil run writes it/,
  );
  const foreign = join(folder, 'foreign.sqlite');
  const database = new Database(foreign);
  database.exec('create table runs (name text)');
  database.close();
  await expect(openHistory(foreign, { mayMake: true })).rejects.toThrow(/not of a history of h1-hil/);
  const torn = join(folder, 'torn.sqlite');
  writeFileSync(torn, `SQLite format 3\u0000${'x'.repeat(5000)}`);
  await expect(openHistory(torn, { mayMake: true })).rejects.toThrow(HistoryUnusable);
});

test('a server that is not there is told without its password', async () => {
  await expect(openHistory('postgres://lab:secret@127.0.0.1:9/h1')).rejects.toThrow(
    /postgres:\/\/lab:\*\*\*@127\.0\.0\.1:9\/h1 cannot be used: .*ECONNREFUSED/,
  );
  expect(withoutPassword('postgres://a:b c@h/d?password=e&x=1')).not.toMatch(/b c|b%20c|=e/);
});

/** @param told gets each run that the writer told */
function startWriter(
  place: string,
  label: string,
  told: string[],
): { readonly child: ChildProcess; readonly first: Promise<void>; readonly ended: Promise<void> } {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, place, label], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const first = new Promise<void>((resolve, reject) => {
    let rest = '';
    child.stdout.on('data', (text: Buffer) => {
      const lines = `${rest}${text.toString()}`.split('\n');
      rest = lines.pop()!;
      told.push(...lines);
      if (lines.length > 0) resolve();
    });
    child.once('close', () => {
      reject(new Error(`The writer ${label} wrote no run: ${errors}`));
    });
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  return { child, first, ended };
}

async function setVersion(place: string, version: number): Promise<void> {
  if (place.startsWith('postgres:')) {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: place });
    await client.connect();
    await client.query('update schema_version set version = $1', [version]);
    await client.end();
    return;
  }
  const database = new Database(place);
  database.exec(`update schema_version set version = ${version}`);
  database.close();
}
