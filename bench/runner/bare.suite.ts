import { test } from '@playwright/test';
import { EACH } from './each.ts';

for (const index of EACH) test(`bare ${index}`, () => undefined);
