import type { Finding } from './finding.ts';
import { signatureOf } from './finding.ts';
import { judge } from './judge.ts';
import type { Played } from './play.ts';

/** Name of the failure that a frame came while the chip could not listen. A driver may get over it. */
const LOST = 'frame lost (host)';

/** The failures of a play, by name: its findings, and that a frame was lost, on a board whose chip can tell. */
export function failuresOf(played: Played, isMeant: (finding: Finding) => boolean = () => true): string[] {
  const found = judge(played).filter(isMeant).map(signatureOf);
  return (played.lostFrames ?? 0) > 0 ? [...found, LOST] : found;
}
