import type { Instant } from '../../units/index.ts';
import { printableLines } from '../../units/index.ts';
import type { Finding } from '../finding.ts';
import type { AnyAct, Procedure } from '../schema.ts';

/** A text as part of a signature: one line, and no longer than `most`. */
export const signatureText = (text: string, most: number): string =>
  printableLines(text).replace(/\s+/g, ' ').trim().slice(0, most).trim();

const SIGNATURE = /^expectation (.*) \((.*)\)$/;

/**
 * The failure of an expectation that stands in the program of a suite. It is there again when everything that the test
 * can have seen is the same; with anything else only the suite can tell.
 */
export function expectationIn({ fails = '', test, acts }: Procedure, seen: string, at: Instant): Finding[] {
  const [, id, place] = SIGNATURE.exec(fails) ?? [];
  if (id === undefined || place === undefined || seen !== test?.seen) return [];
  return [
    {
      ...{ kind: 'expectation', id, place, act: acts.length - 1, at },
      says: 'Every frame and its time, every answer, error and log line is as in the failed test: what it expected is not met.',
    },
  ];
}

/** Whether a procedure is kept for an expectation of its test, and for nothing that a judge sees. */
export const isOfExpectation = ({ fails = '' }: Procedure): boolean => SIGNATURE.test(fails);

/** Where an error came up: the kind of act, or the method of the driver. */
export const placeOf = (act: AnyAct): string => (act.act === 'call' ? act.method : act.act);
