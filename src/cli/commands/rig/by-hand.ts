import type { OpenRig } from '../../../rig/index.ts';
import { withRig } from '../../with-rig.ts';
import { examples } from './shown.ts';

/** The examples in the help of a command that acts on a board, and in which state it leaves the board. */
export const actExamples = (...lines: readonly string[]): string =>
  `${examples(...lines)}\n\nThe rig is left safe: without supply and in reset, as far as it drives them.`;

/** Acts on an open rig, leaves it safe, and prints what was done. */
export async function actByHand(
  name: string,
  verb: string,
  json: true | undefined,
  act: (rig: OpenRig) => Promise<string>,
): Promise<void> {
  const did = await withRig(name, `rig ${verb}`, act);
  process.stdout.write(json === true ? `${JSON.stringify({ rig: name, did })}\n` : `${did}\n`);
}
