import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { CAPTURE_NAMES, captureUrl, makeCapture } from './captures.ts';

for (const name of CAPTURE_NAMES)
  test(`examples/${name} is what its generator makes`, async () => {
    expect(readFileSync(captureUrl(name), 'utf8')).toBe(await makeCapture(name));
  });
