import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import type { RunOptions } from './fixtures/rig/options.ts';
import { readRunSettings, suiteFiles } from './src/rig/run-settings.ts';

const settings = readRunSettings(process.env) ?? {
  rig: 'sim',
  suites: fileURLToPath(new URL('suites', import.meta.url)),
  profiles: ['cr50-spi-v1', 'linux-6.1', 'recommended'],
  seed: 1,
  folder: fileURLToPath(new URL('reports/out/by-hand', import.meta.url)),
  id: '',
  only: [],
};

export default defineConfig<object, RunOptions>({
  testDir: settings.suites,
  testMatch: suiteFiles(settings.suites, settings.only),
  outputDir: `${settings.folder}/attachments`,
  // A rig with an instrument serves one at a time; a retry would hide the lost pulse.
  workers: settings.jobs ?? 1,
  retries: 0,
  forbidOnly: true,
  // A thousand sleeps with the emulated rig controller take 25 s, and four times that on a busy machine.
  timeout: 120_000,
  globalTimeout: settings.limitMs ?? 0,
  metadata: settings,
  projects: settings.profiles.map((profileName) => ({
    name: profileName,
    use: {
      rigName: settings.rig,
      profileName,
      seed: settings.seed,
      runFolder: settings.folder,
      runId: settings.id,
      broker: settings.broker,
      planted: settings.planted,
      judging: settings.judging ?? 'fitting',
      twinMode: settings.twin ?? 'fitting',
      driverModules: settings.drivers ?? [],
      ...(settings.claim !== undefined && { claim: settings.claim }),
      soakFor: settings.soakForMs,
      keepTraces: settings.keepTraces ?? false,
    },
  })),
  reporter: [
    ['./reports/progress-reporter.ts'],
    ['./reports/label-reporter.ts'],
    ['junit', { outputFile: `${settings.folder}/junit.xml` }],
    [
      'allure-playwright',
      {
        resultsDir: `${settings.folder}/allure-results`,
        detail: false,
        globalLabels: { rig: settings.rig, seed: String(settings.seed) },
        environmentInfo: {
          rig: settings.rig,
          seed: String(settings.seed),
          profiles: settings.profiles.join(', '),
        },
      },
    ],
  ],
});
