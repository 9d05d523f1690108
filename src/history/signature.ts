import { createHash } from 'node:crypto';
import type { Attribution, FailureClass } from '../report/attribution.ts';
import { LAB_CLASSES } from '../report/attribution.ts';
import type { PlannedTest } from '../report/journal.ts';

/** What makes two failures the same one: neither times nor addresses nor random bytes are in it. */
export interface Signature {
  /** Short name, from the other four. */
  readonly hash: string;
  /** Whose fault it is. */
  readonly fault: FailureClass;
  /** The rule of attribution that decided. */
  readonly rule: string;
  /** The evidence that decided, without what changes from run to run. */
  readonly error: string;
  /** Suite and test, without the driver; of a failure of the lab the rig as well. */
  readonly place: string;
}

/** Rules whose reason is the same sentence for every failure: there what the test saw tells one from another. */
const SAYS_NOTHING: readonly string[] = ['chip-alone', 'worker-died'];

/** The signature of a failure of a test on a rig. */
export function signatureOf(
  { suite, title }: Pick<PlannedTest, 'suite' | 'title'>,
  failure: Attribution & { readonly message: string },
  rig: string,
): Signature {
  const { class: fault, rule, because, message } = failure;
  const error = withoutChance(SAYS_NOTHING.includes(rule) ? message : because);
  const test = suite === '' ? title : `${suite} › ${title}`;
  const place = LAB_CLASSES.includes(fault) ? `${test} on ${rig}` : test;
  const hash = createHash('sha256').update([fault, rule, error, place].join('\n')).digest('hex');
  return { hash: hash.slice(0, 12), fault, rule, error, place };
}

/** Each kind of text that changes from run to run, and what stands in its place. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  // A moment and an id of the host.
  [/\b\d{4}-\d\d-\d\d[T ][\d:.]+Z?/g, '<moment>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  // Places in a file, and folders.
  [/(?:file:\/\/)?(?:\/[\w.@+-]+)+\/([\w.@+-]+)(?::\d+)*/g, '$1'],
  [/\b([\w-]+\.[cm]?[jt]sx?):\d+(?::\d+)?/g, '$1'],
  // Bytes in a row, as `a3 f4 00` or without spaces, and addresses. A response code has at most four digits.
  [/\b[0-9a-f]{2}(?:[ ,:][0-9a-f]{2}){2,}\b/gi, '<bytes>'],
  [/\b0x[0-9a-f]{5,}\b/gi, '<address>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b/gi, '<bytes>'],
  // Times with their unit, then all other numbers that are no part of a word, of a code or of an errno.
  [/(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)? ?(?:ns|us|µs|ms|s|min|h|d|%)\b/g, '<time>'],
  [/(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w.-]*[a-z])/gi, '#'],
];

const MAX_CHARACTERS = 400;

/** A sentence without times, addresses, random bytes, counts and places in files. */
export function withoutChance(text: string): string {
  const plain = CHANGING.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
  return plain.replace(/\s+/g, ' ').trim().slice(0, MAX_CHARACTERS);
}
