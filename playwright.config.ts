import { defineConfig } from '@playwright/test';
import type { RunOptions } from './fixtures/rig/options.ts';
import { readRunSettings } from './src/rig/run-settings.ts';

const settings = readRunSettings(process.env) ?? {
  rig: 'sim',
  suites: new URL('suites', import.meta.url).pathname,
  profiles: ['cr50-spi-v1', 'linux-6.1', 'recommended'],
  seed: 1,
  folder: new URL('reports/out/by-hand', import.meta.url).pathname,
  holder: 0,
};

export default defineConfig<object, RunOptions>({
  testDir: settings.suites,
  testMatch: '**/*.suite.ts',
  outputDir: `${settings.folder}/attachments`,
  // A rig serves one at a time; a retry would hide the lost pulse.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  // A thousand sleeps with the emulated rig controller take 25 s, and four times that on a busy machine.
  timeout: 120_000,
  metadata: settings,
  projects: settings.profiles.map((profileName) => ({
    name: profileName,
    use: {
      rigName: settings.rig,
      profileName,
      seed: settings.seed,
      runFolder: settings.folder,
      leaseHolder: settings.holder,
      planted: settings.planted,
      judging: settings.judging ?? 'tell',
      twinMode: settings.twin ?? 'tell',
      driverModules: settings.drivers ?? [],
      ...(settings.claim !== undefined && { claim: settings.claim }),
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
