import { simBoardSchema } from '../../rig/index.ts';
import { UsageError } from '../../units/index.ts';
import { signatureOf } from '../finding.ts';
import { judge } from '../judge.ts';
import type { Procedure } from '../schema.ts';
import type { Stages } from '../stages.ts';
import type { Shot } from './sweep.ts';

/** Name of the failure that a frame came while the chip could not listen. A driver may get over it. */
const LOST = 'frame lost (host)';

/**
 * A shot that plays on stages. It fails when a failure has `failure` in its name. Without it, any failure counts but a rule
 * that the chip breaks: the chip is what is changed.
 */
export function shotOn(stages: Stages, failure: string | undefined): Shot {
  return async (procedure) => {
    checkBoard(procedure);
    const played = await stages.play(procedure);
    const failures = judge(played)
      .filter(({ kind, place }) => failure !== undefined || kind !== 'rule' || place !== 'chip')
      .map(signatureOf);
    if (played.lostFrames !== undefined && played.lostFrames > 0) failures.push(LOST);
    return failures.some((one) => failure === undefined || one.includes(failure));
  };
}

/** @throws UsageError when no board can have the value of an axis */
function checkBoard({ board = { kind: 'sim' } }: Procedure): void {
  const checked = simBoardSchema.safeParse(board);
  if (checked.success) return;
  throw new UsageError(
    `A value of the axis cannot be: ${checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
  );
}
