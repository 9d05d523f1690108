import { defineConfig } from '@playwright/test';

// How the tests were started is not how a test starts a command.
delete process.env['H1_HIL_COMMAND'];
// The tests themselves use the cores there are, and what a run prints has one order.
process.env['H1_HIL_JOBS'] = '1';
// What our tests run is no part of anybody's history; those of the history name one of their own.
process.env['H1_HIL_HISTORY'] = 'none';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.test.ts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 30_000,
  outputDir: '../reports/out/tests',
  reporter: [['dot']],
});
