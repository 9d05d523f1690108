import type { Finding, Procedure, Shown, Stages } from '../procedure/index.ts';
import { isOfExpectation, judge, playShown } from '../procedure/index.ts';
import type { Rig } from '../rig/index.ts';
import { UsageError } from '../units/index.ts';

/**
 * Plays a procedure once and keeps its trace. The journal of a suite test is judged by everything that judges a test in
 * its suite.
 */
export async function playedOnce(stages: Stages, procedure: Procedure): Promise<Shown> {
  if (procedure.test === undefined) return playShown(stages, procedure);
  const { playTest } = await import('../../fixtures/evidence/test-play.ts');
  return playTest(procedure, await stages.open(procedure));
}

/** Plays a procedure once, for what is found. */
export const findingsOf = async (stages: Stages, procedure: Procedure): Promise<readonly Finding[]> =>
  procedure.test === undefined
    ? judge(await stages.play(procedure))
    : (await playedOnce(stages, procedure)).findings;

/** @throws UsageError for the journal of a test on a rig that the user has to name */
export function checkPlayable({ test }: Procedure, file: string, rig: Rig | undefined): void {
  if (test?.rig !== undefined && rig === undefined)
    throw new UsageError(
      `${file} is the journal of a test on the rig ${test.rig}, which is not simulated. Name the rig to play it on with --rig.`,
    );
}

/** @throws UsageError for a failure that only the unchanged procedure can show */
export function checkChangeable(procedure: Procedure, file: string): void {
  if (isOfExpectation(procedure))
    throw new UsageError(
      `${file} is kept for an expectation that stands in the program of its suite: ${procedure.fails ?? ''}. A shorter procedure cannot show it. Name a failure that a judge sees with --failure; h1-hil repro run says what there is.`,
    );
}
