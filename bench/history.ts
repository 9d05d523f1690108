// A history of 1,000 runs of 933 results: how long a run takes to write, a comparison, and the morning page.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareRuns, morningOf, NOTHING_KNOWN, openHistory } from '../src/history/index.ts';
import { madeLab } from './made-runs.ts';

const RUNS = Number(process.env['H1_HIL_BENCH_RUNS'] ?? 1000);
const TESTS = 933;
const LAST = '2026-11-30';

const folder = mkdtempSync(join(tmpdir(), 'h1-hil-history-'));
const place = process.argv[2] ?? join(folder, 'history.sqlite');
const timed = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const made = await act();
  process.stdout.write(`${name.padEnd(24)} ${((performance.now() - began) / 1000).toFixed(2)} s\n`);
  return made;
};

try {
  const writer = await openHistory(place, { mayMake: true });
  // The file of an earlier bench may be given.
  if ((await writer.runs({ most: 1 })).length === 0)
    await timed('1,000 runs written', async () => {
      for (const run of madeLab({ runs: RUNS, tests: TESTS, nights: 30, last: LAST, seed: 1 }))
        await writer.save(run);
    });
  await writer.close();
  if (process.argv[2] === undefined)
    process.stdout.write(`${'file'.padEnd(24)} ${(statSync(place).size / 1e6).toFixed(0)} MB\n`);
  const history = await timed('opened', () => openHistory(place));
  const comparison = await timed('compare', async () =>
    compareRuns(
      await history.whole(await history.head('latest~400')),
      await history.whole(await history.head('latest')),
    ),
  );
  const morning = await timed('what is new', async () =>
    morningOf(await history.night({ night: LAST, nights: 30 }), NOTHING_KNOWN),
  );
  await timed('history tests', () => history.tests({}));
  process.stdout.write(
    `${comparison.tests.length} changed tests, ${morning.items.map(({ state }) => state).join(', ')}\n`,
  );
  await history.close();
} finally {
  rmSync(folder, { recursive: true });
}
