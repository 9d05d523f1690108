import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '../../../../fixtures/index.ts';

test('the rig dies', async ({ runFolder }) => {
  writeFileSync(
    join(runFolder, 'rig-failures.json'),
    JSON.stringify({ failures: 3, since: '2026-01-02T03:04:05.000Z', reason: 'no answer on /dev/ttyACM0' }),
  );
  throw new Error('a failure, after which the runner starts a new worker');
});

for (let number = 1; number <= 1000; number++)
  test(`a test that would wait for the rig, ${number}`, async ({ board }) => {
    board.clock.now();
  });
