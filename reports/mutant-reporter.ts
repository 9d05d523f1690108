import { appendFileSync, readFileSync } from 'node:fs';
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { ATTRIBUTION_NOTE } from '../src/report/annotations.ts';
import { mutantIn, PLAN_VARIABLE } from '../src/report/mutant-title.ts';

/** Where failures are noted, and how many of one mutant are enough. */
interface Plan {
  readonly dead: string;
  readonly enough: number;
}

/**
 * Notes the failures of each mutant, a byte a failure in a file of its name, so that its other tests are left out when there
 * are enough. A test that ran out of time, or whose worker ended, is enough alone.
 */
class MutantReporter implements Reporter {
  readonly #plan = JSON.parse(readFileSync(process.env[PLAN_VARIABLE]!, 'utf8')) as Plan;

  onTestEnd({ title }: TestCase, { status, annotations }: TestResult): void {
    if (status === 'passed' || status === 'skipped' || status === 'interrupted') return;
    const { dead, enough } = this.#plan;
    const isEnough = status === 'timedOut' || ATTRIBUTION_NOTE.read(annotations) === undefined;
    appendFileSync(`${dead}/${mutantIn(title)!.id}`, '.'.repeat(isEnough ? enough : 1));
  }
}

// The runner loads a reporter by its default export.
export { MutantReporter as default };
