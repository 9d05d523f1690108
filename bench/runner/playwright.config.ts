import { defineConfig } from '@playwright/test';

// One test after the other, as in the project's own runs.
export default defineConfig({ testDir: '.', testMatch: '**/*.suite.ts', workers: 1, reporter: 'json' });
