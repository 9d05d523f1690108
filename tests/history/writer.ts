// Writes made runs to a history, without end, and tells each that is on the disk: writer.ts PLACE LABEL
import { writeSync } from 'node:fs';
import { openHistory } from '../../src/history/index.ts';
import { madeResult, madeRun, madeTests } from '../../bench/made-runs.ts';

const [place = '', label = ''] = process.argv.slice(2);
const tests = madeTests(300);
const history = await openHistory(place, { mayMake: true });
for (let at = 0; ; at++) {
  const run = `${label}-${at}`;
  const results = tests.map((test, number) =>
    madeResult(test, number === at % 300 ? 'fail' : 'pass', { digest: run }),
  );
  await history.save(madeRun(run, results));
  writeSync(1, `${run}\n`);
}
