import type { FailureClass } from './summary.ts';

/** Errors of the lab carry it in their name: they say nothing about the chip. */
const LAB = /\bLabFailure\b/;

/** What can only be a mistake in a suite or in this project. */
const TEST =
  /\b(TypeError|ReferenceError|SyntaxError|UsageError|RangeError|Deadlock)\b|worker process exited|Worker teardown/;

/** As the rules of docs/reports.md have it: the first that fits. */
export function classify(message: string): FailureClass {
  if (LAB.test(message)) return 'lab';
  if (TEST.test(message)) return 'test';
  return 'chip or driver';
}

/** The same rules as categories of the Allure report. */
export const ALLURE_CATEGORIES = [
  {
    name: 'Lab: no verdict on the chip',
    messageRegex: `[\\s\\S]*${LAB.source}[\\s\\S]*`,
    matchedStatuses: ['failed', 'broken'],
  },
  {
    name: 'Test: a mistake in a suite or in h1-hil',
    messageRegex: `[\\s\\S]*(${TEST.source})[\\s\\S]*`,
    matchedStatuses: ['failed', 'broken'],
  },
  { name: 'Chip or driver', matchedStatuses: ['failed', 'broken'] },
] as const;
