import { UsageError } from '../units/index.ts';
import type { ListedBug } from './known-bugs.ts';

/** Words that tell the same, by the word or error number that a report has. Linux: include/uapi/asm-generic/errno.h */
const ALIKE: Readonly<Record<string, readonly string[]>> = {
  '-110': [
    '-110',
    'time-out',
    'timeout',
    'times out',
    'given up',
    'limit',
    'slow',
    'late',
    'too short',
    'stall',
  ],
  '-62': ['-62', 'time-out', 'timeout', 'times out', 'given up', 'limit', 'slow', 'late', 'too short'],
  '-11': ['-11', 'refused', 'busy', 'suspended'],
  '-5': ['-5', 'transfer error', 'failed', 'wrong'],
  '-14': ['-14', 'bounds', 'size'],
  '-19': ['-19', 'bind', 'probe', 'vendor'],
  timeout: ['timeout', 'time-out', 'times out', 'given up', 'limit', 'stall'],
  resume: ['resume', 'suspend', 'sleep', 'wake', 'woken'],
  suspend: ['suspend', 'resume', 'sleep'],
  sleep: ['sleep', 'asleep', 'wake', 'idl'],
  wake: ['wake', 'woken', 'sleep', 'idl'],
  irq: ['interrupt', 'pulse', 'ready', 'edge'],
  interrupt: ['interrupt', 'irq', 'pulse', 'edge'],
  boot: ['boot', 'probe', 'bind', 'registration', 'request time'],
  probe: ['probe', 'bind', 'registration', 'identity'],
  hang: ['hang', 'wait', 'stall', 'lock', 'given up'],
};
/** A word that stands as it is counts for more than one that tells the same. */
const AS_IS = 3;

/**
 * The bugs that fit a symptom, the best first: in words, and error numbers such as -110. A bug fits better the more of the
 * words its title and its observable tell. @throws UsageError when the symptom has no word, or none is told of any bug
 */
export function candidates(bugs: readonly ListedBug[], symptom: string): readonly ListedBug[] {
  const words = symptom.toLowerCase().match(/-?[\p{L}\d]+/gu) ?? [];
  if (words.length === 0)
    throw new UsageError('--symptom takes words or an error number, such as "-110 resume".');
  const fits = bugs.map((bug) => ({ bug, fit: fitOf(bug, words) })).filter(({ fit }) => fit > 0);
  if (fits.length === 0)
    throw new UsageError(
      `No known bug tells of "${symptom.slice(0, 80)}". Try other words; h1-hil bugs lists all.`,
    );
  return fits.sort((a, b) => b.fit - a.fit).map(({ bug }) => bug);
}

/** Words that are told count a hundred times what the number of places counts. */
function fitOf({ id, title, observable }: ListedBug, words: readonly string[]): number {
  const text = `${id} ${title} ${observable}`.toLowerCase();
  return words
    .map((word) => (tells(text, word) ? AS_IS : (ALIKE[word] ?? []).some((one) => tells(text, one)) ? 1 : 0))
    .reduce<number>((sum, one) => sum + (one > 0 ? 100 + one : 0), 0);
}

/** Whether a text has a word, or a word that begins with it; a number only as it is. */
function tells(text: string, word: string): boolean {
  const mayGoOn = !/\d$/.test(word);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!/[\p{L}\d-]$/u.test(text.slice(0, at)) && (mayGoOn || !/^\d/.test(text.slice(at + word.length))))
      return true;
  return false;
}
